"""Alembic runs inside the transaction that ``connect.upgrade`` has opened; it makes no connection of its own."""

from __future__ import annotations

from alembic import context

from review.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
