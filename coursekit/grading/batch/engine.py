"""Grading many submissions at once on this machine."""

__all__ = ["Engine", "Local", "cores"]

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from types import TracebackType
from typing import Self

from coursekit.grading.judging.standing import close, only
from coursekit.grading.marking.judge import House
from coursekit.grading.marking.mark import Marked, mark
from coursekit.grading.marking.task import Paper, Task


class Engine(ABC):
    """Whatever grades many submissions, in any order."""

    def __enter__(self) -> Self:
        """Begin."""
        return self

    @abstractmethod
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End, with everything that was begun."""

    @abstractmethod
    def prepare(self, seconds: float, forbidden: Iterable[str]) -> None:
        """Begin to make ready what grading needs.

        Args:
            seconds: of processor time for a submission.
            forbidden: modules that it does without.
        """

    @abstractmethod
    def marked(self, task: Task, papers: Iterable[Paper]) -> Iterator[Marked]:
        """Yield verdicts as they are done.

        Args:
            task: what all are graded against.
            papers: what was handed in; taken as they are needed.
        """


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Local(Engine):
    """Submissions side by side on this machine: a thread drives each, and its code runs in other processes.

    Args:
        workers: how many at a time.
        walled: whether there are walls to put up.
    """

    def __init__(self, workers: int, *, walled: bool = True) -> None:
        self._walled = walled
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="grading")
        self._ahead = workers + 1

    def prepare(self, seconds: float, forbidden: Iterable[str]) -> None:
        """Begin to put up the walls, while other things are made ready; see ``Engine``."""
        if self._walled:
            self._pool.submit(only, seconds, tuple(forbidden))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End; what runs is stopped where the command is."""
        if kind is not None:
            close()
        self._pool.shutdown(cancel_futures=True)

    def marked(self, task: Task, papers: Iterable[Paper]) -> Iterator[Marked]:
        """Yield verdicts as they are done; see ``Engine``."""
        walls: House = only(task.whole_seconds, task.forbidden) if task.walls else None
        left, running = iter(papers), set[Future[Marked]]()
        while True:
            fresh = islice(left, self._ahead - len(running))
            running |= {self._pool.submit(mark, task, paper, walls) for paper in fresh}
            if not running:
                return
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
