"""Check one file in a fresh process; prints CPU seconds of the check and peak memory in MB as JSON."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from review import pipeline


def main() -> None:
    """Measure the file named on the command line."""
    path = Path(sys.argv[1])
    engine = pipeline.engine()
    pipeline.check("预热。".encode(), "a.txt", engine)
    begun = time.process_time()
    pipeline.check(path.read_bytes(), path.name, engine)
    print(json.dumps((time.process_time() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)))


if __name__ == "__main__":
    main()
