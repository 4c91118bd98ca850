"""Automatic changes of the engine's references that are right answers all the same, each with the reason."""

__all__ = ["survivors"]

_SURVIVORS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "accumulate": (
        (
            "total = [0.0] * len(parents)",
            "total = [0.0] * len(slopes)",
            "Parents and slopes have one entry a node each: either length will do.",
        ),
    ),
    "step": (
        (
            "error = (H @ W2 + b2 - d) / len(X)",
            "error = (H @ W2 + b2 - d) / len(d)",
            "The number of rows may be read off the inputs or off the targets.",
        ),
    ),
}


def survivors(step: str) -> dict[str, str]:
    """Return the names of the harmless changes of a step's reference, with reasons.

    Args:
        step: the part of the exercise's id after the slash.
    """
    return {f"{before}  ->  {after}": reason for before, after, reason in _SURVIVORS[step]}
