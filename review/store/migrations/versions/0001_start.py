"""The first schema: chained events with their guards, vault, case list, accounts, batch manifest."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_GUARDS = {
    "sqlite": (
        "create trigger event_no_update before update on event begin select raise(abort, 'append-only'); end",
        "create trigger event_no_delete before delete on event begin select raise(abort, 'append-only'); end",
    ),
    "postgresql": (
        "create function event_guard() returns trigger language plpgsql as "
        "$$ begin raise exception 'append-only'; end $$",
        "create trigger event_guard before update or delete or truncate on event "
        "for each statement execute function event_guard()",
    ),
}


def _text(name: str, length: int | None = None, *, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length) if length else sa.Text, nullable=False, primary_key=key)


def _number(name: str, *, key: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, primary_key=key, autoincrement=False)


def upgrade() -> None:
    op.create_table(
        "event",
        _number("seq", key=True),
        _text("case_id", 32),
        _text("at", 40),
        _text("actor", 64),
        _text("kind", 40),
        _text("payload"),
        _text("prev", 64),
        _text("hash", 64),
        sa.UniqueConstraint("hash"),
    )
    op.create_index("event_of_case", "event", ["case_id", "seq"])
    op.create_table("receipt", _text("client", 64, key=True), _number("client_seq", key=True), _number("event"))
    op.create_table(
        "vault",
        _text("id", 32, key=True),
        _text("case_id", 32),
        _text("kind", 32),
        sa.Column("nonce", sa.LargeBinary, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_index("vault_of_case", "vault", ["case_id"])
    op.create_table(
        "case_row",
        _text("id", 32, key=True),
        _number("seq"),
        _text("stage", 32),
        _text("owner", 64),
        _text("unit", 64),
        _text("assignee", 64),
        _text("opened", 40),
        _text("moved", 40),
        _number("loud"),
        _number("done"),
        _text("attribute", 32),
        _text("due", 10),
        _text("warn_on", 10),
        _text("details", 32),
        sa.Column("purged", sa.Boolean, nullable=False),
    )
    op.create_index("case_row_stage", "case_row", ["stage"])
    op.create_index("case_row_owner", "case_row", ["owner"])
    op.create_table(
        "account",
        _text("name", 32, key=True),
        _text("display", 64),
        _text("unit", 64),
        _text("roles", 200),
        _text("password", 200),
        sa.Column("disabled", sa.Boolean, nullable=False),
        _text("created", 40),
        _number("failed"),
        _text("locked_until", 40),
    )
    op.create_table(
        "session",
        _text("digest", 64, key=True),
        sa.Column("account", sa.String(32), sa.ForeignKey("account.name"), nullable=False),
        _text("created", 40),
        _text("seen", 40),
        sa.Column("revoked", sa.Boolean, nullable=False),
    )
    op.create_table("attempt", sa.Column("id", sa.Integer, primary_key=True), _text("address", 64), _text("at", 40))
    op.create_index("attempt_of_address", "attempt", ["address", "at"])
    op.create_table(
        "api_key",
        _text("digest", 64, key=True),
        _text("name", 64),
        sa.Column("account", sa.String(32), sa.ForeignKey("account.name"), nullable=False),
        _text("scopes", 200),
        _text("created", 40),
        sa.Column("revoked", sa.Boolean, nullable=False),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "manifest",
        _text("batch", 64, key=True),
        _text("path", 1024, key=True),
        _text("sha256", 64),
        _text("pack", 64),
        _text("models", 64),
        _text("status", 16),
        _number("attempts"),
        _text("result"),
        _text("updated", 40),
    )
    op.create_index("manifest_status", "manifest", ["batch", "status"])
    op.create_table("fact", _text("name", 64, key=True), _text("value", 200))
    for statement in _GUARDS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("the audit chain cannot be taken back; restore a backup instead")
