"""Running one notebook cell and noting what it shows, in order and within limits."""

__all__ = ["Cell", "Output", "Shell"]

import functools
import io
import os
import sys
from typing import Any

Output = dict[str, Any]

_MOST_TEXT, _MOST_FIGURES, _LARGEST_FIGURE, _LONGEST_TRACE = 100_000, 20, 2_000_000, 40
_ENDS = 10  # calls that an error names at either end of a long chain of them
_KINDS = ("text/plain", "text/markdown", "text/latex", "text/html", "image/png")


class Cell:
    """What a cell has shown so far; more than a reader wants is dropped, and that it was is said."""

    def __init__(self) -> None:
        self.outputs: list[Output] = []
        self._left, self._figures, self._cut = _MOST_TEXT, _MOST_FIGURES, False

    def write(self, name: str, text: str) -> None:
        """Note what was printed.

        Args:
            name: stdout or stderr.
            text: printed.
        """
        kept = text[: max(0, self._left)]
        self._left -= len(kept)
        if len(kept) < len(text) and not self._cut:
            self._cut = True
            kept += f"\n[more than {_MOST_TEXT:,} characters: the rest is left out]\n"
        last = self.outputs[-1] if self.outputs else {}
        if kept and last.get("name") == name:
            last["text"] += kept
        elif kept:
            self.outputs.append({"output_type": "stream", "name": name, "text": kept})

    def show(self, data: Any, *, result: bool = False) -> None:
        """Note what was displayed.

        Args:
            data: representations by kind.
            result: whether it is the value of the cell.
        """
        if self._figures > 0:
            self._figures -= 1
            kept = {
                kind: text for kind, text in dict(data).items()
                if kind in _KINDS and isinstance(text, str) and len(text) <= _LARGEST_FIGURE
            }  # fmt: skip
            self.outputs.append({"output_type": "execute_result" if result else "display_data", "data": kept})

    def fail(self, name: str, text: str, trace: Any) -> None:
        """Note an error.

        Args:
            name: its kind.
            text: its message.
            trace: its lines.
        """
        lines = [str(line)[:2000] for line in trace][-_LONGEST_TRACE:]
        found = {"output_type": "error", "ename": name[:200], "evalue": text[:2000], "traceback": lines}
        self.outputs.append(found)


class _Stream(io.TextIOBase):
    """A standard stream that writes into the cell."""

    encoding = "utf-8"

    def __init__(self, cell: Cell, name: str) -> None:
        self._cell, self._name = cell, name

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._cell.write(self._name, str(text))
        return len(text)


class Shell:
    """A notebook's Python without a kernel: IPython's cells, magics and displays, in this very process.

    Attributes:
        names: what the cells have defined.
    """

    def __init__(self) -> None:
        from IPython.core.history import HistoryManager
        from IPython.core.interactiveshell import InteractiveShell

        HistoryManager.enabled = False  # its thread would make a fork unsafe
        self._shell = InteractiveShell.instance()
        self._shell.colors = "nocolor"
        self._shell.enable_gui = _no_window
        self._shell.InteractiveTB.structured_traceback = _briefly(
            self._shell.InteractiveTB.structured_traceback
        )
        os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"  # as in a notebook's kernel
        self.names: dict[str, Any] = self._shell.user_ns
        self.names.update(exit=_stop, quit=_stop)
        for stale in ("Out", "In", "_oh", "_ih"):  # what a test cell shows must not be found by the next one
            self.names.pop(stale, None)

    def run(self, source: str) -> list[Output]:
        """Run a cell; whatever it raises is part of what it shows.

        Args:
            source: of the cell.
        """
        cell, shell = Cell(), self._shell
        shell.display_pub = _Publisher(cell)
        shell._showtraceback = lambda kind, error, lines: cell.fail(kind.__name__, str(error), lines)
        saved = sys.stdout, sys.stderr, shell.displayhook, shell.display_trap.hook
        hook = _hook()(shell=shell)
        hook.cell = None if source.rstrip().endswith(";") else cell
        shell.displayhook = shell.display_trap.hook = hook
        sys.stdout, sys.stderr = _Stream(cell, "stdout"), _Stream(cell, "stderr")
        try:
            shell.run_cell(source, store_history=False)
        except BaseException as error:  # an interrupt between two lines of IPython's own
            cell.fail(type(error).__name__, str(error), [f"{type(error).__name__}: {error}"])
        finally:
            sys.stdout, sys.stderr, shell.displayhook, shell.display_trap.hook = saved
        return cell.outputs


def _briefly(usual: Any) -> Any:
    """Return what tells of an error; of a long chain of calls its ends: a thousand would take seconds."""

    def told(kind: Any, error: Any, trace: Any, *args: Any, **kwargs: Any) -> Any:
        calls: list[Any] = []
        while trace is not None and len(calls) < sys.getrecursionlimit():
            calls.append(trace)
            trace = trace.tb_next
        if len(calls) > 2 * _ENDS:
            calls[_ENDS - 1].tb_next = calls[-_ENDS]
        return usual(kind, error, calls[0] if calls else None, *args, **kwargs)

    return told


def _no_window(*_: object) -> None:
    """Do nothing when %matplotlib asks for a window."""


def _stop(*_: object) -> None:
    """End the cell, not the process: what ``exit()`` means in a notebook."""
    raise SystemExit("exit() ends this cell only")


class _Publisher:
    """Where IPython sends what is displayed."""

    is_publishing = True

    def __init__(self, cell: Cell) -> None:
        self._cell = cell

    def publish(self, data: Any, *_: Any, **__: Any) -> None:
        self._cell.show(data)

    def clear_output(self, wait: bool = False) -> None:
        del wait

    def set_parent(self, *_: Any) -> None:
        return


@functools.cache
def _hook() -> Any:
    """Return the kind of what IPython does with the value of a cell."""
    from IPython.core.displayhook import DisplayHook

    class Hook(DisplayHook):
        cell: Cell | None = None  # that which shows the value; None for one that ends in a semicolon

        def __call__(self, result: Any = None) -> None:
            if result is not None and self.cell is not None:
                data, _ = self.compute_format_data(result)
                self.cell.show(data, result=True)
            if self.exec_result is not None:
                self.exec_result.result = result

    return Hook
