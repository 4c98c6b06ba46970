"""How a value looks after redaction: methods of ``rules/masking.yaml``."""

from __future__ import annotations

import re

from review.types import Masking

# Separators inside a number would count as characters of it: 138 0013 8000 → 138****8000.
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[\s\-·.]+(?=\d)")
FALLBACK = Masking(id="delete", method="fixed")


def mask(masking: Masking, value: str) -> str:
    """Return what stands in a value's place. ``value`` is normalised text; methods: see ``masking.yaml``."""
    if masking.method == "keep":
        value = _BETWEEN_DIGITS.sub("", value)
        kept = masking.head + masking.tail
        if len(value) <= kept:
            return "*" * len(value)
        tail = value[len(value) - masking.tail :] if masking.tail else ""
        return value[: masking.head] + "*" * (len(value) - kept) + tail
    if masking.method == "name":
        return value[:1] + "某" if value else ""
    if masking.method == "year":
        year = re.search(r"(?:19|20)\d{2}", value)
        return f"{year[0]}年" if year else masking.text
    if masking.method == "mail":
        local, at, host = value.partition("@")
        return f"{local[:1]}***{at}{host}" if at else masking.text
    if masking.method == "address":
        town = re.match(r"^.{2,}?(?:街道|镇|乡)", value)
        return f"{town[0]}{masking.text}" if town else masking.text
    return masking.text
