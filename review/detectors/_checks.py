"""Named validators of rules: each takes a whole value without separators and says whether it can be one."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import date

from stdnum import luhn as _luhn
from stdnum.cn import ric
from stdnum.cn import uscc as _uscc

#: GB/T 2260 codes of provinces; 81—83: residents of Hong Kong, Macao and Taiwan.
_PROVINCES = frozenset(
    str(code)
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83))
    for code in range(first, last + 1)
)
_EARLIEST_BIRTH = 1885

#: First digits of cards that banks in China issue: 62 (UnionPay), old debit and credit ranges.
#: Source: the public BIN tables behind UnionPay's card-number standard (JR/T 0008).
_CARD_BINS = re.compile(
    r"62|60(?:1382|1428|3367|3506|3601|3694|3708)|621|9558[0-9]|9559[0-9]|95595|955[0-9]|"
    r"4(?:367|380|392|336|270|218|213|051|041|062|038|563|581|514|512|581|682|693|91|96)|"
    r"5(?:187|100|240|264|268|289|303|309|310|324|398|452|457|459|491|49|528|53|58)|"
    r"35[3-8]|37(?:024[6-9]|0285|0267|4738|4739)|68\d|69\d|84\d|87\d|88\d|900"
)

#: Mobile prefixes in use (MIIT numbering plan): 13x 14x 15x 16x 17x 18x 19x.
_MOBILE = re.compile(r"(?:00?86|86)?1(?:3\d|4[014-9]|5[0-35-9]|6[24-7]|7[0-8]|8\d|9[0-35-9])\d{8}")
_AREA = r"0(?:10|2[0-57-9]|[3-9]\d{2})"
_LANDLINE = re.compile(rf"(?:86{_AREA[1:]}|{_AREA})[2-9]\d{{6,7}}")


def id18(value: str) -> bool:
    """Citizen number: province, possible birth date, check digit (GB 11643, ISO 7064 mod 11-2).

    The card of a foreign permanent resident begins with 9, then the province, and has the same check digit.
    """
    value = value.upper()
    if len(value) != 18 or not value[:17].isdigit():
        return False
    if value[:2] not in _PROVINCES and not (value[0] == "9" and value[1:3] in _PROVINCES):
        return False
    if not _born(value[6:14]) or value[14:17] == "000":
        return False
    return bool(ric.calc_check_digit(value) == value[17])


def id15(value: str) -> bool:
    """First-generation citizen number: province and possible birth date in 19xx; it has no check digit."""
    return len(value) == 15 and value.isdigit() and value[:2] in _PROVINCES and _born("19" + value[6:12])


def uscc(value: str) -> bool:
    """Unified social credit code (GB 32100, mod 31)."""
    return bool(_uscc.is_valid(value))


def luhn(value: str) -> bool:
    return bool(value.isdigit() and _luhn.is_valid(value))


def bank_card(value: str) -> bool:
    """16 to 19 digits, Luhn-valid, beginning with a BIN that banks in China issue."""
    return 16 <= len(value) <= 19 and luhn(value) and _CARD_BINS.match(value) is not None and len(set(value)) > 3


def mobile(value: str) -> bool:
    return _MOBILE.fullmatch(value) is not None


def landline(value: str) -> bool:
    """Area code and 7 or 8 digits."""
    return _LANDLINE.fullmatch(value) is not None


def full_date(value: str) -> bool:
    return len(value) == 8 and value.isdigit() and _born(value)


def ip_private(value: str) -> bool:
    """An IPv4 address of a private network."""
    try:
        address = ipaddress.IPv4Address(value)
    except ValueError:
        return False
    return address.is_private and not address.is_loopback and not address.is_unspecified


def imei(value: str) -> bool:
    return len(value) == 15 and luhn(value)


def anything(value: str) -> bool:
    return bool(value)


CHECKS: Mapping[str, Callable[[str], bool]] = {
    "id18": id18,
    "id15": id15,
    "uscc": uscc,
    "luhn": luhn,
    "bank_card": bank_card,
    "mobile": mobile,
    "landline": landline,
    "date": full_date,
    "ip_private": ip_private,
    "imei": imei,
    "any": anything,
}


def _born(digits: str) -> bool:
    """Is yyyymmdd a day on which a person of today's records can have been born?"""
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return date(_EARLIEST_BIRTH, 1, 1) <= day <= date.today()
