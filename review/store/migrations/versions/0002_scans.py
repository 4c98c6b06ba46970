"""Scans have a row of their own; a file's size, times and inode tell whether it must be read again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_TEXTS = (("folders", None), ("target", None), ("actor", 64), ("edition", 64), ("listing", 64))
_NUMBERS = ("found", "todo", "done", "failed", "flagged")
_TIMES = ("started", "beat", "ended")


def upgrade() -> None:
    op.create_table(
        "scan",
        sa.Column("name", sa.String(64), nullable=False, primary_key=True),
        *(sa.Column(name, sa.String(n) if n else sa.Text, nullable=False) for name, n in _TEXTS),
        *(sa.Column(name, sa.Integer, nullable=False) for name in _NUMBERS),
        *(sa.Column(name, sa.String(40), nullable=False) for name in _TIMES),
    )
    op.add_column("manifest", sa.Column("stamp", sa.String(100), nullable=False, server_default=""))
    op.drop_column("manifest", "pack")  # one a scan, not one a file: ``scan.edition``
    op.drop_column("manifest", "models")


def downgrade() -> None:
    raise NotImplementedError("the audit chain cannot be taken back; restore a backup instead")
