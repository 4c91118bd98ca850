"""How often something happened, with the interval that so many trials allow."""

__all__ = ["Rate"]

from dataclasses import dataclass

from scipy.stats import binomtest  # type: ignore[import-untyped]


@dataclass(frozen=True)
class Rate:
    """A share with Wilson's 95 % interval.

    Attributes:
        hits: how often it happened.
        total: of how many.
    """

    hits: int = 0
    total: int = 0

    def __add__(self, other: "Rate") -> "Rate":
        """Pool two counts."""
        return Rate(self.hits + other.hits, self.total + other.total)

    @property
    def interval(self) -> tuple[float, float]:
        """The lower and upper end; from 0 to 1 if nothing was tried."""
        if not self.total:
            return 0.0, 1.0
        found = binomtest(self.hits, self.total).proportion_ci(method="wilson")
        return float(found.low), float(found.high)

    def __str__(self) -> str:
        """Say it in words.

        Example:
            >>> print(Rate(0, 127))
            0 of 127 (95 % interval 0.0 to 2.9 %)
        """
        if not self.total:
            return "not measured: there was nothing to compare"
        low, high = self.interval
        return f"{self.hits} of {self.total} (95 % interval {100 * low:.1f} to {100 * high:.1f} %)"
