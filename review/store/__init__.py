"""Keep what must be kept: events, vault, case list, accounts, batch manifest. The only user of SQLAlchemy."""

from review.store.backup import backup, restore
from review.store.connect import Store, Transaction, fact, open_store, set_fact, upgrade
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
    "fact",
    "head",
    "open_store",
    "read_anchors",
    "restore",
    "set_fact",
    "upgrade",
    "verify",
    "write_anchor",
]
