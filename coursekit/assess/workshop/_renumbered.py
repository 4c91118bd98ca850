"""What the notebook of every variant says differently, where its data come from a seed."""

__all__ = ["renumbered"]


def renumbered(count: str, variant: int, *, seeded: str = "default_rng") -> tuple[tuple[str, str], ...]:
    """Return what a variant's notebook says in place of the original; every text must stand in it.

    Args:
        count: the number of steps that the title names, as a word.
        variant: 1 or more.
        seeded: the function whose seed becomes the variant.
    """
    return (
        (f"in {count} steps", f"in {count} steps (variant {variant})"),
        (f"{seeded}(0)", f"{seeded}({variant})"),
    )
