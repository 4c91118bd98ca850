"""Which pages must be read again although their source is unchanged: those whose run or data changed."""

__all__ = ["outdated", "remember"]

import hashlib
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from coursekit.book.execute import load_run
from coursekit.book.keys import ModuleGraph

_ATTRIBUTE = "coursekit_states"


def _digest(*paths: Path) -> str:
    """Hash files, missing ones as empty."""
    whole = hashlib.sha256()
    for path in paths:
        whole.update(path.read_bytes() if path.is_file() else b"")
    return whole.hexdigest()


def _states(root: Path, names: set[str]) -> dict[str, str]:
    """Return, for each page, a text that changes when the page must be read again."""
    ledger = _digest(*sorted((root / "ledger").rglob("*.yml")))
    status = _digest(root / "_build" / "status.json")
    package = hashlib.sha256("".join(ModuleGraph(root).digests.values()).encode()).hexdigest()
    # What makes up the pages themselves: this extension, and the words it puts into each of them.
    dress = _digest(*sorted((root / "coursekit" / "book").rglob("*.py")))
    states = {}
    for name in names:
        run = load_run(root, name)
        text = (root / f"{name}.md").read_text(encoding="utf-8") if (root / f"{name}.md").is_file() else ""
        parts = [dress, f"{run.key} {run.date}" if run else ""]
        parts += [ledger] if "{myth}" in text or "-ledger}" in text or "-table}" in text else []
        parts += [status] if "-table}" in text else []
        parts += [package] if "{quiz}" in text or "automodule" in text else []
        states[name] = " ".join(parts)
    return states


def outdated(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Return the pages to read again beyond those that Sphinx found.

    Args:
        app: the Sphinx application.
        env: its environment, which keeps the states of the last build.
        added: pages new to the book.
        changed: pages whose source changed.
        removed: pages that are gone.
    """
    del added, changed, removed
    now = _states(Path(app.srcdir), set(env.found_docs))
    before: dict[str, str] = getattr(env, _ATTRIBUTE, {})
    setattr(env, _ATTRIBUTE, now)
    return [name for name, state in now.items() if before.get(name) != state]


def remember(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget the state of a page that Sphinx purges, so that it counts as changed if it comes back.

    Args:
        app: the Sphinx application.
        env: its environment.
        docname: the page.
    """
    del app
    if docname not in env.found_docs:
        getattr(env, _ATTRIBUTE, {}).pop(docname, None)
