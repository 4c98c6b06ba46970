"""What is flagged, for comparing two versions: python -m tests.bench.speed.flags FOLDER... > before.jsonl

Run it before and after a change that should only make things faster, and compare the two files byte by byte.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from review import pipeline
from review.cli.check import files_of
from review.errors import ReviewError
from review.exporters import rows


def main() -> None:
    """Print one line a file."""
    engine = pipeline.engine()
    for path in files_of(map(Path, sys.argv[1:])):
        try:
            report = pipeline.check(path.read_bytes(), path.name, engine)
        except ReviewError as error:
            row = rows.error_row(path.name, error)
        else:
            row = rows.document_row(report, engine.pack, path.name)
        sys.stdout.write(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
