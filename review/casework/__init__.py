"""Open, decide, move and publish cases: pipeline + workflow + store. The app and REST call only this and ``pipeline``.

    office = open_office(engine=pipeline.engine())
    case = open_case(office, data, "通知.docx", LOCAL)
    case = decide(office, case.id, LOCAL, [Decision(...)], seen=case.version)
    case = finish(office, case.id, LOCAL)
    copy, proof = publish(office, case.id, LOCAL)

Free functions over a frozen ``Office``. Each change is one transaction: permission, rules and version are checked
and the event is appended under one lock, or nothing happens. All raise ``ReviewError`` with a Chinese message:
``StaleCase`` when somebody else was faster, ``SeparationOfDuties`` when role or stage does not allow the step,
``ReasonMissing``, ``UndecidedFlags``, ``InputError``. ``actor`` is an account name, or ``LOCAL`` in single-user mode.
Case ids are 审查编号 such as ``2026-000012``. Times are UTC; dates are Chinese calendar days.
"""

from __future__ import annotations

from review.casework import accounts, negative
from review.casework.deciding import BY_HAND, add_flag, decide, declassify
from review.casework.drills import Drills, drills, practised
from review.casework.intake import MARKS, open_case, outdated, replace_file, rescan
from review.casework.moving import assign, comment, describe, determine, finish, proof_values, publish, step
from review.casework.office import (
    LOCAL,
    OPERATOR,
    Office,
    Settings,
    Tools,
    load_settings,
    moves,
    names,
    open_office,
    person,
)
from review.casework.reading import (
    Remark,
    Row,
    comments,
    decisions,
    details,
    list_cases,
    load,
    look,
    note,
    original,
    published,
    report,
    timers,
    votes,
)
from review.casework.records import FALSE_ALARM, case_rows, expired, feedback, ledger, purge, rule_rows
from review.workflow import Attribute, Case, Determination, Person, Role, Stage, Step

__all__ = [
    "BY_HAND",
    "FALSE_ALARM",
    "LOCAL",
    "MARKS",
    "OPERATOR",
    "Attribute",
    "Case",
    "Determination",
    "Drills",
    "Office",
    "Person",
    "Remark",
    "Role",
    "Row",
    "Settings",
    "Stage",
    "Step",
    "Tools",
    "accounts",
    "add_flag",
    "assign",
    "case_rows",
    "comment",
    "comments",
    "decide",
    "decisions",
    "declassify",
    "describe",
    "details",
    "determine",
    "drills",
    "expired",
    "feedback",
    "finish",
    "ledger",
    "list_cases",
    "load",
    "load_settings",
    "look",
    "moves",
    "names",
    "negative",
    "note",
    "open_case",
    "open_office",
    "original",
    "outdated",
    "person",
    "practised",
    "proof_values",
    "publish",
    "published",
    "purge",
    "replace_file",
    "report",
    "rescan",
    "rule_rows",
    "step",
    "timers",
    "votes",
]
