"""Memory by workers, seconds a submission by the size of the class, and the start: of ours alone.

PYTHONPATH=. python benchmarks/grading/scale.py [--sizes 100 300 1000] [--out scale.json]
"""

import argparse
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from speed import Ours

_PLAIN = [number for number in range(40) if number % 10 != 3]  # those that do not train


def main() -> None:
    """Print and keep the figures."""
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=shape)
    parser.add_argument("--sizes", type=int, nargs="*", default=[100, 300, 1000])
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("scale.json"))
    options = parser.parse_args()
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="coursekit-scale-") as name:
        ours = Ours(Path(name))
        runs = [(workers, 10) for workers in options.workers] + [(None, size) for size in options.sizes]
        for workers, size in runs:
            numbers = [40 * (at // len(_PLAIN)) + _PLAIN[at % len(_PLAIN)] for at in range(size)]
            took = ours.run(numbers, workers, note=f"{workers}-{size}-")
            row = {
                "workers": workers or os.cpu_count(), "submissions": size, "wall": round(took.wall, 1),
                "cpu": round(took.cpu, 1), "first after": took.first and round(took.first, 1),
                "memory MB": round(took.memory), "load": round(os.getloadavg()[0], 1), "code": took.code,
            }  # fmt: skip
            print(json.dumps(row), flush=True)
            found.append(row)
            options.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
