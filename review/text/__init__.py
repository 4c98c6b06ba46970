"""Normalise text without losing where it came from, read it in other ways, and lead positions back.

Document.text is the source (all runs joined) after

* removal of invisible characters: zero-width, bidi and other format characters, variation selectors, controls;
* NFKC, with the CJK radicals that NFKC forgets (⻔ → 门), except where it would make a digit that sticks to a
  neighbour (① ² ½ ⒈ stay: ``联系人①138…`` must not become a longer number);
* CR, CRLF and every other line end → LF;
* traditional → simplified, character by character (OpenCC t2s), so lengths never change;
* repair of scraped pages: pinyin notes (關(guān)于) and GBK pairs torn apart by them, only where a text shows them.

Every character keeps the half-open source range that it stands for. Removed characters belong to the character
before them (at the start of a block: after them), so that a redaction takes them along. Nothing merges across
block borders.

Two further views are aligned to Document.text: ``digits`` for numbers in disguise, ``tight`` for marks in disguise.
"""

from review.text._compose import compact, compose, normalise
from review.text._digits import digits
from review.text._places import cuts, source_span, stored, widen
from review.text._tight import tight

__all__ = ["compact", "compose", "cuts", "digits", "normalise", "source_span", "stored", "tight", "widen"]
