"""Running a submission so that nothing in it ends the run: dead kernels, endless loops, memory hogs."""

__all__ = ["SafeExecute"]

import asyncio
import sys
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from nbclient.util import run_sync
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader import utils
from nbgrader.preprocessors import Execute
from traitlets import Dict, Integer, Unicode

# exit() and quit() would end the kernel after the cell: as an ordinary SystemExit they end the cell only.
_SETUP = """
def _stop(*_):
    raise SystemExit("exit() ends this cell only")
get_ipython().user_ns.update(exit=_stop, quit=_stop)
del _stop
"""


_TIMEOUT = "this cell ran longer than allowed and was stopped; is there a loop that never ends?"


def _limits(memory_mb: int, cpu_seconds: int, file_mb: int) -> Callable[[], None]:
    """Return what a new kernel process does to itself before it starts."""

    def limit() -> None:
        import resource

        # DATA rather than AS: torch reserves address space that it never uses.
        for kind, amount in (
            (resource.RLIMIT_DATA, memory_mb << 20),
            (resource.RLIMIT_CPU, cpu_seconds),
            (resource.RLIMIT_FSIZE, file_mb << 20),
            (resource.RLIMIT_CORE, 0),
        ):
            resource.setrlimit(kind, (amount, amount))

    return limit


class SafeExecute(Execute):
    """``Execute`` that goes on after a dead or deaf kernel, and never leaves a test cell without a result."""

    shutdown_kernel = Unicode("immediate", help="A kernel that ignores interrupts is killed.").tag(
        config=True
    )
    memory_mb = Integer(2500, help="Memory of a kernel, in MiB (Linux).").tag(config=True)
    cpu_seconds = Integer(900, help="CPU seconds of a kernel.").tag(config=True)
    file_mb = Integer(200, help="Largest file that a kernel may write, in MiB.").tag(config=True)
    error_on_timeout = Dict(
        {
            "ename": "CellTimeoutError",
            "evalue": _TIMEOUT,
            "traceback": [f"CellTimeoutError: {_TIMEOUT}"],
        },
        help="What a cell that ran too long shows.",
    ).tag(config=True)
    max_restarts = Integer(4, help="Kernels that a submission may use up.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any = None, km: Any = None) -> tuple[NotebookNode, Any]:
        """Run all cells; whatever happens, every test cell that did not run gets an error.

        Args:
            nb: the notebook, changed in place.
            resources: nbgrader's.
            km: a kernel manager, or None for a new one.
        """
        self._replay: list[int] = []
        self._ran: set[int] = set()
        self._restarts = 0
        try:
            super().preprocess(nb, resources, km)
        except Exception as error:  # no kernel at all, or none left: what did not run did not pass
            self.log.error("the run ended early: %s", error)
        for index, cell in enumerate(nb.cells):
            if cell.cell_type == "code" and index not in self._ran:
                self._blame(cell, "NotRun", "This cell did not run: the notebook was stopped before it.")
        return nb, resources

    async def async_start_new_kernel(self, **kwargs: Any) -> None:
        """Start a kernel with limits on memory, CPU time and file size.

        Args:
            kwargs: handed on to the kernel manager.
        """
        if sys.platform != "win32":
            kwargs["preexec_fn"] = _limits(self.memory_mb, self.cpu_seconds, self.file_mb)
        await super().async_start_new_kernel(**kwargs)

    async def async_start_new_kernel_client(self) -> Any:
        """Connect to the kernel and take the sting out of ``exit()``."""
        client = await super().async_start_new_kernel_client()
        client.execute(_SETUP, silent=True)
        return client

    # nbclient calls these two by their synchronous names, which it has bound to its own versions.
    start_new_kernel = run_sync(async_start_new_kernel)
    start_new_kernel_client = run_sync(async_start_new_kernel_client)

    def preprocess_cell(self, cell: NotebookNode, resources: Any, index: int) -> tuple[NotebookNode, Any]:
        """Run one cell; if that costs the kernel, blame the cell, start another and bring it up to date.

        Args:
            cell: the cell.
            resources: nbgrader's.
            index: its position.
        """
        if cell.cell_type != "code":
            return cell, resources
        self._ran.add(index)
        try:
            super().preprocess_cell(cell, resources, index)
            # After a lack of memory the hog may still hold it: the other cells get a kernel without.
            deaf = self._starved(cell) or (self._timed_out(cell) and not self._answers())
        except Exception as error:  # DeadKernelError, CellTimeoutError and whatever else nbclient raises
            self._blame(cell, "KernelLost", _told(error))
            deaf = True
        if deaf:
            self._revive()
        elif not utils.is_grade(cell) and not utils.has_failed(cell):
            self._replay.append(index)
        if utils.is_grade(cell):
            self._quiet(cell)
        return cell, resources

    def _blame(self, cell: NotebookNode, name: str, message: str) -> None:
        """Give a cell an error output, which nbgrader reads as failed."""
        cell["outputs"] = [
            *cell.get("outputs", []),
            new_output("error", ename=name, evalue=message, traceback=[message]),
        ]

    def _quiet(self, cell: NotebookNode) -> None:
        """Turn stderr of a test cell into stdout: nbgrader takes any line on it for a failed test."""
        for output in cell.outputs:
            if output.output_type == "stream" and output.name == "stderr":
                output.name = "stdout"

    def _timed_out(self, cell: NotebookNode) -> bool:
        return any(output.get("ename") == "CellTimeoutError" for output in cell.outputs)

    def _starved(self, cell: NotebookNode) -> bool:
        errors = [output for output in cell.outputs if output.output_type == "error"]
        return any(e.ename == "MemoryError" or "allocate memory" in e.evalue for e in errors)

    def _answers(self) -> bool:
        """Tell whether the kernel still answers after an interrupt."""

        async def ask() -> bool:
            wanted = self.kc.kernel_info()
            try:
                while True:
                    reply = await asyncio.wait_for(self.kc.shell_channel.get_msg(), 3)
                    if reply["parent_header"].get("msg_id") == wanted:
                        return True
            except Exception:  # a timeout, or a channel that is gone
                return False

        return bool(run_sync(ask)())

    def _revive(self) -> None:
        """Start another kernel and run again what had worked; a cell that kills that one too is left out.

        Raises:
            RuntimeError: when the submission has used up its kernels.
        """
        while True:
            self._restarts += 1
            if self._restarts > self.max_restarts:
                raise RuntimeError(f"{self.max_restarts} kernels were lost")
            run_sync(self._async_cleanup_kernel)()
            self.km = self.create_kernel_manager()
            self.start_new_kernel()
            self.start_new_kernel_client()
            lost = self._run_again()
            if lost is None:
                return
            self._replay.remove(lost)

    def _run_again(self) -> int | None:
        """Run the cells that had worked, on copies; return the one at which the kernel was lost, or None."""
        for index in self._replay:
            original = self.nb.cells[index]
            try:
                self.execute_cell(deepcopy(original), index, store_history=True)
            except Exception:
                return index
            finally:
                self.nb.cells[index] = original
        return None


def _told(error: Exception) -> str:
    """Say what was lost in a line for the student."""
    if type(error).__name__ == "CellTimeoutError":
        return f"{_TIMEOUT[0].upper()}{_TIMEOUT[1:]}"
    return (
        "This cell ended the Python process (os._exit, a crash, or a limit on memory or CPU time). "
        "The other cells were graded in a new one."
    )
