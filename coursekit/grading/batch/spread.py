"""Grading many submissions on many machines, with Dask's distributed scheduler.

Its traffic is pickled: whoever can speak to the scheduler can run code on every worker. So its workers must
be trusted machines of the grader's own, its ports closed to everybody else or guarded by TLS, and no
student's code ever speaks to it: that runs behind the walls of each worker.
"""

__all__ = ["Spread", "there", "tls"]

import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

from coursekit._check import CourseError
from coursekit.grading.batch.engine import Engine
from coursekit.grading.batch.walls import standing_walls
from coursekit.grading.judging.standing import house
from coursekit.grading.marking.mark import Marked, mark
from coursekit.grading.marking.task import Paper, Task, grader

_TRIES = 10  # a task that ran while a worker died is blamed for it, most often wrongly
_CACHE = Path.home() / ".cache" / "coursekit"


def there(task: Task, paper: Paper, key: str) -> Marked:
    """Grade a submission in a worker.

    Args:
        task: what it is graded against.
        paper: what was handed in.
        key: of the grader that asks; the worker's must be the same.

    Raises:
        CourseError: if the worker grades with other code, or has no walls.
    """
    if grader() != key:
        raise CourseError("a worker has another version of this package, or of what it grades with")
    kind = standing_walls(_CACHE, unsafe=task.unsafe)
    here = replace(task, walls=kind)  # the asking machine may have others, or none
    return mark(here, paper, house(task.whole_seconds, task.forbidden) if kind else None)


def tls(authority: str | None, certificate: str | None, key: str | None) -> Any:
    """Return what Dask needs to speak TLS, None if nothing was given.

    Args:
        authority: file with the certificate of the authority.
        certificate: file with the own one.
        key: file with the own key.

    Raises:
        CourseError: if only some of the three are given, or a file is missing.
    """
    given = [one for one in (authority, certificate, key) if one]
    if not given:
        return None
    missing = [one for one in given if not Path(one).is_file()]
    if len(given) < 3 or missing:
        raise CourseError(
            f"TLS needs three files: --tls-ca, --tls-cert and --tls-key; got {', '.join(given)}"
            + (f" of which {', '.join(missing)} can't be found" if missing else "")
        )
    from distributed.security import Security

    return Security(
        tls_ca_file=authority, tls_client_cert=certificate, tls_client_key=key, require_encryption=True
    )


class Spread(Engine):
    """Submissions on the workers of a scheduler.

    Args:
        address: of the scheduler, such as ``tls://host:8786``.
        security: certificates and key for TLS; none if None.

    Raises:
        CourseError: if there is no such scheduler, or it has no workers.
    """

    def __init__(self, address: str, security: Any = None) -> None:
        try:
            from distributed import Client
        except ModuleNotFoundError:
            raise CourseError("--scheduler needs Dask: pip install 'coursekit[cluster]'") from None
        for name in [name for name in logging.root.manager.loggerDict if name.startswith("distributed")]:
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what went wrong is said here, in one line
        try:
            self._client = Client(address, security=security, timeout=15)
        except (OSError, ValueError) as error:
            raise CourseError(f"no scheduler answers at {address}: {error}") from None
        threads = sum(self._client.nthreads().values())
        if not threads:
            self._client.close()
            raise CourseError(f"the scheduler at {address} has no workers: start `dask worker {address}`")
        self._ahead = 2 * threads

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the scheduler; what it has in hand is given up."""
        self._client.close(timeout=5)

    def prepare(self, seconds: float, forbidden: Iterable[str]) -> None:
        """Do nothing: each worker puts up walls of its own; see ``Engine``."""

    def marked(self, task: Task, papers: Iterable[Paper]) -> Iterator[Marked]:
        """Yield verdicts as they are done; see ``Engine``.

        Raises:
            CourseError: if the scheduler is lost; what was graded is kept.
        """
        from distributed import CancelledError, KilledWorker, as_completed

        left, key = iter(papers), grader()

        def begin(number: int) -> list[Any]:
            # The task goes with each submission: laid on workers once, it would be lost with them.
            return [
                self._client.submit(there, task, paper, key, pure=False, retries=_TRIES)
                for paper in islice(left, number)
            ]

        try:
            running = as_completed(begin(self._ahead))
            for future in running:
                yield future.result()
                running.update(begin(1))
        except (OSError, RuntimeError, TimeoutError, CancelledError, KilledWorker) as error:
            raise CourseError(
                f"the scheduler or its workers were lost ({type(error).__name__}: {error}); "
                "what was graded is kept: run the same command again"
            ) from error
