"""Accounts as people use them: manage, log in, log out. Every act is on record; passwords and tokens never are.

These functions need only the store, so that ``review user`` works without rules and models. ``actor`` is an
administrator's account, ``OPERATOR`` (the shell) or, in single-user mode, ``LOCAL``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from review import store as storage
from review.casework.office import LOCAL, OPERATOR, person_of
from review.errors import PolicyError, SeparationOfDuties
from review.store import Store, Transaction, accounts
from review.store.accounts import Account, ApiKey
from review.workflow import Person, Role, Step, require

#: What an API key may be used for.
SCOPES = ("check", "read", "decide", "publish", "ledger")


def add_account(
    store: Store, actor: str, name: str, password: str, roles: Iterable[Role], *, display: str = "", unit: str = ""
) -> Account:
    """Make an account; raises ``PolicyError`` for a taken or bad name, a weak password or no role."""
    codes = sorted(role.value for role in set(roles))
    if not codes:
        raise PolicyError("请至少选择一个角色。")
    with store.write() as tx:
        _require_admin(tx, actor)
        made = accounts.add(tx, name, password, codes, display=display, unit=unit)
        _record(store, tx, actor, "account_added", {"account": name, "roles": codes, "unit": unit})
    return made


def change_account(
    store: Store,
    actor: str,
    name: str,
    *,
    roles: Iterable[Role] | None = None,
    display: str | None = None,
    unit: str | None = None,
) -> None:
    """Change roles, display name or unit; takes effect at the person's next click."""
    values: dict[str, str | bool] = {}
    if roles is not None:
        values["roles"] = ",".join(sorted(role.value for role in set(roles)))
    if display is not None:
        values["display"] = display
    if unit is not None:
        values["unit"] = unit
    with store.write() as tx:
        _require_admin(tx, actor)
        accounts.change(tx, name, **values)
        changed = {"account": name, "roles": str(values.get("roles", "")), "unit": unit or ""}
        _record(store, tx, actor, "account_changed", changed)


def disable_account(store: Store, actor: str, name: str) -> None:
    """Disable an account and end its sessions; what it did stays on record."""
    with store.write() as tx:
        _require_admin(tx, actor)
        accounts.change(tx, name, disabled=True)
        accounts.end_sessions(tx, name)
        _record(store, tx, actor, "account_disabled", {"account": name})


def enable_account(store: Store, actor: str, name: str) -> None:
    """Undo ``disable_account`` and a lockout."""
    with store.write() as tx:
        _require_admin(tx, actor)
        accounts.change(tx, name, disabled=False, locked_until="")
        _record(store, tx, actor, "account_enabled", {"account": name})


def set_password(store: Store, actor: str, name: str, password: str) -> None:
    """Set somebody's password (administrator) and end all sessions of the account."""
    with store.read() as tx:
        _require_admin(tx, actor)
    hashed = accounts.hash_password(name, password)  # slow: outside of the writer's lock
    with store.write() as tx:
        _require_admin(tx, actor)
        _set(store, tx, actor, name, hashed)


def change_password(store: Store, name: str, old: str, new: str, address: str) -> None:
    """Change one's own password; raises ``PolicyError`` when the old one is wrong."""
    _prove(store, name, old, address)
    hashed = accounts.hash_password(name, new)
    with store.write() as tx:
        _set(store, tx, name, name, hashed)


def _set(store: Store, tx: Transaction, actor: str, name: str, hashed: str) -> None:
    accounts.change(tx, name, password=hashed, locked_until="")
    accounts.end_sessions(tx, name)
    _record(store, tx, actor, "password_changed", {"account": name})


def all_accounts(store: Store, actor: str) -> tuple[Account, ...]:
    """Return every account, for administrators."""
    with store.read() as tx:
        _require_admin(tx, actor)
        return accounts.all_accounts(tx)


def colleagues(store: Store) -> tuple[Person, ...]:
    """Return the people who can be assigned a case: enabled accounts, any signed-in user may see them."""
    with store.read() as tx:
        return tuple(person_of(account) for account in accounts.all_accounts(tx) if not account.disabled)


# ------------------------------------------------------------------------------------------------ login


def login(store: Store, name: str, password: str, address: str) -> str:
    """Return a session token for the cookie; raises ``PolicyError`` (same words for unknown names and wrong
    passwords), after five failures for a quarter of an hour, after twenty from one address for five minutes."""
    _prove(store, name, password, address)
    with store.write() as tx:
        token = accounts.start_session(tx, name, datetime.now(UTC))
        _record(store, tx, name, "logged_in", {"account": name})
    return token


def login_proven(store: Store, name: str, by: str) -> str:
    """Return a session token for somebody whose identity another system proved (OIDC); the account must exist."""
    with store.write() as tx:
        found = accounts.get(tx, name)
        if found is None or found.disabled:
            raise PolicyError("账号不存在或已停用，请联系管理员。")
        token = accounts.start_session(tx, name, datetime.now(UTC))
        _record(store, tx, name, "logged_in", {"account": name, "by": by})
    return token


def _prove(store: Store, name: str, password: str, address: str) -> None:
    now = datetime.now(UTC)
    with store.write() as tx:
        accounts.throttle(tx, address, now)
        stored = accounts.stored_password(tx, name)
    right = accounts.verify_password(stored, password)  # slow: outside of the writer's lock
    with store.write() as tx:
        refused = accounts.admit(tx, name, address, now, right=right)
        if refused:
            known = name if accounts.get(tx, name) else ""
            _record(store, tx, known or "unknown", "login_refused", {"account": known, "why": refused})
    if refused == "locked":
        raise PolicyError("登录失败次数过多，账号已锁定 15 分钟。可联系管理员解锁。")
    if refused:
        raise PolicyError("账号或口令不正确，或账号已停用。")


def whoami(store: Store, token: str) -> Person | None:
    """Return the person behind a session cookie; None: log in again."""
    now = datetime.now(UTC)
    with store.read() as tx:
        found = accounts.session_account(tx, token, now)
    if found is None:
        return None
    account, due = found
    if due:
        with store.write() as tx:
            accounts.touch(tx, token, now)
    return person_of(account)


def logout(store: Store, token: str) -> None:
    """End a session; its cookie is worth nothing afterwards."""
    with store.write() as tx:
        accounts.end_session(tx, token)


# ------------------------------------------------------------------------------------------------ API keys


def add_api_key(store: Store, actor: str, label: str, name: str, scopes: Iterable[str]) -> str:
    """Return a new API key that acts as account ``name`` within ``scopes``; shown once, kept as a digest."""
    wanted = sorted(set(scopes))
    if not wanted or not set(wanted) <= set(SCOPES):
        raise PolicyError(f"接口权限只能从下列各项中选择：{'、'.join(SCOPES)}。")
    with store.write() as tx:
        _require_admin(tx, actor)
        if accounts.get(tx, name) is None:
            raise PolicyError("没有这个账号。")
        key = accounts.add_key(tx, label, name, wanted, datetime.now(UTC))
        _record(store, tx, actor, "api_key_added", {"account": name, "scopes": wanted})
    return key


def api_keys(store: Store, actor: str) -> tuple[ApiKey, ...]:
    """Return every API key, revoked ones included, for administrators."""
    with store.read() as tx:
        _require_admin(tx, actor)
        return accounts.all_keys(tx)


def api_person(store: Store, key: str) -> tuple[Person, frozenset[str]] | None:
    """Return person and scopes behind an API key; None: refused."""
    with store.read() as tx:
        found = accounts.key_account(tx, key)
    return None if found is None else (person_of(found[0]), found[1])


def revoke_api_key(store: Store, actor: str, label: str) -> None:
    with store.write() as tx:
        _require_admin(tx, actor)
        accounts.revoke_key(tx, label)
        _record(store, tx, actor, "api_key_revoked", {"label": label})


# ------------------------------------------------------------------------------------------------ parts


def _require_admin(tx: Transaction, actor: str) -> None:
    if actor in (OPERATOR, LOCAL):
        return
    found = accounts.get(tx, actor)
    if found is None or found.disabled:
        raise SeparationOfDuties("账号不存在或已停用，请重新登录或联系管理员。")
    require(person_of(found), Step.ACCOUNTS, None)


def _record(store: Store, tx: Transaction, actor: str, kind: str, payload: Mapping[str, object]) -> None:
    storage.append(store, tx, case="", actor=actor, kind=kind, payload=payload)
