"""What the generators of nasty files return."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Nasty:
    """A file that hides secrets. ``hidden`` and ``shown``: place → secret, kept out of or seen on the page;
    ``harmless``: sentences on the page that every copy must keep; ``nested``: secrets inside embedded files."""

    data: bytes
    shown: dict[str, str]
    hidden: dict[str, str]
    nested: dict[str, str]
    harmless: tuple[str, ...]

    @property
    def secrets(self) -> dict[str, str]:
        return self.shown | self.hidden | self.nested


class Secrets:
    """Hands out numbered secrets, one a hiding place."""

    def __init__(self, mark: str) -> None:
        self.mark = mark
        self.places: dict[str, str] = {}

    def __call__(self, place: str) -> str:
        if place in self.places:
            raise ValueError(f"place used twice: {place}")
        self.places[place] = f"密文{self.mark}{len(self.places) + 1:03d}"
        return self.places[place]
