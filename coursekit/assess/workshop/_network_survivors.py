"""Automatic changes of the network's references that are right answers all the same, with the reason."""

__all__ = ["survivors"]

_START = (
    "return {'W1': generator.normal(0, np.sqrt(2 / inputs), (inputs, hidden)), 'b1': np.zeros(hidden), "
    "'W2': generator.normal(0, np.sqrt(2 / hidden), (hidden, outputs)), 'b2': np.zeros(outputs)}"
)
_MEAN = "return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - right))"
_SYMMETRIC = "A normal draw is symmetric about zero: minus is as good as plus."
_NO_SIGN = "Zero has no sign."
_SURVIVORS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "initialise": (
        (_START, _START.replace("'W1': ", "'W1': -"), _SYMMETRIC),
        (_START, _START.replace("'b1': ", "'b1': -"), _NO_SIGN),
        (_START, _START.replace("'W2': ", "'W2': -"), _SYMMETRIC),
        (_START, _START.replace("'b2': ", "'b2': -"), _NO_SIGN),
    ),
    "loss": (
        (
            "right = shifted[np.arange(len(d)), d]",
            "right = shifted[np.arange(len(V)), d]",
            "The batch size may be read off the logits or off the labels.",
        ),
        (_MEAN, _MEAN.replace("float(", "")[:-1], "NumPy's own number is as good as a plain float."),
    ),
    "train": (
        (
            "order = generator.permutation(len(X))",
            "order = generator.permutation(len(d))",
            "X and d have as many rows.",
        ),
        (
            "for rows in np.split(order, range(batch_size, len(X), batch_size)):",
            "for rows in np.split(order, range(batch_size, len(d), batch_size)):",
            "X and d have as many rows.",
        ),
    ),
}


def survivors(step: str) -> dict[str, str]:
    """Return the names of the harmless changes of a step's reference, with reasons.

    Args:
        step: the part of the exercise's id after the slash.
    """
    return {f"{before}  ->  {after}": reason for before, after, reason in _SURVIVORS.get(step, ())}
