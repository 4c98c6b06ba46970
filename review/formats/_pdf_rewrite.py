"""Write a page's content again without some of its glyphs, with nothing but the resources that it uses."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

import pikepdf
from pikepdf import Dictionary

from review.formats._pdf_content import INLINE_IMAGE, Instruction, array, name, shown, written
from review.formats._pdf_geometry import Rect
from review.formats._pdf_names import key_name
from review.formats._pdf_raster import Picture, Screen
from review.formats._pdf_trace import SHOWS, Glyph, PageTrace

_MARKS = frozenset((b"BMC", b"BDC", b"EMC", b"MP", b"DP"))
_PATHS = frozenset((b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*", b"S", b"s"))
_DRAWING = _PATHS | {b"Do", b"sh", INLINE_IMAGE}
#: After these the pen is placed anew, so room left at the end of a show operator means nothing.
_PLACING = frozenset((b"Td", b"TD", b"Tm", b"T*", b"ET", b"'", b'"'))
#: Operators that are written again; any other is no operator of a page.
_KNOWN = _PATHS | frozenset(
    b"w J j M d ri i gs cm m l c v y h re n W W* BT ET Tc Tw Tz TL Tf Tr Ts Td TD Tm T* d0 d1 CS cs SC SCN sc scn G g "
    b"RG rg K k sh BX EX".split()
)
_KINDS = {
    b"Tf": "/Font", b"gs": "/ExtGState", b"cs": "/ColorSpace", b"CS": "/ColorSpace", b"sh": "/Shading",
    b"scn": "/Pattern", b"SCN": "/Pattern",
}  # fmt: skip
_STRAY = re.compile(rb"\((?:[^()\\]|\\.)*\)|<[^>]*>+", re.S)
_NAMED = re.compile(rb"/[^\x00\t\n\f\r ()<>\[\]{}/%]+")


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
        same = (old.objgen, _within(trace, kills, draw), frozenset(trace.draws[draw].dark))
        if own and same in self._forms:
            return self._forms[same]
        body, resources = _Stream(self, trace, kills, draw).written()
        made = self._pdf.make_stream(body)
        for key in ("/Type", "/Subtype", "/FormType", "/BBox", "/Matrix", "/Group"):
            if key in old:
                made[key] = old[key]
        made.Resources = resources
        if own:
            self._forms[same] = made
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
        self.draw = trace.draws[draw]
        self.out: list[Instruction] = []
        self.used: dict[str, set[bytes]] = {}
        self.forms: dict[bytes, Any] = {}
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
        dark = self.draw.dark
        for index, instruction in enumerate(self.draw.instructions):
            operands, operator = instruction
            if operator in SHOWS:
                self._show(instruction, index)
            elif operator in _MARKS:
                self._mark(operands, operator, index)
            elif operator == b"q":
                self.depth += 1
                self.out.append(instruction)
            elif operator == b"Q":
                # One Q too many would take the page's own frame away.
                if self.depth:
                    self.depth -= 1
                    self.out.append(instruction)
            elif index in dark and operator in _DRAWING:
                if operator in _PATHS:
                    self.out.append((b"", b"n"))
            elif operator == b"Do":
                self._draw(operands, index)
            elif operator == INLINE_IMAGE:
                self.used.setdefault("/ColorSpace", set()).update(_NAMED.findall(operands))
                self.out.append(instruction)
            elif operator in _KNOWN:
                kind = _KINDS.get(operator)
                if kind is not None:
                    self.used.setdefault(kind, set()).add(name(operands))
                # No other operator takes strings: one that stands there is seen by nobody.
                self.out.append(
                    (_STRAY.sub(b" ", operands), operator) if b"(" in operands or b"<" in operands else instruction
                )
        self.out.extend((b"", b"EMC") for kept in self.marks if kept)
        self.out.extend((b"", b"Q") for _ in range(self.depth))
        return written(self.out), self._resources()

    def _show(self, instruction: Instruction, index: int) -> None:
        operands, operator = instruction
        gone = self.by_show.get(index)
        if gone is not None:
            self.out.extend(_shortened(operands, operator, gone, placed=self._following(index) in _PLACING))
        elif operator == b"TJ" or operands.count(b"(") + operands.count(b"<") <= 1:
            self.out.append(instruction)
        else:
            self.out.extend(_shortened(operands, operator, (), placed=False))

    def _following(self, index: int) -> bytes:
        """Return the next operator that shows text or places the pen."""
        following = (operator for _, operator in self.draw.instructions[index + 1 :])
        return next((operator for operator in following if operator in _PLACING or operator in SHOWS), b"ET")

    def _mark(self, operands: bytes, operator: bytes, index: int) -> None:
        """Tags go; only a harmless spelling of one glyph that stays is kept."""
        if operator == b"EMC":
            if self.marks and self.marks.pop():
                self.out.append((b"", b"EMC"))
        elif operator in (b"BMC", b"BDC"):
            text = self.actuals.get(index)
            self.marks.append(text is not None)
            if text is not None:
                spelled = text.encode("utf-16-be", "surrogatepass").hex().upper().encode("ascii")
                self.out.append((b"/Span <</ActualText <FEFF" + spelled + b">>> ", b"BDC"))

    def _draw(self, operands: bytes, index: int) -> None:
        child = self.children.get(index)
        if child is None:
            self.used.setdefault("/XObject", set()).add(name(operands))
            self.out.append((b"/" + _escaped(name(operands)[1:]) + b" ", b"Do"))
            return
        form = self.rewriter.form(self.trace, self.kills, child)
        known = next((label for label, held in self.forms.items() if held.objgen == form.objgen), None)
        if known is None:
            known = self._free_name()
            self.forms[known] = form
        self.out.append((known + b" ", b"Do"))

    def _free_name(self) -> bytes:
        """Return a name for a form that no object in the old resources has."""
        taken = self.draw.resources.get("/XObject", Dictionary())
        number = len(self.forms) + 1
        while f"/Form{number}" in taken or b"/Form%d" % number in self.forms:
            number += 1
        return b"/Form%d" % number

    def _resources(self) -> Any:
        """Return a resource dictionary with only the names in use."""
        old = self.draw.resources
        made = Dictionary()
        # Defaults for device colours apply without being named.
        self.used.setdefault("/ColorSpace", set()).update((b"/DefaultGray", b"/DefaultRGB", b"/DefaultCMYK"))
        for kind, names in self.used.items():
            table = old.get(kind)
            if not isinstance(table, Dictionary):
                continue
            kept = Dictionary()
            for key, value in table.items():
                # A reference to an object that is not there reads as nothing.
                if value is not None and key.encode("utf-8", "surrogateescape") in names and not _is_form(value):
                    kept[key_name(key)] = value
            if len(kept):
                made[kind] = kept
        if self.forms:
            objects = made.get("/XObject", Dictionary())
            for label, form in self.forms.items():
                objects[label.decode("ascii")] = form
            made["/XObject"] = objects
        return made


def _is_form(value: Any) -> bool:
    return isinstance(value, pikepdf.Stream) and value.get("/Subtype") == "/Form"


def _escaped(label: bytes) -> bytes:
    """Return a name's characters as they may stand in a content stream."""
    return b"".join(bytes((c,)) if 33 <= c <= 126 and c not in b"#()<>[]{}/%" else b"#%02X" % c for c in label)


def _shortened(operands: bytes, operator: bytes, gone: Sequence[Glyph], *, placed: bool) -> list[Instruction]:
    """Return the instructions that show what is left, every glyph at its old place.

    ``placed``: the pen is placed anew afterwards, so room at the end is left out and does not tell a width.
    """
    items: Sequence[bytes | float] = shown(operands)
    out: list[Instruction] = []
    if operator == b'"':
        word, spacing = (item for item in items[:2] if isinstance(item, float))
        out += [(b"%g " % word, b"Tw"), (b"%g " % spacing, b"Tc")]
    if operator in (b"'", b'"'):
        out.append((b"", b"T*"))
    if operator != b"TJ":
        items = [item for item in items if isinstance(item, bytes)][-1:]
    by_item: dict[int, list[Glyph]] = {}
    for glyph in gone:
        by_item.setdefault(glyph.item, []).append(glyph)
    new: list[bytes | float] = []

    def room(amount: float) -> None:
        if new and isinstance(new[-1], float):
            new[-1] += amount
        else:
            new.append(amount)

    for number, item in enumerate(items):
        if isinstance(item, float):
            room(item)
            continue
        position = 0
        for glyph in sorted(by_item.get(number, ()), key=lambda g: g.offset):
            if glyph.offset > position:
                new.append(item[position : glyph.offset])
            room(glyph.shift)
            position = glyph.offset + glyph.size
        if position < len(item):
            new.append(item[position:])
    if placed and new and isinstance(new[-1], float):
        new.pop()
    if new:
        out.append((array(new), b"TJ"))
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
