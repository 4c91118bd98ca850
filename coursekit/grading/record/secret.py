"""The seed that an assignment's hidden inputs are drawn from."""

__all__ = ["secret"]

import json
import os
import secrets
from pathlib import Path


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
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump({"seed": secrets.randbits(62)}, file)
        os.replace(part, path)
        return secret(root, assignment)
