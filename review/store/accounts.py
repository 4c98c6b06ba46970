"""Accounts, logins, sessions and API keys: rows and cryptography, no roles' meaning and no pages.

Passwords: argon2id. Sessions and keys: 256 random bits, kept only as SHA-256, revocable. Five wrong passwords lock an
account for a quarter of an hour; twenty wrong logins from one address in five minutes are refused whoever it is.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from review.errors import PolicyError
from review.store.connect import Transaction
from review.store.tables import account, api_key, attempt, session

_HASHER = PasswordHasher()
# Verified when there is no such account, so that both answers take equally long.
_NOBODY = _HASHER.hash(secrets.token_urlsafe())

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")
SHORTEST_PASSWORD = 10
MOST_FAILURES, LOCKED_FOR = 5, timedelta(minutes=15)
MOST_ATTEMPTS, ATTEMPTS_WITHIN = 20, timedelta(minutes=5)
IDLE, LONGEST = timedelta(hours=2), timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Account:
    """One account. ``roles`` are role codes; their meaning is ``workflow``'s."""

    name: str
    display: str
    unit: str
    roles: tuple[str, ...]
    disabled: bool


def add(
    tx: Transaction, name: str, password: str, roles: Iterable[str], *, display: str = "", unit: str = ""
) -> Account:
    """Make an account; raises ``PolicyError`` for a taken or bad name or a weak password."""
    if not _NAME.fullmatch(name) or name in ("local", "operator"):
        raise PolicyError("账号只能用字母、数字、点、横线和下划线，最长 32 位，且不能是保留名。")
    if get(tx, name):
        raise PolicyError("账号已存在，请换一个。")
    values = {
        "name": name,
        "display": display or name,
        "unit": unit,
        "roles": ",".join(sorted(set(roles))),
        "password": hash_password(name, password),
        "disabled": False,
        "created": datetime.now(UTC).isoformat(),
        "failed": 0,
        "locked_until": "",
    }
    tx.execute(account.insert().values(values))
    return Account(name, display or name, unit, tuple(sorted(set(roles))), disabled=False)


def hash_password(name: str, password: str) -> str:
    """Return the argon2id hash; raises ``PolicyError`` for a weak password."""
    if len(password) < SHORTEST_PASSWORD or name.lower() in password.lower() or len(set(password)) < 5:
        raise PolicyError(f"口令太弱：至少 {SHORTEST_PASSWORD} 位，不得包含账号，不得由少数几个字符重复组成。")
    return _HASHER.hash(password)


def get(tx: Transaction, name: str) -> Account | None:
    row = tx.execute(sa.select(account).where(account.c.name == name)).first()
    return _account(row) if row else None


def all_accounts(tx: Transaction) -> tuple[Account, ...]:
    return tuple(_account(row) for row in tx.execute(sa.select(account).order_by(account.c.name)))


def _account(row: sa.Row[tuple[object, ...]]) -> Account:
    return Account(row.name, row.display, row.unit, tuple(filter(None, row.roles.split(","))), row.disabled)


def change(tx: Transaction, name: str, **values: str | bool) -> None:
    """Overwrite columns of an account (display, unit, roles, password, disabled); raises ``PolicyError`` if unknown."""
    if not tx.execute(account.update().where(account.c.name == name).values(**values)).rowcount:
        raise PolicyError("没有这个账号。")


# ------------------------------------------------------------------------------------------------ login


def throttle(tx: Transaction, address: str, now: datetime) -> None:
    """Raise ``PolicyError`` when the address has failed too often lately."""
    since = (now - ATTEMPTS_WITHIN).isoformat()
    tx.execute(attempt.delete().where(attempt.c.at < since))
    query = sa.select(sa.func.count()).where(attempt.c.address == address, attempt.c.at >= since)
    if tx.execute(query).scalar_one() >= MOST_ATTEMPTS:
        raise PolicyError("登录尝试过于频繁，请 5 分钟后再试。")


def stored_password(tx: Transaction, name: str) -> str:
    """Return the hash to verify against: a dummy for unknown names, so that both answers take equally long."""
    found = tx.execute(sa.select(account.c.password).where(account.c.name == name)).scalar()
    return found or _NOBODY


def verify_password(stored: str, password: str) -> bool:
    """True when they fit. Slow on purpose (argon2): call it outside of any transaction."""
    try:
        return _HASHER.verify(stored, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def admit(tx: Transaction, name: str, address: str, now: datetime, *, right: bool) -> str:
    """Record a login attempt; return "" (come in), "wrong", "locked" or "disabled"."""
    row = tx.execute(sa.select(account).where(account.c.name == name)).first()
    locked = row is not None and row.locked_until > now.isoformat()
    if row is not None and right and not locked and not row.disabled:
        tx.execute(account.update().where(account.c.name == name).values(failed=0, locked_until=""))
        return ""
    tx.execute(attempt.insert().values(address=address, at=now.isoformat()))
    if row is None or row.disabled or locked:
        return "wrong" if row is None else "disabled" if row.disabled else "locked"
    failed = row.failed + 1
    until = (now + LOCKED_FOR).isoformat() if failed >= MOST_FAILURES else ""
    tx.execute(account.update().where(account.c.name == name).values(failed=0 if until else failed, locked_until=until))
    return "locked" if until else "wrong"


# ------------------------------------------------------------------------------------------------ sessions


def start_session(tx: Transaction, name: str, now: datetime) -> str:
    """Return the token of a new session: goes into an HttpOnly cookie and is never kept."""
    token = secrets.token_urlsafe(32)
    at = now.isoformat()
    tx.execute(session.insert().values(digest=_digest(token), account=name, created=at, seen=at, revoked=False))
    return token


def session_account(tx: Transaction, token: str, now: datetime) -> tuple[Account, bool] | None:
    """Return the enabled account of a live session, and whether ``touch`` is due; None: log in again."""
    row = tx.execute(sa.select(session).where(session.c.digest == _digest(token))).first()
    if row is None or row.revoked:
        return None
    created, seen = datetime.fromisoformat(row.created), datetime.fromisoformat(row.seen)
    if now - seen > IDLE or now - created > LONGEST:
        return None
    found = get(tx, row.account)
    return None if found is None or found.disabled else (found, now - seen > timedelta(minutes=1))


def touch(tx: Transaction, token: str, now: datetime) -> None:
    """Note that a session is in use."""
    tx.execute(session.update().where(session.c.digest == _digest(token)).values(seen=now.isoformat()))


def end_session(tx: Transaction, token: str) -> None:
    tx.execute(session.update().where(session.c.digest == _digest(token)).values(revoked=True))


def end_sessions(tx: Transaction, name: str) -> None:
    """Revoke every session of an account: after a password change, a disabling, a loss."""
    tx.execute(session.update().where(session.c.account == name).values(revoked=True))


# ------------------------------------------------------------------------------------------------ API keys


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is listed: never the key itself."""

    label: str
    account: str
    scopes: tuple[str, ...]
    created: str
    revoked: bool


def all_keys(tx: Transaction) -> tuple[ApiKey, ...]:
    return tuple(
        ApiKey(row.name, row.account, tuple(row.scopes.split(",")), row.created, row.revoked)
        for row in tx.execute(sa.select(api_key).order_by(api_key.c.created))
    )


def add_key(tx: Transaction, label: str, name: str, scopes: Iterable[str], now: datetime) -> str:
    """Return a new API key for an account, shown once."""
    if tx.execute(sa.select(api_key.c.name).where(api_key.c.name == label)).first():
        raise PolicyError("已有同名的接口密钥，请换一个名称。")
    key = f"rk_{secrets.token_urlsafe(32)}"
    row = {
        "digest": _digest(key),
        "name": label,
        "account": name,
        "scopes": ",".join(sorted(set(scopes))),
        "created": now.isoformat(),
        "revoked": False,
    }
    tx.execute(api_key.insert().values(row))
    return key


def key_account(tx: Transaction, key: str) -> tuple[Account, frozenset[str]] | None:
    """Return account and scopes of a live API key."""
    row = tx.execute(sa.select(api_key).where(api_key.c.digest == _digest(key))).first()
    if row is None or row.revoked:
        return None
    found = get(tx, row.account)
    return None if found is None or found.disabled else (found, frozenset(filter(None, row.scopes.split(","))))


def revoke_key(tx: Transaction, label: str) -> None:
    if not tx.execute(api_key.update().where(api_key.c.name == label).values(revoked=True)).rowcount:
        raise PolicyError("没有这个接口密钥。")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
