"""Where the product's own files lie: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).resolve().parent
_ROOT = _PACKAGE / "_assets" if (_PACKAGE / "_assets").is_dir() else _PACKAGE.parent

RULES = _ROOT / "rules"
MODELS = _ROOT / "models"
SAMPLES = _ROOT / "data" / "samples"
CORPUS = _ROOT / "data" / "corpus"

#: Name of the folder below ``home()`` with the unit's own rule pack.
UNIT = "unit"


def home() -> Path:
    """Folder of the operator's data: ``$REVIEW_HOME``, or the user's data folder. Not created here."""
    chosen = os.environ.get("REVIEW_HOME")
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_data_dir("prepub-review"))


def cache() -> Path:
    """Folder of what can be computed again: ``$REVIEW_CACHE``, or the user's cache folder. Not created here."""
    chosen = os.environ.get("REVIEW_CACHE")
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_cache_dir("prepub-review"))
