"""The command line: exit codes, one line on stderr, and never a traceback for a user's mistake."""

import subprocess
import sys
from pathlib import Path

import pytest

from coursekit import __version__
from coursekit._check import CourseError
from coursekit.cli import main
from coursekit.cli.main import COMMANDS

Capture = pytest.CaptureFixture[str]


def test_help_names_every_command(capsys: Capture) -> None:
    assert main(["--help"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert all(f"coursekit {name}" in out for name in COMMANDS)
    assert main([]) == 2
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.endswith(f"coursekit {__version__}\n")


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        (["dat"], 2, "coursekit: command must be one of .*; got 'dat' .did you mean 'data'"),
        (["data"], 2, "coursekit: coursekit data: the following arguments are required: list.fetch"),
        (["data", "fetch"], 2, "required: name .see `coursekit data fetch --help`"),
        (["data", "fetch", "minst"], 1, "data set to fetch must be one of mnist, .* .did you mean 'mnist'"),
        (["data", "--what"], 2, "coursekit data"),
    ],
)
def test_mistakes_are_one_line(line: list[str], code: int, message: str, capsys: Capture) -> None:
    import re

    assert main(line) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert re.search(message, err)


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (CourseError("the disk\nis wet"), 1, "coursekit: the disk is wet\n"),
        (OSError(28, "No space left on device", "/x/y"), 1, "coursekit: No space left on device: /x/y\n"),
        (PermissionError(13, "Permission denied"), 1, "coursekit: Permission denied\n"),
        (OSError("cannot write"), 1, "coursekit: cannot write\n"),
        (ValueError("n must be 3; got 4"), 1, "coursekit: n must be 3; got 4\n"),
        (
            ModuleNotFoundError("No module named 'nbgrader'", name="nbgrader"),
            1,
            "coursekit: this command needs the package 'nbgrader', which is not installed: "
            "run `make book` once\n",
        ),
        (KeyboardInterrupt(), 130, "coursekit: interrupted\n"),
        (ValueError(), 1, "coursekit: ValueError\n"),
    ],
)
def test_errors_become_one_line_and_a_code(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, error: BaseException, code: int, told: str
) -> None:
    def failing(_: list[str]) -> int:
        raise error

    monkeypatch.setattr("coursekit.cli.data.main", failing)
    assert main(["data"]) == code
    assert capsys.readouterr().err == told


def test_programming_errors_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: list[str]) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr("coursekit.cli.data.main", broken)
    with pytest.raises(ZeroDivisionError):
        main(["data"])


def test_codes_of_commands_and_of_argparse_are_handed_on(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    assert main(["data", "--help"]) == 0
    assert "fetch" in capsys.readouterr().out
    monkeypatch.setattr("coursekit.cli.data.main", lambda _: 7)
    assert main(["data"]) == 7
    monkeypatch.setattr("coursekit.cli.data.main", lambda _: None)
    assert main(["data"]) == 0


def test_list_tells_what_is_ready(capsys: Capture) -> None:
    assert main(["data", "list"]) == 0
    out = capsys.readouterr().out
    assert "digits         ready, 1,797 images of 64 pixels" in out
    assert "mnist5k        ready, 5,000 images of 784 pixels" in out
    assert "run `coursekit data fetch mnist` once" in out


def test_every_command_exists() -> None:
    import importlib

    for target, _ in COMMANDS.values():
        module, function = target.split(":")
        assert callable(getattr(importlib.import_module(module), function))


def test_as_a_process(tmp_path: Path) -> None:
    line = [sys.executable, "-m", "coursekit", "data", "fetch", "cora"]
    done = subprocess.run(line, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 1
    assert done.stderr == "coursekit: data set to fetch must be one of mnist, fashion_mnist; got 'cora'\n"
    assert "Traceback" not in done.stderr
