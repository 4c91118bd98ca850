"""The data file of the attack table, and the table in Markdown, from the results of ``attacks.py``.

PYTHONPATH=. python benchmarks/grading/collect.py --results FOLDER --environment VENV
"""

import argparse
import json
import os
import subprocess
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from classes import CLASSES, NOT_FOR

ROOT = Path(__file__).parents[2]
GRADERS = ("ours", "nbgrader", "otter")


def versions(environment: Path) -> dict[str, str]:
    """Return what was measured, by name."""
    names = "('nbgrader', 'otter-grader')"
    code = f"import importlib.metadata as m, json; print(json.dumps({{n: m.version(n) for n in {names}}}))"
    found: dict[str, str] = json.loads(subprocess.check_output([environment / "bin" / "python", "-c", code]))
    line = ["git", "describe", "--always", "--dirty"]
    revision = subprocess.check_output(line, cwd=ROOT, text=True).strip()
    return {"coursekit": revision, **found, "Linux": os.uname().release}


def rows(results: Path) -> list[dict[str, Any]]:
    """Return the classes with their outcomes, counted by grader."""
    read = {}
    for grader in GRADERS:
        path = results / f"{grader}.jsonl"
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        read[grader] = {row["name"]: row["outcomes"] for row in map(json.loads, lines)}
    found = []
    for name, attacks in CLASSES.items():
        counted: dict[str, Any] = {}
        for grader in GRADERS:
            seen = [read[grader][one] for one in attacks if one in read[grader].keys() - NOT_FOR[grader]]
            counted[grader] = {"run": len(seen), **Counter(kind for kinds in seen for kind in kinds)}
        found.append({"name": name, "attacks": list(attacks), "outcomes": counted})
    return found


def told(outcome: dict[str, int]) -> str:
    """Return one cell of the table in Markdown."""
    rest = {kind: number for kind, number in outcome.items() if kind not in ("run", "held")}
    if not outcome["run"]:
        return "-"
    words = [f"held {outcome['held']}"] if outcome.get("held") else []
    return ", ".join([*words, *(f"**{kind}** {number}" for kind, number in rest.items())])


def main() -> None:
    """Write the file and print the table."""
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=shape)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--environment", type=Path, default=Path(__file__).parents[1] / ".venv-grading")
    parser.add_argument("--out", type=Path, default=ROOT / "coursekit" / "grading" / "measured.json")
    options = parser.parse_args()
    table = rows(options.results)
    lines = (options.results / "ours.jsonl").read_text("utf-8").splitlines()
    walls = json.loads(lines[0])["walls"]
    found = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"), "versions": versions(options.environment),
        "walls": walls, "graders": list(GRADERS), "classes": table,
    }  # fmt: skip
    options.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print("| attack class | submissions | ours | nbgrader | otter |\n| --- | --- | --- | --- | --- |")
    for row in table:
        cells = [told(row["outcomes"][grader]) for grader in GRADERS]
        seen = " / ".join(str(row["outcomes"][grader]["run"]) for grader in GRADERS)
        print(f"| {row['name']} | {seen} | {' | '.join(cells)} |")
    for grader in GRADERS:
        total: Counter[str] = Counter()
        for row in table:
            total.update(row["outcomes"][grader])
        print(grader, dict(total))


if __name__ == "__main__":
    main()
