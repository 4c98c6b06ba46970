"""The office at hand: store, engine, settings, and who somebody is."""

from __future__ import annotations

import dataclasses
import threading
import tomllib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from review import sandbox, workflow
from review.errors import InputError, SeparationOfDuties
from review.store import Store, accounts, open_store
from review.types import Decision, Disposition, Document, Flag, Proof, Report
from review.workflow import Case, Limits, Person, Role, Step

if TYPE_CHECKING:
    from review.pipeline import Engine

#: The only account of single-user mode: holds every role, exists without a login, only ever on 127.0.0.1.
LOCAL = "local"

#: Whoever has a shell on the server: may manage accounts, backups and retention, and sees no text.
OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Settings:
    """What an office may choose (``settings.toml`` in the home folder). Limits are working days."""

    deployment: str = "unclassified"  # or "classified": there marks do not stop the intake
    single_user: bool = True
    same_person_allowed: bool = False  # small offices: then visible in the record
    double_review: bool = False  # two reviewers must agree on every loud flag
    determination_required: bool = True  # before approval; in single-user mode it is only offered
    review_days: int = 5
    consult_days: int = 15
    refer_days: int = 10
    answer_days: int = 10
    publish_days: int = 20
    warn_share: float = 0.8
    lease_hours: int = 72  # an assignment without a move for so long may be taken over
    retention_years: int = 3
    scan_roots: tuple[str, ...] = ()  # folders below which the page may scan; none: any, in single-user mode only

    def __post_init__(self) -> None:
        if self.deployment not in ("unclassified", "classified"):
            raise InputError("设置 deployment 只能是 unclassified 或 classified。")
        if self.retention_years < 3:
            raise InputError("保存期限 retention_years 不得少于 3 年（个人信息保护法第五十六条）。")
        if not all(isinstance(root, str) and Path(root).is_absolute() for root in self.scan_roots):
            raise InputError('设置 scan_roots 应当是一列绝对路径，如 ["/srv/网站存量"]。')

    @property
    def limits(self) -> Limits:
        return Limits(
            self.review_days, self.consult_days, self.refer_days, self.answer_days, self.publish_days, self.warn_share
        )

    @property
    def together(self) -> bool:
        """True when one person may take steps that usually need two."""
        return self.single_user or self.same_person_allowed

    @property
    def must_determine(self) -> bool:
        return self.determination_required and not self.single_user


def load_settings(home: Path) -> Settings:
    """Return the settings of ``home/settings.toml`` (table ``[office]`` or top level); defaults where it is silent."""
    path = home / "settings.toml"
    if not path.exists():
        return Settings()
    try:
        chosen = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"设置文件 settings.toml 第 {getattr(error, 'lineno', '?')} 行附近有语法错误。") from None
    chosen = {name: value for name, value in chosen.get("office", chosen).items() if name != "oidc"}
    chosen = {name: tuple(value) if isinstance(value, list) else value for name, value in chosen.items()}
    known = {item.name: type(item.default) for item in dataclasses.fields(Settings)}
    for name, value in chosen.items():
        if name not in known or not isinstance(value, known[name]):
            raise InputError("设置文件 settings.toml 中有不认识的项或类型不对，请对照 docs/operations.md。")
    return Settings(**chosen)


@dataclass(frozen=True, slots=True)
class Tools:
    """The stages that casework composes with the store. Given by ``pipeline``; tests give their own."""

    read: Callable[[bytes, str], Document]
    review: Callable[[Document, Engine, str, str], Report]
    publish: Callable[[bytes, Report, Mapping[str, Decision], Engine], tuple[bytes, Proof]]
    disposition: Callable[[Sequence[Flag]], Disposition]


class Memory:
    """What a process remembers between calls: folded cases and read documents. Losing it costs time only."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cases: OrderedDict[str, Case] = OrderedDict()
        self._reports: OrderedDict[tuple[str, ...], Report] = OrderedDict()
        self._documents: OrderedDict[str, Document] = OrderedDict()

    def case(self, case_id: str) -> Case | None:
        with self._lock:
            return self._cases.get(case_id)

    def keep_case(self, case: Case) -> None:
        with self._lock:
            known = self._cases.get(case.id)
            if known is None or known.version <= case.version:
                _keep(self._cases, case.id, case, most=500)

    def report(self, key: tuple[str, ...]) -> Report | None:
        with self._lock:
            return self._reports.get(key)

    def keep_report(self, key: tuple[str, ...], report: Report) -> None:
        with self._lock:
            _keep(self._reports, key, report, most=8)

    def document(self, key: str) -> Document | None:
        with self._lock:
            return self._documents.get(key)

    def keep_document(self, key: str, document: Document) -> None:
        with self._lock:
            _keep(self._documents, key, document, most=8)

    def forget_texts(self) -> None:
        """Drop every document at once: after a purge nothing of it may linger."""
        with self._lock:
            self._reports.clear()
            self._documents.clear()


K = TypeVar("K")
V = TypeVar("V")


def _keep(shelf: OrderedDict[K, V], key: K, value: V, *, most: int) -> None:
    shelf[key] = value
    shelf.move_to_end(key)
    while len(shelf) > most:
        shelf.popitem(last=False)


@dataclass(frozen=True, slots=True, eq=False)
class Office:
    """Store, engine and settings at hand: made once a process by ``open_office``."""

    store: Store
    engine: Engine
    settings: Settings
    tools: Tools
    memory: Memory = field(default_factory=Memory, repr=False)


def open_office(
    home: Path | None = None,
    *,
    engine: Engine,
    url: str = "",
    settings: Settings | None = None,
    tools: Tools | None = None,
    store: Store | None = None,
) -> Office:
    """Open (and if new, create) the store under ``home`` (default ``paths.home()``) or at ``url``.

    ``url`` defaults to ``$REVIEW_DATABASE_URL``, then SQLite in ``home``. Settings default to ``home/settings.toml``.
    ``tools`` defaults to the pipeline, untrusted files being parsed in a limited child process. ``store``: one that
    is open already.
    """
    store = store or open_store(home, url=url)
    return Office(store, engine, settings or load_settings(store.home), tools or _pipeline_tools())


def _pipeline_tools() -> Tools:
    from review import pipeline  # loads every reader: not for commands that only need the store

    return Tools(
        read=lambda data, name: sandbox.run(_read, data, name),
        review=lambda document, engine, genre, target: pipeline.review_document(
            document, engine, genre=genre, target=target
        ),
        publish=_publish,
        disposition=pipeline.disposition,
    )


def _read(data: bytes, name: str) -> Document:
    from review import pipeline

    return pipeline.read(data, name)[2]


def _publish(data: bytes, report: Report, decisions: Mapping[str, Decision], engine: Engine) -> tuple[bytes, Proof]:
    from review import pipeline

    # Detectors do not travel to a child process, and publishing does not run them.
    return sandbox.run(pipeline.publish, data, report, decisions, dataclasses.replace(engine, detectors=()))


# ------------------------------------------------------------------------------------------------ people


def person(office: Office, actor: str) -> Person:
    """Return who ``actor`` is (roles, unit); raises ``SeparationOfDuties`` for unknown or disabled accounts."""
    if actor == LOCAL and office.settings.single_user:
        return Person(LOCAL, frozenset(Role), display="本机使用者")
    with office.store.read() as tx:
        found = accounts.get(tx, actor)
    if found is None or found.disabled:
        raise SeparationOfDuties("账号不存在或已停用，请重新登录或联系管理员。")
    return person_of(found)


def person_of(account: accounts.Account) -> Person:
    """Return the person behind an account row."""
    roles = frozenset(Role(code) for code in account.roles if code in set(Role))
    return Person(account.name, roles, account.unit, account.display)


def names(office: Office) -> Mapping[str, str]:
    """Return account name → display name: what signature lines and lists show. Disabled accounts included."""
    with office.store.read() as tx:
        found = {account.name: account.display for account in accounts.all_accounts(tx)}
    return {LOCAL: "本机使用者", OPERATOR: "管理员（服务器）", **found}


def moves(office: Office, case: Case, actor: str) -> tuple[Step, ...]:
    """Return every step that ``actor`` may take on ``case`` now: what the page shows as buttons."""
    who = person(office, actor)
    found = workflow.moves(who, case)
    if office.settings.together:
        return found
    return tuple(step for step in found if not workflow.same_person(case, actor, step))


def require_apart(office: Office, case: Case, actor: str, step: Step) -> tuple[Step, ...]:
    """Return the earlier steps of the same person, for the record; raises where the office forbids that."""
    same = workflow.same_person(case, actor, step)
    if same and not office.settings.together:
        done = "、".join(earlier.label for earlier in same)
        raise SeparationOfDuties(f"您已办理本件的{done}，“{step.label}”须由他人办理（初审、复审、批准相分离）。")
    return same


def require_office(office: Office, actor: str, step: Step) -> Person:
    """Raise ``SeparationOfDuties`` unless ``actor`` may take a step that concerns the whole office."""
    if actor == OPERATOR and step in (Step.ACCOUNTS, Step.BACKUP, Step.AUDIT, Step.PURGE):
        return Person(OPERATOR, frozenset({Role.ADMIN}))
    who = person(office, actor)
    workflow.require(who, step, None)
    return who


__all__ = [
    "LOCAL",
    "OPERATOR",
    "Memory",
    "Office",
    "Settings",
    "Tools",
    "load_settings",
    "moves",
    "open_office",
    "person",
    "person_of",
    "require_apart",
    "require_office",
]
