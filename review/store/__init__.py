"""Keep what must be kept: events, vault, case list, accounts, batch manifest. The only user of SQLAlchemy."""

from review.store.backup import backup, restore
from review.store.connect import Store, Transaction, open_store, upgrade
from review.store.events import (
    Verification,
    answer,
    answered,
    append,
    events,
    head,
    read_anchors,
    verify,
    write_anchor,
)

__all__ = [
    "Store",
    "Transaction",
    "Verification",
    "answer",
    "answered",
    "append",
    "backup",
    "events",
    "head",
    "open_store",
    "read_anchors",
    "restore",
    "upgrade",
    "verify",
    "write_anchor",
]
