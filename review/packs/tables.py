"""The shapes of rules that look at tables or at hidden text, strict like all of a pack. See docs/rule-writing.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(min_length=1)]
Texts = Annotated[list[Text], Field(min_length=1)]
Several = Annotated[int, Field(ge=2)]


class Shape(BaseModel):
    """``PATTERNS``: the fields that hold patterns; the loader brings them into the form of document text."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    PATTERNS: ClassVar[frozenset[str]] = frozenset()


class Columns(Shape):
    """One column of a table: by its header, or by its values alone."""

    PATTERNS: ClassVar = frozenset({"header", "not_header", "value", "with", "title"})
    header: Texts | None = None
    not_header: Texts | None = None
    value: Text | None = None
    compact: bool = False
    share: Annotated[float, Field(gt=0, le=1)] = 0.5
    infer: bool = False
    beside: Annotated[Texts | None, Field(alias="with")] = None
    title: Texts | None = None
    mark: Literal["values", "header"] = "values"


class Hidden(Shape):
    """Text that a page does not show: patterns over the labels in which readers say why."""

    PATTERNS: ClassVar = frozenset({"labels"})
    labels: Texts


class Masked(Shape):
    """Partly hidden ID numbers: headers of the columns that give the rest away, and of what joins two tables."""

    PATTERNS: ClassVar = frozenset({"birth", "age", "sex", "key"})
    birth: Texts
    age: Texts
    sex: Texts
    key: Texts


class Kind(Shape):
    """A quasi-identifier: it leaves one in ``one_in`` people, or the people ``among`` whom one lives or learns."""

    PATTERNS: ClassVar = frozenset({"header", "value"})
    name: Text
    header: Texts
    value: Text | None = None
    one_in: Several | None = None
    among: Several | None = None
    birth: bool = False
    personal: bool = False


class Groups(Shape):
    """A data set without names: rows of which few are alike and that few people fit."""

    PATTERNS: ClassVar = frozenset({"named", "counted"})
    named: Texts
    counted: Texts
    kinds: Annotated[list[Kind], Field(min_length=2)]
    population: Several
    alike: Several
    fit: Several
    rows: Several


class Joined(Shape):
    """Two tables of one document that share a key: the first says who or where, the second what is sensitive."""

    PATTERNS: ClassVar = frozenset({"key", "key_value", "first", "second", "not_second"})
    key: Texts
    key_value: Text | None = None
    first: Texts
    second: Texts
    not_second: Texts
    rows: Several
    share: Annotated[float, Field(gt=0, le=1)]


class Cells(Shape):
    """Cells of statistics that stand for one unit, or that a total gives away."""

    PATTERNS: ClassVar = frozenset({"counts", "figures", "total", "hidden"})
    counts: Texts
    figures: Texts
    total: Texts
    hidden: Texts
    fewer: Several


def fields(shape: Shape) -> Iterator[tuple[str, Any]]:
    """Yield the names that a rule file uses, with their values."""
    for name, field in type(shape).model_fields.items():
        yield field.alias or name, getattr(shape, name)
