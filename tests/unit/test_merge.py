"""What one flag says better than another: the exact value before the sentence that holds it."""

from __future__ import annotations

from review.pipeline import merge
from review.types import Action, Flag, Severity, Span

VALUES = frozenset({"pp_home_address", "pp_id_number"})


def flag(type_: str, start: int, end: int, detector: str, severity: Severity = Severity.MEDIUM) -> Flag:
    return Flag(
        id=f"{detector}-{type_}-{start}",
        spans=(Span(start, end),),
        type=type_,
        rule=f"{detector}.{type_}@1",
        severity=severity,
        message="疑似",
        basis=(),
        action=Action.REDACT,
        confidence=0.9,
        detector=detector,
    )


def test_a_sentence_of_values_is_flagged_by_its_values() -> None:
    number, address = flag("pp_id_number", 5, 23, "rules"), flag("pp_home_address", 27, 40, "rules")
    sentence = flag("pp_home_address", 0, 41, "classifier")
    assert merge([sentence, number, address], VALUES) == (number, address)


def test_a_sentence_that_says_more_stays() -> None:
    address = flag("pp_home_address", 27, 40, "rules")
    sentence = flag("pp_home_address", 0, 60, "classifier")
    assert merge([sentence, address], VALUES) == (sentence, address)


def test_values_of_another_type_or_reminders_do_not_stand_for_it() -> None:
    number = flag("pp_id_number", 1, 19, "rules")
    sentence = flag("pp_home_address", 0, 20, "classifier")
    assert merge([sentence, number], VALUES) == (sentence, number)
    faint = flag("pp_home_address", 1, 19, "rules", Severity.LOW)
    assert sentence in merge([sentence, faint], VALUES)


def test_content_types_keep_their_sentence() -> None:
    inner, sentence = flag("pp_health", 2, 18, "rules"), flag("pp_health", 0, 20, "classifier")
    assert sentence in merge([sentence, inner], VALUES)
