"""Values in every disguise are found whole; look-alikes pass. Thresholds are the issue's: ≥ 0.98, ≤ 4 in 400."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from review import packs, text
from review.detectors import rules, tables
from review.types import Context, Detector, Document, RulePack, Span
from tests.bench.quality import carriers, lookalikes, values

RECALL = 0.98
ALARMS = 4
SEED = 20261121


@dataclass(frozen=True)
class Case:
    """``value`` stands in ``text`` once and must be covered whole by flags of ``category``."""

    kind: str
    text: str
    value: str
    category: str = "pp"


@pytest.fixture(scope="module")
def pack() -> RulePack:
    return packs.load()


@pytest.fixture(scope="module")
def detectors(pack: RulePack) -> tuple[Detector, ...]:
    return rules.build(pack), tables.build(pack)


def read(written: str) -> Document:
    return text.compose(packs.reading(written), sha256="0" * 64, media_type="text/plain", name="")


def cases() -> list[Case]:
    rng = random.Random(SEED)
    return [*_numbers(rng), *_embedded(rng), *_addresses(rng), *_others(rng)]


def _numbers(rng: random.Random) -> Iterator[Case]:
    anywhere: tuple[values.Disguise, ...] = (
        values.plain,
        values.spaced,
        values.dashed,
        values.full_width,
        values.chinese,
        values.dotted,
    )
    anywhere += (values.broken, values.scanned, values.invisible, values.apart)
    tables_of = {
        "identity": (values.identity, carriers.IDENTITY, (*anywhere, values.lower_x)),
        "mobile": (values.mobile, carriers.MOBILE, (*anywhere, values.country)),
        "card": (values.card, carriers.CARD, anywhere),
    }
    for kind, (make, sentences, disguises) in tables_of.items():
        for carrier, disguise in itertools.product(sentences, disguises):
            if disguise is values.broken and ("\t" in carrier or carrier.index("{}") < 12):
                continue  # a cell, or a short line, was not broken for want of room
            value = disguise(rng, make(rng))
            yield Case(f"{kind}/{disguise.__name__}", carrier.format(value), value)
    for carrier in carriers.IDENTITY_LABELLED:
        old = values.identity15(rng)
        yield Case("identity/15", carrier.format(old), old)
        whole = values.identity(rng)
        typo = whole[:-1] + ("0" if whole[-1] != "0" else "1")
        yield Case("identity/mistyped", carrier.format(typo), typo)
    for head in ("姓名\t证件号码\n", "序号\t户主\t身份证号\n"):
        row = "荀小朵\t{}" if head.count("\t") == 1 else "1\t荀小朵\t{}"
        yield Case("identity/damaged", head + row.format("3.20102E+17"), "3.20102E+17")
        whole = values.identity(rng)
        yield Case("identity/two cells", f"{head}{row.format(whole[:6])}\t{whole[6:]}", f"{whole[:6]}\t{whole[6:]}")
        yield Case("identity/apostrophe", head + row.format("'" + whole), whole)


def _embedded(rng: random.Random) -> Iterator[Case]:
    disabled, school, row, file, login = carriers.EMBEDDED
    for _ in range(5):
        whole = values.identity(rng)
        for carrier, value in (
            (disabled, whole + "43"),
            (disabled, values.spaced(rng, whole) + " 12"),
            (row, whole + "21"),
            (school, "G" + whole),
            (file, whole + "_一寸.jpg"),
            (login, whole + "@qq.com"),
            (login, "u_" + whole),
        ):
            must = whole if value.endswith(".jpg") else value
            yield Case("embedded", carrier.format(value), must)


def _addresses(rng: random.Random) -> Iterator[Case]:
    for carrier, kind in carriers.ADDRESS:
        for address in rng.sample(carriers.ROOMS if kind == "room" else carriers.LIVES, 5):
            yield Case("address", carrier.format(address), address)


def _others(rng: random.Random) -> Iterator[Case]:
    for carrier, value in itertools.product(carriers.BIRTH, carriers.BIRTH_DATES):
        yield Case("birth", carrier.format(value), value)
    mails = ("linaw_1903@163.com", "1000012345@qq.com", "happy.mama@foxmail.com", "zhao.l@gmail.com")
    for carrier, value in itertools.product(carriers.MAIL, mails):
        yield Case("mail", carrier.format(value), value)
    for carrier, kind in carriers.CHAT:
        for value in ("lan_xiaomei88", "wxid-zhao1902") if kind == "wechat" else ("283746152", "1000012345"):
            yield Case(kind, carrier.format(value), value)
    forms = {
        "passport": ("E12345678", "G87654321", "EA1234567"),
        "permit": ("H12345678", "M0123456701"),
        "taiwan": ("01234567",),
        "officer": ("军字第0001234号", "南字第8012345号"),
        "social": ("A12345678",),
        "driver": ("110000123456",),
        "plate": ("苏A·12K45", "浙B8K21M", "京AD12345", "皖C-90X12"),
        "landline": ("025-83210045", "0571 8765 4321"),
    }
    for carrier, kind in carriers.DOCUMENT:
        for value in forms[kind]:
            yield Case(kind, carrier.format(value), value)


def lawful() -> list[str]:
    rng = random.Random(SEED)

    def digits(count: int) -> str:
        return str(rng.randrange(1, 10)) + "".join(str(rng.randrange(10)) for _ in range(count - 1))

    def fresh() -> dict[str, str]:
        serials = {f"serial{n}": digits(n) for n in (6, 8, 10, 12, 15, 16, 18, 20)}
        return serials | {
            "code": values.code(rng),
            "small": str(rng.randrange(2, 60)),
            "digit": str(rng.randrange(10)),
            "year": str(rng.randrange(2015, 2027)),
            "month": str(rng.randrange(1, 13)),
            "age": str(rng.randrange(18, 60)),
            "area": str(rng.choice((10, 25, 571, 712, 851, 898))),
            "land8": f"8{digits(7)}",
            "land7": f"6{digits(6)}",
            "land4": digits(4),
            "land3": digits(3),
            "mobile": values.mobile(rng),
            "barcode": f"69{digits(11)}",
            "account": f"2003{digits(11)}",
        }

    return [template.format_map(fresh()) for template in lookalikes.TEMPLATES for _ in range(6)]


def covered(document: Document, detectors: tuple[Detector, ...], pack: RulePack, case: Case) -> bool:
    start = case.text.index(case.value)
    spans = [
        span
        for detect in detectors
        for flag in detect(document, Context(pack))
        if flag.loud and flag.type.startswith(case.category)
        for span in flag.spans
    ]
    left = set(range(start, start + len(case.value)))
    for span in spans:
        left -= set(range(*_source(document, span)))
    return not {i for i in left if case.text[i].isalnum()}


def _source(document: Document, span: Span) -> tuple[int, int]:
    found = text.source_span(document, span)
    return found.start, found.end


def test_values_in_every_disguise(pack: RulePack, detectors: tuple[Detector, ...]) -> None:
    every = cases()
    missed = [case for case in every if not covered(read(case.text), detectors, pack, case)]
    recall = 1 - len(missed) / len(every)
    print(f"\n{len(every)} 个值，召回 {recall:.4f}")
    print(Counter(case.kind for case in missed).most_common())
    assert len(every) >= 400
    assert recall >= RECALL, [(case.kind, case.text) for case in missed]


def test_lookalikes_pass(pack: RulePack, detectors: tuple[Detector, ...]) -> None:
    every = lawful()
    alarms = [
        (flag.rule, written)
        for written in every
        for detect in detectors
        for flag in detect(read(written), Context(pack))
        if flag.loud
    ]
    print(f"\n{len(every)} 个形似值，误报 {len(alarms)}")
    assert len(every) >= 400
    assert len(alarms) <= ALARMS, alarms
