"""Write a page's content again without some of its glyphs, with nothing but the resources that it uses."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Operator, String

from review.formats._pdf_raster import Picture, Screen
from review.formats._pdf_trace import SHOWS, Glyph, PageTrace, Rect

_MARKS = frozenset(("BMC", "BDC", "MP", "DP"))
_PAINTS = frozenset(("f", "F", "f*", "B", "B*", "b", "b*", "S", "s"))
#: After these the pen is placed anew, so room left at the end of a show operator means nothing.
_PLACING = frozenset(("Td", "TD", "Tm", "T*", "ET", "'", '"'))
_KINDS = {
    "Tf": "/Font", "gs": "/ExtGState", "Do": "/XObject", "cs": "/ColorSpace", "CS": "/ColorSpace", "sh": "/Shading",
    "scn": "/Pattern", "SCN": "/Pattern",
}  # fmt: skip


class Rewriter:
    """Rewrites the pages of one file; equal forms with equal kills are written once."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._pdf = pdf
        self._forms: dict[tuple[Any, ...], Any] = {}

    def page(self, number: int, trace: PageTrace, kills: frozenset[int], boxes: Iterable[Rect]) -> None:
        """Replace the content and resources of page ``number``: glyphs ``kills`` go, black ``boxes`` come."""
        page = self._pdf.pages[number]
        body, resources = _Stream(self, trace, kills, 0).written()
        drawn = b"".join(b"%.2f %.2f %.2f %.2f re\n" % (b[0], b[1], b[2] - b[0], b[3] - b[1]) for b in boxes)
        black = b"\nq\n0 g\n" + drawn + b"f\nQ" if drawn else b""
        page.obj.Contents = self._pdf.make_stream(b"q\n" + body + b"\nQ" + black)
        page.obj.Resources = resources

    def form(self, trace: PageTrace, kills: frozenset[int], draw: int) -> Any:
        """Return the form of one drawing, written again."""
        old = trace.draws[draw].stream
        own = old.objgen != (0, 0) and "/Resources" in old
        key = (old.objgen, _within(trace, kills, draw), frozenset(trace.draws[draw].dark))
        if own and key in self._forms:
            return self._forms[key]
        body, resources = _Stream(self, trace, kills, draw).written()
        made = self._pdf.make_stream(body)
        for name in ("/Type", "/Subtype", "/FormType", "/BBox", "/Matrix", "/Group"):
            if name in old:
                made[name] = old[name]
        made.Resources = resources
        if own:
            self._forms[key] = made
        return made


def _within(trace: PageTrace, kills: frozenset[int], draw: int) -> tuple[Any, ...]:
    """Say which glyphs of a drawing and of what it draws go, in terms that hold for every drawing of the form."""
    inside = {draw}
    for number in range(draw + 1, len(trace.draws)):
        if trace.draws[number].parent in inside:
            inside.add(number)
    found = []
    for i in sorted(kills):
        glyph = trace.glyphs[i]
        show = trace.shows[glyph.show]
        if show.draw in inside:
            found.append((show.draw - draw, show.index, glyph.item, glyph.offset))
    return tuple(found)


class _Stream:
    """One content stream on its way to the new file."""

    def __init__(self, rewriter: Rewriter, trace: PageTrace, kills: frozenset[int], draw: int) -> None:
        self.rewriter = rewriter
        self.trace = trace
        self.kills = kills
        self.number = draw
        self.draw = trace.draws[draw]
        self.out: list[Any] = []
        self.used: dict[str, dict[bytes, Any]] = {}
        self.forms: dict[str, Any] = {}
        self.depth = 0
        self.marks: list[bool] = []
        self.by_show: dict[int, list[Glyph]] = {}
        for i in sorted(kills):
            glyph = trace.glyphs[i]
            show = trace.shows[glyph.show]
            if show.draw == draw:
                self.by_show.setdefault(show.index, []).append(glyph)
        self.actuals = {
            actual.index: actual.text
            for actual in trace.actuals
            if actual.draw == draw and actual.kept and not kills.intersection(actual.glyphs)
        }
        self.children = {d.index: k for k, d in enumerate(trace.draws) if d.parent == draw}

    def written(self) -> tuple[bytes, Any]:
        """Return the new content and its resources."""
        instructions = self.draw.instructions
        for index, instruction in enumerate(instructions):
            operator = str(instruction.operator)
            if operator in SHOWS:
                gone = self.by_show.get(index)
                if gone is None:
                    self.out.append(instruction)
                else:
                    following = self._following(index)
                    self.out.extend(_shortened(instruction.operands, operator, gone, placed=following in _PLACING))
            elif operator in _MARKS or operator == "EMC":
                self._mark(instruction, operator, index)
            elif operator == "q":
                self.depth += 1
                self.out.append(instruction)
            elif operator == "Q":
                # One Q too many would take the page's own frame away.
                if self.depth:
                    self.depth -= 1
                    self.out.append(instruction)
            elif index in self.draw.dark and (operator in _PAINTS or operator in ("Do", "sh", "INLINE IMAGE")):
                if operator in _PAINTS:
                    self.out.append(([], Operator("n")))
            elif operator == "Do":
                self._draw(instruction, index)
            else:
                self._note(instruction, operator)
                self.out.append(instruction)
        self.out.extend(([], Operator("EMC")) for kept in self.marks if kept)
        self.out.extend(([], Operator("Q")) for _ in range(self.depth))
        return pikepdf.unparse_content_stream(self.out), self._resources()

    def _following(self, index: int) -> str:
        """Return the next operator that shows text or places the pen."""
        for instruction in self.draw.instructions[index + 1 :]:
            operator = str(instruction.operator)
            if operator in _PLACING or operator in SHOWS:
                return operator
        return "ET"

    def _mark(self, instruction: Any, operator: str, index: int) -> None:
        """Tags go; only a harmless spelling of one glyph that stays is kept."""
        if operator == "EMC":
            if self.marks and self.marks.pop():
                self.out.append(instruction)
        elif operator in ("BMC", "BDC"):
            text = self.actuals.get(index)
            self.marks.append(text is not None)
            if text is not None:
                properties = Dictionary(ActualText=String(text))
                self.out.append(([Name("/Span"), properties], Operator("BDC")))

    def _draw(self, instruction: Any, index: int) -> None:
        child = self.children.get(index)
        if child is None:
            self._note(instruction, "Do")
            self.out.append(instruction)
            return
        form = self.rewriter.form(self.trace, self.kills, child)
        name = next((known for known, held in self.forms.items() if held.objgen == form.objgen), None)
        if name is None:
            name = self._free_name()
            self.forms[name] = form
        self.out.append(([Name(name)], Operator("Do")))

    def _free_name(self) -> str:
        """Return a name for a form that no object in the old resources has."""
        taken = self.draw.resources.get("/XObject", Dictionary())
        number = len(self.forms) + 1
        while f"/Form{number}" in taken or f"/Form{number}" in self.forms:
            number += 1
        return f"/Form{number}"

    def _note(self, instruction: Any, operator: str) -> None:
        kind = _KINDS.get(operator)
        if kind is not None:
            names = [o for o in instruction.operands if isinstance(o, Name)]
            if names:
                self.used.setdefault(kind, {})[bytes(names[-1])] = names[-1]
        elif operator == "INLINE IMAGE":
            for name in spaces_of(instruction.operands[0]):
                self.used.setdefault("/ColorSpace", {})[bytes(name)] = name

    def _resources(self) -> Any:
        """Return a resource dictionary with only the names in use."""
        old = self.draw.resources
        made = Dictionary()
        for kind, names in self.used.items():
            table = old.get(kind)
            if not isinstance(table, Dictionary):
                continue
            kept = Dictionary()
            for name in names.values():
                value = table.get(name)
                if value is not None and not _is_form(value):
                    kept[name] = value
            if len(kept):
                made[kind] = kept
        if self.forms:
            objects = made.get("/XObject", Dictionary())
            for name, form in self.forms.items():
                objects[name] = form
            made["/XObject"] = objects
        # Defaults for device colours apply without being named.
        spaces = old.get("/ColorSpace", Dictionary())
        for name in ("/DefaultGray", "/DefaultRGB", "/DefaultCMYK"):
            if name in spaces:
                if "/ColorSpace" not in made:
                    made["/ColorSpace"] = Dictionary()
                made["/ColorSpace"][name] = spaces[name]
        return made


def spaces_of(image: Any) -> Iterable[Any]:
    """Return the colour spaces that an inline image takes from the resources, by name."""
    space = image.obj.get("/ColorSpace")
    return [space] if isinstance(space, Name) else []


def _is_form(value: Any) -> bool:
    return isinstance(value, pikepdf.Stream) and value.get("/Subtype") == "/Form"


def _shortened(operands: Sequence[Any], operator: str, gone: Sequence[Glyph], *, placed: bool) -> list[Any]:
    """Return the instructions that show what is left, every glyph at its old place.

    ``placed``: the pen is placed anew afterwards, so room at the end is left out and does not tell a width.
    """
    out: list[Any] = []
    if operator == "'":
        out.append(([], Operator("T*")))
    elif operator == '"':
        out += [([operands[0]], Operator("Tw")), ([operands[1]], Operator("Tc")), ([], Operator("T*"))]
    items = list(operands[0]) if operator == "TJ" else [operands[-1]]
    by_item: dict[int, list[Glyph]] = {}
    for glyph in gone:
        by_item.setdefault(glyph.item, []).append(glyph)
    new: list[Any] = []

    def room(amount: float) -> None:
        if new and isinstance(new[-1], float):
            new[-1] += amount
        else:
            new.append(amount)

    for number, item in enumerate(items):
        if not isinstance(item, String):
            room(float(item))
            continue
        data = bytes(item)
        position = 0
        for glyph in sorted(by_item.get(number, ()), key=lambda g: g.offset):
            if glyph.offset > position:
                new.append(String(data[position : glyph.offset]))
            room(glyph.shift)
            position = glyph.offset + glyph.size
        if position < len(data):
            new.append(String(data[position:]))
    if placed and new and isinstance(new[-1], float):
        new.pop()
    if new:
        out.append(([Array([round(v, 3) if isinstance(v, float) else v for v in new])], Operator("TJ")))
    return out


def compare(
    pdf: pikepdf.Pdf, number: int, trace: PageTrace, without: frozenset[int], scale: float
) -> tuple[Picture, Picture]:
    """Draw a page as it is and without some glyphs; the file itself stays as it was."""
    return (
        drawn_without(pdf, number, trace, frozenset(), scale),
        drawn_without(pdf, number, trace, without, scale),
    )


def drawn_without(pdf: pikepdf.Pdf, number: int, trace: PageTrace, kills: frozenset[int], scale: float) -> Picture:
    """Draw a page without some glyphs; the file itself stays as it was."""
    page = pdf.pages[number]
    kept = {key: page.obj[key] for key in ("/Contents", "/Resources") if key in page.obj}
    out = io.BytesIO()
    with pikepdf.new() as alone:
        Rewriter(pdf).page(number, trace, kills, ())
        alone.pages.append(page)
        for key in ("/Contents", "/Resources"):
            if key in kept:
                page.obj[key] = kept[key]
            else:
                del page.obj[key]
        alone.save(out)
    screen = Screen(out.getvalue())
    try:
        return screen.draw(0, scale)
    finally:
        screen.close()
