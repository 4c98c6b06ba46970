"""Leave nothing in a PDF but what its pages show: allow-lists, not deny-lists."""

from __future__ import annotations

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
_HOLDERS = (pikepdf.Dictionary, pikepdf.Array, pikepdf.Stream)
_MAX_DEPTH = 200


def scrub(pdf: pikepdf.Pdf) -> None:
    """Take everything off that pages do not need to be shown."""
    _only(pdf.Root, _ROOT)
    _nodes(pdf.Root.Pages, 0)
    for page in pdf.pages:
        _only(page.obj, _PAGE)
    if "/Info" in pdf.trailer:
        del pdf.trailer["/Info"]
    if "/ID" in pdf.trailer:
        del pdf.trailer["/ID"]
    seen: set[tuple[int, int]] = set()
    for page in pdf.pages:
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
        return [item for item in thing if isinstance(item, _HOLDERS)]
    for key in _ASIDE:
        if key in thing:
            del thing[key]
    if isinstance(thing, pikepdf.Stream) and thing.get("/Subtype") == "/Image":
        _only(thing, _IMAGE)
        _plain_jpeg(thing)
    return [value for _, value in thing.items() if isinstance(value, _HOLDERS)]


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
