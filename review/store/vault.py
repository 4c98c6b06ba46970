"""The vault: everything that holds text, encrypted with AES-256-GCM and bound to its case and kind."""

from __future__ import annotations

import secrets
from collections.abc import Collection

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from review.errors import InputError, IntegrityError
from review.store.connect import Store, Transaction
from review.store.tables import vault


def put(store: Store, tx: Transaction, case: str, kind: str, data: bytes) -> str:
    """Encrypt and keep ``data``; return its vault id."""
    item, nonce = secrets.token_hex(12), secrets.token_bytes(12)
    sealed = AESGCM(store.keys.vault).encrypt(nonce, data, _bound(item, case, kind))
    row = {"id": item, "case_id": case, "kind": kind, "nonce": nonce, "sealed": sealed}
    tx.execute(vault.insert(), row)
    return item


def get(store: Store, tx: Transaction, item: str) -> bytes:
    """Return what was kept; raises ``InputError`` when it was purged, ``IntegrityError`` when it was changed."""
    row = tx.execute(sa.select(vault).where(vault.c.id == item)).first()
    if row is None:
        raise InputError("该内容已按保存期限清除，或不存在。")
    try:
        return AESGCM(store.keys.vault).decrypt(row.nonce, row.sealed, _bound(row.id, row.case_id, row.kind))
    except InvalidTag:
        raise IntegrityError("保管的文件内容被改动，无法解密。请停止使用并用备份核对。") from None


def drop_case(tx: Transaction, case: str) -> int:
    """Delete everything of one case; return how many items went."""
    return tx.execute(vault.delete().where(vault.c.case_id == case)).rowcount


def _bound(item: str, case: str, kind: str) -> bytes:
    return f"{item}|{case}|{kind}".encode()


def get_many(store: Store, tx: Transaction, items: Collection[str]) -> dict[str, bytes]:
    """Return id → content for those of ``items`` that are still kept."""
    cipher = AESGCM(store.keys.vault)
    wanted, found = sorted(set(items)), {}
    for i in range(0, len(wanted), 500):  # within every database's limit of parameters
        for row in tx.execute(sa.select(vault).where(vault.c.id.in_(wanted[i : i + 500]))):
            found[row.id] = cipher.decrypt(row.nonce, row.sealed, _bound(row.id, row.case_id, row.kind))
    return found
