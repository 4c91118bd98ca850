"""`coursekit practice` driven through a pipe, as a student without a colour terminal would meet it."""

import io
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from coursekit.assess import question, questions
from coursekit.assess.markup import to_text
from coursekit.cli import main
from coursekit.cli.practice import _parser

Capture = pytest.CaptureFixture[str]
VAE = "generative/variational-autoencoders"
FIRST, CHOICE = (q.id for q in (questions(VAE)[0], questions(VAE)[1]))


class Terminal:
    """Runs the command with lines typed in; keeps the file of answers."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
        self.file, self.monkeypatch, self.capsys = folder / "answers.json", monkeypatch, capsys

    def run(self, *arguments: str, typed: str = "") -> str:
        """Return what stands on the screen; the command must end well."""
        self.monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        code = main(["practice", "--file", str(self.file), *arguments])
        out, err = self.capsys.readouterr()
        assert (code, err) == (0, "")
        return out

    def history(self, name: str) -> list[dict[str, Any]]:
        """Return the answers in the file."""
        told = json.loads(self.file.read_text("utf-8"))
        return list(told["questions"][name]["history"])


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> Terminal:
    monkeypatch.setenv("COLUMNS", "80")
    return Terminal(tmp_path, monkeypatch, capsys)


def key(name: str, seed: int) -> str:
    """Return what to type for the right answer."""
    drawn = question(name).draw(seed)
    return str(drawn.answer if drawn.kind == "choice" else ", ".join(map(repr, drawn.key.numbers)))


def test_right_wrong_and_given_up(terminal: Terminal) -> None:
    drawn = question(CHOICE).draw(5)
    wrong = next(o for o in drawn.options if not o.correct)
    letter = "ABCDEFGH"[drawn.options.index(wrong)]
    out = terminal.run("--chapter", VAE, "--seed", "5", typed=f"{key(FIRST, 5)}\n{letter.lower()}\n?\nq\n")
    assert f"Question 1: {FIRST} ({VAE})" in out
    assert "\n> Right. " in out
    flat = " ".join(out.split())
    assert " ".join(to_text(wrong.feedback).split()) in flat
    assert f"Read: {wrong.link}" in flat
    assert f"The answer is {drawn.letter}, " in flat
    assert flat.count("The answer is") == 2
    assert "\x1b" not in out
    lines = [
        line.removeprefix("> ") for line in out.splitlines()
    ]  # a pipe shows no line break after the prompt
    assert all(len(line) <= 80 for line in lines if "  " not in line.strip())
    names = [q.id for q in questions(VAE)[:3]]
    answers = [terminal.history(name) for name in names]
    assert [[(a["seed"], a["right"], a["slip"]) for a in one] for one in answers] == [
        [(5, True, "")], [(5, False, wrong.slip)], [(5, False, "")],
    ]  # fmt: skip
    assert re.search(rf"{VAE}  -  .*-  .*3 of {len(questions(VAE))}", out)


@pytest.mark.parametrize(
    "junk", ["", "nan", "inf", "1e999", "[[", "1 2 3 4", "None", "9" * 50_000, "\x00", "±1"]
)
def test_a_line_that_is_no_answer_is_told_why_and_asked_again(terminal: Terminal, junk: str) -> None:
    out = terminal.run(
        "--chapter", VAE, "--seed", "5", "--questions", "1", typed=f"{junk}\n{key(FIRST, 5)}\n"
    )
    assert "This was not counted: answer again." in " ".join(out.split())
    assert [one["right"] for one in terminal.history(FIRST)] == [True]


def test_end_of_input_keeps_what_was_answered(terminal: Terminal) -> None:
    terminal.run("--chapter", VAE, "--seed", "5", typed=f"{key(FIRST, 5)}\n0")
    assert len(terminal.history(FIRST)) == 1
    out = terminal.run("--chapter", VAE, typed="")
    assert f"Question 1: {CHOICE}" in out  # the first is not due, so the second comes


def test_a_whole_draw_is_mastered(terminal: Terminal) -> None:
    own = questions(VAE)
    lines = [key(q.id, 30) for q in own]
    out = terminal.run("--chapter", VAE, "--fresh", "--seed", "30", typed="\n".join([*lines, "q"]) + "\n")
    count = len(own)
    assert re.search(rf"{VAE} +{count} of {count}, 100% +yes +0 of {count}", out)
    assert "Nothing is left for now" in out
    lines = [key(q.id, 60) if n < 0.75 * count else "?" for n, q in enumerate(own)]
    out = terminal.run("--chapter", VAE, "--fresh", "--seed", "60", typed="\n".join(lines) + "\n")
    assert "not yet" in out
    assert "Nothing is left for now" in terminal.run("--chapter", VAE, "--questions", "3", typed="")


def test_report_writes_nothing(terminal: Terminal) -> None:
    out = terminal.run("--report", "--lecture", "1,3")
    assert [line.split()[0] for line in out.splitlines() if line.startswith("exam")] == [
        "exam/lecture-01", "exam/lecture-03",
    ]  # fmt: skip
    assert not terminal.file.exists()


def test_results_of_a_page_come_in(terminal: Terminal, tmp_path: Path) -> None:
    results = [{"question": q.id, "form": 0, "seed": 0, "right": True, "slip": ""} for q in questions(VAE)]
    told = {"version": 1, "chapter": VAE, "date": "2026-11-20T08:00:00Z", "results": results}
    (tmp_path / "quiz.json").write_text(json.dumps(told), "utf-8")
    out = terminal.run("--import", str(tmp_path / "quiz.json"))
    assert f"{len(results)} new answers" in out
    assert re.search("100% +yes", out)


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        (["--chapter", "exam/lecture-1"], 1, "chapter must be one of .*did you mean 'exam/lecture-"),
        (["--lecture", "99"], 1, "lectures must be among .* got '99'"),
        (["--lecture", "x"], 1, "lectures must be numbers and ranges"),
        (["--questions", "0"], 2, "argument --questions: must be 1 or more; got 0"),
        (["--questions", "many"], 2, "argument --questions: invalid"),
        (["--import", "nowhere.json"], 1, "nowhere.json is missing"),
        (["--file", "/proc/none/p.json"], 1, "coursekit: "),
    ],
)
def test_mistakes_are_one_line(
    line: list[str], code: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    monkeypatch.chdir(tmp_path)
    assert main(["practice", "--file", "p.json", *line]) == code
    _, err = capsys.readouterr()
    assert err.count("\n") == 1
    assert re.search(message, err)
    assert not (tmp_path / "p.json").exists()


def test_a_damaged_file_is_told_and_left_alone(terminal: Terminal) -> None:
    terminal.file.write_text(
        '{"format": "coursekit practice", "version": 1, "questions": {"a/b": 3}}', "utf-8"
    )
    before = terminal.file.read_bytes()
    for arguments in ([], ["--report"]):
        assert main(["practice", "--file", str(terminal.file), *arguments]) == 1
        out, err = terminal.capsys.readouterr()
        assert out == ""
        assert err.count("\n") == 1
        assert "question 'a/b', record must be a mapping; got int 3: mend it, or move it away" in err
    assert terminal.file.read_bytes() == before


def test_interrupt_and_odd_bytes_in_a_real_process(tmp_path: Path) -> None:
    file = tmp_path / "p.json"
    line = [
        sys.executable,
        "-m",
        "coursekit",
        "practice",
        "--chapter",
        VAE,
        "--seed",
        "5",
        "--file",
        str(file),
    ]
    environment = {"PATH": "", "PYTHONIOENCODING": "ascii", "HOME": str(tmp_path), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )
    if process.stdin is None or process.stdout is None:
        raise AssertionError("no pipes")
    process.stdin.write(b"\xff\xfe\n" + key(FIRST, 5).encode() + b"\n")
    process.stdin.flush()
    until = time.monotonic() + 60
    while not (file.exists() and FIRST in file.read_text("utf-8")) and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, b"")
    assert b"1 of " in out
    assert json.loads(file.read_text("utf-8"))["questions"][FIRST]["history"][0]["right"] is True


def test_options_are_explained() -> None:
    text = _parser().format_help()
    assert all(name in text for name in ("--chapter", "--lecture", "--questions", "--fresh", "--import"))
