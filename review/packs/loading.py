"""``load``: a pack from its files, or from the copy that was compiled of the very same files before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from review import cache, paths, types
from review.errors import PackInvalid
from review.packs import compiled
from review.packs.sources import File, digest_of, read_files
from review.types import RulePack

#: Units' own packs: the name of the folder and its files.
Extra = Sequence[tuple[str, Sequence[File]]]


def load(folder: Path = paths.RULES, extra: Sequence[Path] = (), review_date: date | None = None) -> RulePack:
    """Return the pack in ``folder`` with the units' own packs in ``extra``; raises ``PackInvalid``.

    ``review_date`` (default today) decides which provisions are in force. An extra pack can only add rules,
    lexicons, provisions and negative-list entries: it cannot let anything pass.
    """
    day = review_date or date.today()
    files = read_files(folder)
    if "pack.yaml" not in {file.name for file in files}:
        raise PackInvalid(f"规则包不完整：{folder} 里没有 pack.yaml。请检查安装或规则包位置。")
    added = [(own.name, read_files(own)) for own in extra]
    return compiled.loads(
        cache.on_disk("pack", _sources(files, added, day), lambda: compiled.dumps(_compile(files, added, day)))
    )


def _compile(files: Sequence[File], extra: Extra, day: date) -> RulePack:
    from review.packs.loader import compile_pack  # YAML and pydantic take longer to import than the pack to read

    return compile_pack(files, extra, day)


def _sources(files: Sequence[File], extra: Extra, day: date) -> list[bytes]:
    code = cache.code(*sorted(Path(__file__).parent.glob("*.py")), Path(types.__file__))
    texts = (part for name, own in [("", files), *extra] for file in own for part in (name, file.name, file.text))
    return [*code, day.isoformat().encode(), *(text.encode("utf-8", "surrogatepass") for text in texts)]


def digest(folder: Path = paths.RULES, extra: Sequence[Path] = ()) -> str:
    """Return the digest of the pack that ``load`` would make, without making it."""
    return digest_of([*read_files(folder), *(file for n, own in enumerate(extra, 1) for file in _added(n, own))])


def _added(number: int, own: Path) -> list[File]:
    """The files of a unit's pack under the names that they have in the whole."""
    return [File(f"extra{number}/{file.name}", file.text) for file in read_files(own)]
