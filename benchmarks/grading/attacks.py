"""The attack table: every hostile submission through nbgrader, otter and this project's judge.

    PYTHONPATH=. python benchmarks/grading/attacks.py --grader nbgrader --environment VENV --results FILE

With `--only NAME` it is that attack alone.

Each attack stands between two honest students; peers run inside a throw-away wall of their own.
It needs root, for the layer over the peers' environment, and control groups for processes.
"""

__all__ = ["outcomes"]

import argparse
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from classes import CLASSES, NOT_FOR, every_attack
from forged import FORGED, Forged
from worlds import PLANTED, WHO, Nbgrader, Otter

from tests.grading.judging.attacks import Attack
from tests.grading.judging.toy import POINTS, SECRET, graded, released

FULL = dict.fromkeys(graded(released()), POINTS)


def outcomes(
    attack: Attack | Forged, scores: Mapping[str, Mapping[str, float]], told: list[dict[str, Any]],
    shown: str, *, alone: bool,
) -> list[str]:  # fmt: skip
    """Return what came of an attack.

    Args:
        attack: with the answers that deserve nothing.
        scores: by student and answer.
        told: how the grader's commands ended; one is missing where the harness itself was ended.
        shown: all that the attacker's code got to see.
        alone: whether each student is graded by a command of its own.
    """
    first, own, after = (scores.get(who) for who in WHO)
    found = []
    lost, spoilt = attack.lost.split(), attack.may_lose.split()
    if own and any(own.get(name, 0) > (0 if name in lost else most) for name, most in FULL.items()):
        found.append("undeserved points")
    if PLANTED in shown or SECRET in shown or "noted" in shown:  # the last: hidden inputs
        found.append("leaked")
    if first is None or any(first.get(name) != most for name, most in FULL.items()):
        found.append("other student harmed")
    hung = bool(told) and told[0]["code"] is None
    if not told or (hung and alone) or (after is None and not alone):
        found.append("batch stopped")
    elif after is None or any(after.get(name) != most for name, most in FULL.items()):
        found.append("other student harmed")
    deserved = [name for name in FULL if name not in lost and name not in spoilt]
    if deserved and (own is None or any(own.get(name, 0) < POINTS for name in deserved)):
        found.append("ungraded")
    if told and told[0].get("alive"):
        found.append("alive afterwards")
    return list(dict.fromkeys(found)) or ["held"]


def of_peer(grader: Nbgrader | Otter, name: str, attack: Attack | Forged, folder: Path) -> dict[str, Any]:
    """Run one attack on a peer."""
    world = folder / f"world-{type(grader).__name__.lower()}"
    subprocess.run(["umount", "-lq", str(world / "environment")], check=False)  # of a run that was cut off
    shutil.rmtree(world, ignore_errors=True)
    begun = time.monotonic()
    scores, told = grader.grade(world, attack)
    said = world / "out" / "said"
    shown = said.read_text("utf-8", errors="replace") if said.exists() else ""
    found = outcomes(attack, scores, told, shown, alone=isinstance(grader, Otter))
    shutil.rmtree(world, ignore_errors=True)
    seconds = round(time.monotonic() - begun, 1)
    return {"name": name, "outcomes": found, "seconds": seconds, "scores": scores, "told": told}


def in_order() -> list[str]:
    """Return the attacks, the first of each class first: a run that is cut off has seen them all."""
    longest = max(map(len, CLASSES.values()))
    return [names[place] for place in range(longest) for names in CLASSES.values() if place < len(names)]


def main() -> None:
    """Run what the file of results does not hold yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grader", choices=("nbgrader", "otter", "ours"), required=True)
    parser.add_argument("--environment", type=Path, default=Path(__file__).parents[1] / ".venv-grading")
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--only", action="append")
    options = parser.parse_args()
    done = {}
    if options.results.exists():
        done = {row["name"]: row for row in map(json.loads, options.results.read_text().splitlines())}
    attacks, folder = every_attack(), Path(tempfile.gettempdir()) / "coursekit-attacks"
    folder.mkdir(exist_ok=True)
    if options.grader == "ours":
        from ours import Ours  # its walls are needed for this one only
        from whole import Whole

        grader, whole = Ours(), Whole()
    else:
        kind = Nbgrader if options.grader == "nbgrader" else Otter
        grader = kind(options.environment.absolute(), folder)
    for name in options.only or in_order():
        if name in done or name in NOT_FOR[options.grader]:
            continue
        if name in FORGED and options.grader == "ours":
            row = whole.run(name, FORGED[name])
        elif options.grader == "ours":
            row = grader.run(name, attacks[name])
        else:
            row = of_peer(grader, name, attacks[name], folder)
        print(f"{row['seconds']:6.1f} s  {name}: {', '.join(row['outcomes'])}", flush=True)
        with options.results.open("a") as file:
            file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
