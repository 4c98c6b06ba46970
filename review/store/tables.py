"""Every table, as SQLAlchemy knows it. The schema is made by ``migrations``; a test holds the two together.

Times are ISO 8601 UTC strings, so that SQLite and PostgreSQL keep the very characters that the chain has signed.
"""

from __future__ import annotations

import sqlalchemy as sa

#: The newest revision in ``migrations/versions``.
HEAD = "0002"

metadata = sa.MetaData()

#: Append-only, chained by ``review.audit``; guarded by triggers against update, delete and truncate.
event = sa.Table(
    "event",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("case_id", sa.String(32), nullable=False),
    sa.Column("at", sa.String(40), nullable=False),
    sa.Column("actor", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("prev", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False, unique=True),
    sa.Index("event_of_case", "case_id", "seq"),
)

#: A client's numbered request and the event that answered it: a resend changes nothing.
receipt = sa.Table(
    "receipt",
    metadata,
    sa.Column("client", sa.String(64), primary_key=True),
    sa.Column("client_seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("event", sa.Integer, nullable=False),
)

#: Everything that holds text: files, flag lists, titles, notes, replacements, proofs. AES-GCM.
vault = sa.Table(
    "vault",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case_id", sa.String(32), nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("nonce", sa.LargeBinary, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Index("vault_of_case", "case_id"),
)

#: A projection of each case for lists; always rebuildable from events, never the truth.
case_row = sa.Table(
    "case_row",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("stage", sa.String(32), nullable=False),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("unit", sa.String(64), nullable=False),
    sa.Column("assignee", sa.String(64), nullable=False),
    sa.Column("opened", sa.String(40), nullable=False),
    sa.Column("moved", sa.String(40), nullable=False),
    sa.Column("loud", sa.Integer, nullable=False),
    sa.Column("done", sa.Integer, nullable=False),
    sa.Column("attribute", sa.String(32), nullable=False),
    sa.Column("due", sa.String(10), nullable=False),
    sa.Column("warn_on", sa.String(10), nullable=False),
    sa.Column("details", sa.String(32), nullable=False),
    sa.Column("purged", sa.Boolean, nullable=False),
    sa.Index("case_row_stage", "stage"),
    sa.Index("case_row_owner", "owner"),
)

account = sa.Table(
    "account",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("display", sa.String(64), nullable=False),
    sa.Column("unit", sa.String(64), nullable=False),
    sa.Column("roles", sa.String(200), nullable=False),
    sa.Column("password", sa.String(200), nullable=False),
    sa.Column("disabled", sa.Boolean, nullable=False),
    sa.Column("created", sa.String(40), nullable=False),
    sa.Column("failed", sa.Integer, nullable=False),
    sa.Column("locked_until", sa.String(40), nullable=False),
)

session = sa.Table(
    "session",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("account", sa.String(32), sa.ForeignKey("account.name"), nullable=False),
    sa.Column("created", sa.String(40), nullable=False),
    sa.Column("seen", sa.String(40), nullable=False),
    sa.Column("revoked", sa.Boolean, nullable=False),
)

#: Failed logins by address, for the rate limit.
attempt = sa.Table(
    "attempt",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("address", sa.String(64), nullable=False),
    sa.Column("at", sa.String(40), nullable=False),
    sa.Index("attempt_of_address", "address", "at"),
)

api_key = sa.Table(
    "api_key",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(64), nullable=False, unique=True),
    sa.Column("account", sa.String(32), sa.ForeignKey("account.name"), nullable=False),
    sa.Column("scopes", sa.String(200), nullable=False),
    sa.Column("created", sa.String(40), nullable=False),
    sa.Column("revoked", sa.Boolean, nullable=False),
)

#: One row a ``review scan`` by its name: what it scans, under which edition of rules and models, and how far it is.
scan = sa.Table(
    "scan",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("folders", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("actor", sa.String(64), nullable=False),
    sa.Column("edition", sa.String(64), nullable=False),
    sa.Column("listing", sa.String(64), nullable=False),
    sa.Column("found", sa.Integer, nullable=False),
    sa.Column("todo", sa.Integer, nullable=False),
    sa.Column("done", sa.Integer, nullable=False),
    sa.Column("failed", sa.Integer, nullable=False),
    sa.Column("flagged", sa.Integer, nullable=False),
    sa.Column("started", sa.String(40), nullable=False),
    sa.Column("beat", sa.String(40), nullable=False),
    sa.Column("ended", sa.String(40), nullable=False),
)

#: One row a file of a scan. ``stamp``: size, times and inode with which it was read.
manifest = sa.Table(
    "manifest",
    metadata,
    sa.Column("batch", sa.String(64), primary_key=True),
    sa.Column("path", sa.String(1024), primary_key=True),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("stamp", sa.String(100), nullable=False, server_default=""),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("result", sa.Text, nullable=False),
    sa.Column("updated", sa.String(40), nullable=False),
    sa.Index("manifest_status", "batch", "status"),
)

#: Facts about the database itself, such as which key it was made with.
fact = sa.Table(
    "fact",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("value", sa.String(200), nullable=False),
)

#: Triggers that must stand on ``event`` (made by migration 0001).
GUARDS = {"sqlite": ("event_no_update", "event_no_delete"), "postgresql": ("event_guard",)}
