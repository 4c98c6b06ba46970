"""Time limits of a case in working days: what runs, what is suspended, what is overdue. Pure.

The legal limits are 15 (third party, 条例32), 10 + 10 (determination, 实施条例25) and 20 (publication, 条例26); the
time of internal review is the office's own. While a third party is asked or an answer is awaited, it stands still.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from review.calendar import add_workdays, china_day, workdays_between
from review.types import Verdict
from review.workflow.nouns import SELF_STAGES, Case
from review.workflow.rules import online
from review.workflow.terms import Attribute, Stage, Step


@dataclass(frozen=True, slots=True)
class Limits:
    """Working days for each timer; ``warn``: share of a limit after which a case is 即将到期."""

    review: int = 5
    consult: int = 15
    refer: int = 10
    answer: int = 10
    publish: int = 20
    warn: float = 0.8


@dataclass(frozen=True, slots=True)
class Timer:
    """One time limit of a case. ``elapsed`` and ``limit`` are working days; ``ended``: the day it was met.

    ``limit`` 0: a fixed day (撤下日期). ``estimated``: the due day lies in a year without a published holiday table.
    """

    kind: str  # review, consult, refer, answer, publish, take_down
    started: date
    due: date
    limit: int
    elapsed: int
    suspended: bool = False
    ended: date | None = None
    warn_on: date | None = None  # from this day on it is 即将到期
    overdue: bool = False
    warning: bool = False
    estimated: bool = False

    @property
    def label(self) -> str:
        return TIMER_LABELS[self.kind]

    @property
    def running(self) -> bool:
        return self.ended is None


TIMER_LABELS = {
    "review": "内部审查",
    "consult": "征求第三方意见",
    "refer": "报请确定",
    "answer": "等待答复",
    "publish": "主动公开",
    "take_down": "到期撤下",
}

_WAITING = frozenset({Stage.THIRD_PARTY, Stage.DETERMINATION})
_IN_REVIEW = frozenset({Stage.DEPT_REVIEW, Stage.SECRECY_REVIEW, Stage.APPROVAL})


def timers(case: Case, today: date, limits: Limits) -> tuple[Timer, ...]:
    """Return every timer of the case's present round, met ones included."""
    found = (
        _review(case, today, limits),
        _stage(case, today, limits, "consult", Stage.THIRD_PARTY, limits.consult),
        _refer(case, today, limits),
        _stage(case, today, limits, "answer", Stage.DETERMINATION, limits.answer),
        _publish(case, today, limits),
        _take_down(case, today, limits),
    )
    return tuple(timer for timer in found if timer is not None)


def urgent(found: Iterable[Timer]) -> Timer | None:
    """Return the running, not suspended timer that ends first."""
    running = [timer for timer in found if timer.running and not timer.suspended]
    return min(running, key=lambda timer: timer.due, default=None)


def _make(
    kind: str,
    started: date,
    today: date,
    limit: int,
    limits: Limits,
    *,
    paused: int = 0,
    suspended: bool = False,
    ended: date | None = None,
) -> Timer:
    due = add_workdays(started, limit + paused)
    until = ended or today
    elapsed = max(0, workdays_between(started, until) - paused)
    overdue = until > due.day and not (suspended and ended is None)
    warn_on = add_workdays(started, math.ceil(limits.warn * limit) + paused).day
    warning = ended is None and not overdue and not suspended and today >= warn_on
    return Timer(kind, started, due.day, limit, elapsed, suspended, ended, warn_on, overdue, warning, due.estimated)


def _review(case: Case, today: date, limits: Limits) -> Timer | None:
    """From submission to approval (or return), without the days spent waiting for others."""
    submitted = next((t for t in reversed(case.round) if t.step is Step.SUBMIT), None)
    if submitted is None:
        return None
    stays = [stay for stay in case.stays if stay.since >= submitted.at]
    paused = sum(
        workdays_between(china_day(s.since), china_day(s.until) if s.until else today)
        for s in stays
        if s.stage in _WAITING
    )
    closed = next((stay for stay in stays if stay.stage not in _IN_REVIEW | _WAITING), None)
    return _make(
        "review",
        china_day(submitted.at),
        today,
        limits.review,
        limits,
        paused=paused,
        suspended=case.stage in _WAITING,
        ended=china_day(closed.since) if closed else None,
    )


def _stage(case: Case, today: date, limits: Limits, kind: str, stage: Stage, limit: int) -> Timer | None:
    """The last stay in a stage that waits for somebody else."""
    stay = next((s for s in reversed(case.stays) if s.stage is stage), None)
    if stay is None:
        return None
    ended = china_day(stay.until) if stay.until else None
    return _make(kind, china_day(stay.since), today, limit, limits, ended=ended)


def _refer(case: Case, today: date, limits: Limits) -> Timer | None:
    """From the first state-secret flag marked 报请确定 to the day the request goes out."""
    marked = [
        ruling.at
        for flag in case.flags.values()
        if flag.rulings and flag.category == "state_secret"
        for ruling in flag.rulings
        if ruling.verdict is Verdict.ESCALATE
    ]
    if not marked:
        return None
    sent = next((t.at for t in case.steps if t.step is Step.REFER and t.at >= min(marked)), None)
    if sent is None and not any(
        flag.verdict is Verdict.ESCALATE and flag.category == "state_secret" for flag in case.flags.values()
    ):
        return None
    return _make("refer", china_day(min(marked)), today, limits.refer, limits, ended=china_day(sent) if sent else None)


def _publish(case: Case, today: date, limits: Limits) -> Timer | None:
    """条例26: within 20 working days of making, for what is to be published proactively; third-party time excluded."""
    d = case.determination
    if d is None or d.made_on is None or d.attribute not in (Attribute.PROACTIVE, Attribute.PARTIAL):
        return None
    if case.stage in (Stage.WITHDRAWN, Stage.WITHHELD):
        return None
    out = next((t.at for t in case.steps if t.step is Step.PUBLISH), None)
    asked = [s for s in case.stays if s.stage is Stage.THIRD_PARTY]
    paused = sum(workdays_between(china_day(s.since), china_day(s.until) if s.until else today) for s in asked)
    return _make(
        "publish",
        d.made_on,
        today,
        limits.publish,
        limits,
        paused=paused,
        suspended=case.stage is Stage.THIRD_PARTY,
        ended=china_day(out) if out else None,
    )


def _take_down(case: Case, today: date, limits: Limits) -> Timer | None:
    """The day on which a copy has to go offline: reminded a week ahead."""
    d = case.determination
    out = next((t.at for t in reversed(case.steps) if t.step is Step.PUBLISH), None)
    if d is None or d.take_down is None or out is None:
        return None
    down = next((t.at for t in case.steps if t.step is Step.TAKE_DOWN and t.at > out), None)
    ended = china_day(down) if down and not online(case) else None
    warn_on = d.take_down - timedelta(days=7)
    return Timer(
        kind="take_down",
        started=china_day(out),
        due=d.take_down,
        limit=0,
        elapsed=workdays_between(china_day(out), ended or today),
        ended=ended,
        warn_on=warn_on,
        overdue=(ended or today) > d.take_down,
        warning=ended is None and warn_on <= today <= d.take_down,
    )


def handling_days(case: Case, today: date) -> int | None:
    """Return 用时: working days from first submission to 办结 (or today); None before submission."""
    first = next((t for t in case.steps if t.step is Step.SUBMIT), None)
    if first is None:
        return None
    closing = frozenset({Stage.PUBLISHED, Stage.WITHHELD, Stage.WITHDRAWN})
    closed = next((s.since for s in case.stays if s.stage in closing and s.since >= first.at), None)
    return workdays_between(
        china_day(first.at), china_day(closed) if closed and case.stage not in SELF_STAGES else today
    )
