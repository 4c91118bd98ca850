"""Loss terms over data: the batches, their check, their means, and evaluation without training."""

__all__ = ["Batch", "LossFunction", "Means", "batches", "evaluate", "loss_terms", "own_loss"]

from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor, nn

from coursekit._check import check_generator, check_positive_int, check_same_length, describe

Batch = tuple[Tensor, ...]
LossFunction = Callable[[nn.Module, Batch, torch.Generator], Mapping[str, Tensor]]


def batches(data: Batch, batch_size: int) -> Iterator[Batch]:
    """Cut tensors into views of consecutive rows.

    Shape:
        data: each (N, ...); yields batches of (B, ...) each, the last one perhaps smaller.
    """
    for start in range(0, len(data[0]), batch_size):
        yield tuple(tensor[start : start + batch_size] for tensor in data)


def loss_terms(
    loss: LossFunction, model: nn.Module, batch: Batch, generator: torch.Generator
) -> dict[str, Tensor]:
    """Call the loss and check what it returned.

    Shape:
        batch: each (B, ...); the terms are scalars.

    Raises:
        ValueError: if a term is no scalar tensor, or none is called ``"loss"``.
    """
    terms = dict(loss(model, batch, generator))
    if "loss" not in terms:
        raise ValueError(f"loss must return a dict with the key 'loss'; got the keys {sorted(terms)}")
    for name, value in terms.items():
        if not isinstance(value, Tensor) or value.numel() != 1:
            raise ValueError(f"loss must return scalar tensors; got {describe(value)} for {name!r}")
    return terms


def own_loss(model: nn.Module, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
    """Hand a batch to the model's own loss: what ``fit`` needs of the models of this course.

    Args:
        model: has a method ``loss`` that returns a NamedTuple of scalars, one of them named ``loss``.
        batch: its arguments, such as x alone, or x and a condition.
        generator: source of noise, where the model has any.

    Shape:
        batch: each (B, ...); returns the terms by their names.
    """
    terms: dict[str, Tensor] = model.loss(*batch, generator=generator)._asdict()  # type: ignore[operator]
    return terms


class Means:
    """Running means of named scalars, weighted by the number of rows."""

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self._rows = 0

    def add(self, values: Mapping[str, float], rows: int) -> None:
        """Count a batch."""
        for name, value in values.items():
            self._sums[name] = self._sums.get(name, 0.0) + value * rows
        self._rows += rows

    def result(self) -> dict[str, float]:
        """Return the means over all rows."""
        return {name: total / self._rows for name, total in self._sums.items()}


def evaluate(
    model: nn.Module, data: Batch, *, loss: LossFunction, generator: torch.Generator, batch_size: int = 1024
) -> dict[str, float]:
    """Return the mean loss terms over data, without gradients, the model in evaluation mode meanwhile.

    The generator's state is put back afterwards: looking at a run does not change it.

    Args:
        model: any module.
        data: tensors with equal first dimension, on the model's device.
        loss: as for :func:`~coursekit.train.fit`.
        generator: the noise of the loss.
        batch_size: rows at a time, at least 1.

    Shape:
        data: each (N, ...).

    Raises:
        TypeError: if an argument has a wrong type.
        ValueError: if the tensors differ in length or the loss returns no scalars.

    Example:
        >>> squares = lambda model, batch, generator: {"loss": (model(batch[0]) ** 2).mean()}
        >>> evaluate(nn.Identity(), (torch.ones(3, 1),), loss=squares, generator=torch.Generator())
        {'loss': 1.0}
    """
    check_same_length(data, "data")
    check_positive_int(batch_size, "batch_size")
    state, training, means = check_generator(generator).get_state(), model.training, Means()
    model.eval()
    try:
        with torch.no_grad():
            for batch in batches(data, batch_size):
                terms = loss_terms(loss, model, batch, generator)
                means.add({name: value.item() for name, value in terms.items()}, len(batch[0]))
    finally:
        model.train(training)
        generator.set_state(state)
    return means.result()
