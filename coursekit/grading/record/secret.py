"""The seed that an assignment's hidden inputs are drawn from."""

__all__ = ["secret"]

import json
import secrets
from pathlib import Path

from coursekit._write import write_whole


def secret(root: Path, assignment: str) -> int:
    """Return the seed of an assignment's inputs: drawn once, kept beside the gradebook for its owner.

    Args:
        root: the course's folder.
        assignment: its name.
    """
    path = root / ".nbgrader" / f"seed-{assignment}.json"
    try:
        return int(json.loads(path.read_text("utf-8"))["seed"])
    except FileNotFoundError:
        write_whole(path, json.dumps({"seed": secrets.randbits(62)}), mode=0o600, keep=True)
        return secret(root, assignment)
