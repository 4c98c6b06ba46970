"""Check one file in a child of a fresh process, as the product does; prints its CPU seconds and peak memory in MB."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

from review import pipeline, sandbox
from review.cli.check import check_file


def main() -> None:
    """Measure the file named on the command line."""
    path = Path(sys.argv[1])
    engine = pipeline.engine()
    pipeline.check("预热。".encode(), "a.txt", engine)
    sandbox.run(check_file, path, engine, "", "", False)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(json.dumps((used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)))


if __name__ == "__main__":
    main()
