"""What a training run recorded, epoch by epoch."""

__all__ = ["History"]

from dataclasses import dataclass, field

from coursekit._check import check_choice, closest, require


@dataclass
class History:
    """The numbers of each finished epoch.

    Attributes:
        epochs: one dict an epoch: the means of the loss terms, ``val_...`` for the validation part, ``lr``.
        seconds: wall-clock time of all epochs, those before a resume included.
    """

    epochs: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0

    def __len__(self) -> int:
        """Return the number of finished epochs."""
        return len(self.epochs)

    def column(self, name: str) -> list[float]:
        """Return one number of every epoch.

        Args:
            name: such as ``"loss"`` or ``"val_loss"``.

        Raises:
            ValueError: if no epoch is recorded or the name is not; the message lists those that are.

        Example:
            >>> History([{"loss": 2.0}, {"loss": 1.5}]).column("loss")
            [2.0, 1.5]
        """
        require(self.epochs, f"history must hold an epoch to have a column {name!r}; got none")
        known = sorted(set.intersection(*(set(epoch) for epoch in self.epochs)))
        if name not in known:
            raise ValueError(f"column must be one of {', '.join(known)}; got {name!r}{closest(name, known)}")
        return [epoch[name] for epoch in self.epochs]

    def last(self, name: str) -> float:
        """Return one number of the last epoch.

        Raises:
            ValueError: as :meth:`column`.

        Example:
            >>> History([{"loss": 2.0}, {"loss": 1.5}]).last("loss")
            1.5
        """
        return self.column(name)[-1]

    def best_epoch(self, name: str, *, mode: str = "min") -> int:
        """Return the index, from 0, of the epoch with the smallest (or largest) number.

        Args:
            name: the column.
            mode: ``"min"`` or ``"max"``.

        Raises:
            ValueError: as :meth:`column`, or if the mode is another one.

        Example:
            >>> History([{"loss": 2.0}, {"loss": 1.5}, {"loss": 1.7}]).best_epoch("loss")
            1
        """
        check_choice(mode, "mode", ("min", "max"))
        values = self.column(name)
        return values.index(min(values) if mode == "min" else max(values))
