"""Leave nothing in a PDF but what its pages show: allow-lists, not deny-lists."""

from __future__ import annotations

import re
from typing import Any

import pikepdf

from review.formats._pdf_names import key_name

_ROOT = frozenset(("/Type", "/Pages"))
_NODE = frozenset(("/Type", "/Kids", "/Count", "/Parent"))
_PAGE = frozenset(
    (
        "/Type",
        "/Parent",
        "/MediaBox",
        "/CropBox",
        "/BleedBox",
        "/TrimBox",
        "/ArtBox",
        "/Rotate",
        "/UserUnit",
        "/Group",
        "/Resources",
        "/Contents",
    )
)
_IMAGE = frozenset(
    (
        "/Type",
        "/Subtype",
        "/Width",
        "/Height",
        "/ColorSpace",
        "/BitsPerComponent",
        "/ImageMask",
        "/Mask",
        "/SMask",
        "/Decode",
        "/Interpolate",
        "/Intent",
        "/SMaskInData",
        "/Matte",
        "/Filter",
        "/DecodeParms",
        "/Length",
        "/F",
    )
)
#: Keys that say something about an object rather than being needed to draw it.
_ASIDE = (
    "/Metadata", "/PieceInfo", "/LastModified", "/StructParent", "/StructParents", "/OC", "/AF", "/OPI", "/Alternates",
    "/Ref", "/Measure", "/PtData", "/Properties", "/CIDSet", "/CharSet",
)  # fmt: skip
_FORM = frozenset(
    ("/Type", "/Subtype", "/FormType", "/BBox", "/Matrix", "/Resources", "/Group", "/Length", "/Filter", "/DecodeParms")
)
_FONT = frozenset(
    ("/Type", "/Subtype", "/BaseFont", "/FirstChar", "/LastChar", "/Widths", "/FontDescriptor", "/Encoding",
     "/ToUnicode", "/DescendantFonts", "/CIDSystemInfo", "/DW", "/W", "/DW2", "/W2", "/CIDToGIDMap", "/FontBBox",
     "/FontMatrix", "/CharProcs", "/Resources")
)  # fmt: skip
_FONTS = frozenset(("/Type0", "/Type1", "/MMType1", "/TrueType", "/Type3", "/CIDFontType0", "/CIDFontType2"))
_RESOURCES = frozenset(("/Font", "/XObject", "/ExtGState", "/ColorSpace", "/Pattern", "/Shading", "/ProcSet"))
_STATE = frozenset(
    ("/Type", "/LW", "/LC", "/LJ", "/ML", "/D", "/RI", "/OP", "/op", "/OPM", "/Font", "/BG", "/BG2", "/UCR", "/UCR2",
     "/TR", "/TR2", "/HT", "/FL", "/SM", "/SA", "/BM", "/SMask", "/CA", "/ca", "/AIS", "/TK", "/BlackPtComp")
)  # fmt: skip
_TRAILER = frozenset(("/Root", "/Size", "/Prev", "/XRefStm", "/Encrypt"))
#: names of inks that say nothing
_INK = re.compile(r"/(?!.*\d{5})[A-Za-z][A-Za-z0-9 _+.-]{0,30}", re.ASCII)
_HOLDERS = (pikepdf.Dictionary, pikepdf.Array, pikepdf.Stream)
_MAX_DEPTH = 200


def scrub(pdf: pikepdf.Pdf) -> None:
    """Take everything off that pages do not need to be shown."""
    _only(pdf.Root, _ROOT)
    _nodes(pdf.Root.Pages, 0)
    for page in pdf.pages:
        _only(page.obj, _PAGE)
    _only(pdf.trailer, _TRAILER)
    seen: set[tuple[int, int]] = set()
    for page in pdf.pages:
        _resources(page.obj.get("/Resources"))
        stack: list[Any] = [page.obj.get("/Resources"), page.obj.get("/Group")]
        while stack:
            stack.extend(_cleaned(stack.pop(), seen))


def _only(node: Any, allowed: frozenset[str]) -> None:
    for key in list(node.keys()):
        if key not in allowed:
            del node[key_name(key)]


def _nodes(node: Any, depth: int) -> None:
    _only(node, _NODE)
    for child in node.get("/Kids", ()):
        if depth < _MAX_DEPTH and child.get("/Type") == "/Pages":
            _nodes(child, depth + 1)


def _cleaned(thing: Any, seen: set[tuple[int, int]]) -> list[Any]:
    """Clean one object and return what it holds."""
    if not isinstance(thing, _HOLDERS):
        return []
    if thing.is_indirect:
        if thing.objgen in seen:
            return []
        seen.add(thing.objgen)
    if isinstance(thing, pikepdf.Array):
        _inks(thing)
        return [item for item in thing if isinstance(item, _HOLDERS)]
    for key in _ASIDE:
        if key in thing:
            del thing[key]
    kind = thing.get("/Subtype")
    if isinstance(thing, pikepdf.Stream) and kind == "/Image":
        _only(thing, _IMAGE)
        _plain_jpeg(thing)
    elif isinstance(thing, pikepdf.Stream) and kind == "/Form":
        _only(thing, _FORM)
    elif isinstance(kind, pikepdf.Name) and str(kind) in _FONTS and not isinstance(thing, pikepdf.Stream):
        _only(thing, _FONT)
    _resources(thing.get("/Resources"))
    return [value for _, value in thing.items() if isinstance(value, _HOLDERS)]


def _resources(resources: Any) -> None:
    """Leave in a resource dictionary the kinds of things that content can name, and graphics states bare."""
    if not isinstance(resources, pikepdf.Dictionary):
        return
    _only(resources, _RESOURCES)
    states = resources.get("/ExtGState")
    for state in states.values() if isinstance(states, pikepdf.Dictionary) else ():
        if isinstance(state, pikepdf.Dictionary):
            _only(state, _STATE)


def _inks(space: Any) -> None:
    """Give inks of Separation and DeviceN colour spaces plain names: screens show the alternate colour anyway."""
    if len(space) < 4 or space[0] not in ("/Separation", "/DeviceN"):
        return
    if space[0] == "/Separation":
        if not _INK.fullmatch(str(space[1])):
            space[1] = pikepdf.Name("/Spot")
        return
    if isinstance(space[1], pikepdf.Array):
        for number, ink in enumerate(space[1]):
            if not _INK.fullmatch(str(ink)):
                space[1][number] = pikepdf.Name(f"/Spot{number}")
    while len(space) > 4:  # attributes repeat the names
        del space[4]


def _plain_jpeg(stream: Any) -> None:
    """Take EXIF, XMP, thumbnails and comments out of a JPEG image."""
    filters = stream.get("/Filter")
    if isinstance(filters, pikepdf.Array) and len(filters) == 1:
        filters = filters[0]
    if filters == "/DCTDecode":
        data = bytes(stream.read_raw_bytes())
        plain = without_notes(data)
        if plain != data:
            stream.write(plain, filter=pikepdf.Name.DCTDecode, decode_parms=stream.get("/DecodeParms"))


def without_notes(data: bytes) -> bytes:
    """Return a JPEG without application segments (except JFIF, ICC, Adobe), comments and trailing bytes."""
    if data[:2] != b"\xff\xd8":
        return data
    out = bytearray(b"\xff\xd8")
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF:
            place += 1
            continue
        if marker == 0xDA:
            end = data.rfind(b"\xff\xd9")
            return bytes(out + (data[place : end + 2] if end > place else data[place:]))
        length = int.from_bytes(data[place + 2 : place + 4], "big")
        if not (marker == 0xFE or 0xE0 <= marker <= 0xEF) or marker in (0xE0, 0xE2, 0xEE):
            out += data[place : place + 2 + length]
        place += 2 + length
    return data
