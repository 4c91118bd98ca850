"""The command `coursekit practice`: questions in a terminal, what was missed again in time."""

__all__ = ["main"]

import argparse
import io
import re
import shutil
import sys
import textwrap
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from coursekit._check import closest
from coursekit.assess import DrawnQuestion, Question, questions
from coursekit.assess.answer import read_numbers
from coursekit.assess.logbook import Logbook, default_path, load, load_results, save
from coursekit.assess.markup import to_text
from coursekit.assess.mastery import MASTERY
from coursekit.assess.practice import add_results, draw_fresh, next_question, note, open_draw, standing
from coursekit.assess.question import LETTERS, Marked
from coursekit.cli.parser import OneLineParser

_WIDEST = 100
_HOW = "? shows the worked steps and counts as missed, q ends."


def _say(markdown: str, lead: str = "") -> None:
    """Print Markdown as text, wrapped; lines with columns keep their form."""
    width = max(40, min(shutil.get_terminal_size().columns, _WIDEST))
    for line in (lead + to_text(markdown)).splitlines() or [""]:
        columns = re.search(r"\S {2,}\S", line[len(lead) :])
        hang = " " * (len(line) - len(line.lstrip())) or " " * len(lead)
        print(line if columns else textwrap.fill(line, width, subsequent_indent=hang, break_on_hyphens=False))


def _count(text: str) -> int:
    """Read a number of questions."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more; got {number}")
    return number


def _parser() -> OneLineParser:
    """Describe the command line."""
    parser = OneLineParser(prog="coursekit practice", description="Answer questions in the terminal.")
    parser.add_argument(
        "--chapter", action="append", default=[], help="such as exam/lecture-03; may be repeated"
    )
    parser.add_argument("--lecture", default="", help="numbers and ranges of lectures, such as 1-4 or 1,3")
    parser.add_argument("--questions", type=_count, metavar="K", help="stop after so many answers")
    parser.add_argument("--seed", type=int, help="the first seed to draw with (default: by chance)")
    parser.add_argument("--file", type=Path, help="where your answers are kept (default: your data folder)")
    parser.add_argument(
        "--fresh", action="store_true", help="ask whole draws: every question once, due or not"
    )
    parser.add_argument("--report", action="store_true", help="say where you stand and end")
    parser.add_argument(
        "--import", dest="results", type=Path, metavar="FILE", help="add what a page's quiz saved"
    )
    return parser


def _chapters(options: argparse.Namespace) -> dict[str, list[Question]]:
    """Return the questions asked for, by chapter; lectures in their order, then the other chapters."""
    by_chapter: dict[str, list[Question]] = {}
    for q in sorted(questions(), key=lambda q: (q.lecture is None, q.lecture or 0)):
        by_chapter.setdefault(q.chapter, []).append(q)
    for name in options.chapter:
        if name not in by_chapter:
            hint = closest(name, by_chapter)
            raise ValueError(f"chapter must be one of {', '.join(by_chapter)}; got {name!r}{hint}")
    wanted = set(options.chapter)
    if options.lecture:
        from coursekit.exam import lectures

        numbers = lectures(options.lecture)
        wanted |= {q.chapter for q in questions() if q.lecture in numbers}
    return {name: own for name, own in by_chapter.items() if not wanted or name in wanted}


def _when(due: datetime | None, now: datetime) -> str:
    """Say when a question comes again, in the time of this place."""
    if due is None:
        return "-"
    return "now" if due <= now else f"{due.astimezone():%Y-%m-%d %H:%M}"


def _table(book: Logbook, chapters: dict[str, list[Question]], *, whole: bool) -> None:
    """Print where the student stands, in chapters not begun only if the whole table is asked for."""
    now = datetime.now(UTC)
    rows = [standing(book, name, own) for name, own in chapters.items()]
    rows = rows if whole else [seen for seen in rows if seen.due is not None]
    if not rows:
        return
    print()
    wide = max(map(len, [*(seen.chapter for seen in rows), "chapter"]))
    print(f"{'chapter':{wide}}  {'last whole draw':15}  {'mastered':8}  {'this draw':9}  next due")
    for seen in rows:
        score = f"{seen.last.right} of {seen.last.total}, {seen.last.share:.0%}" if seen.last else "-"
        mastered = "-" if seen.last is None else "yes" if seen.last.mastered else "not yet"
        draw = f"{seen.answered} of {seen.total}"
        print(f"{seen.chapter:{wide}}  {score:15}  {mastered:8}  {draw:9}  {_when(seen.due, now)}")
    _say(
        "A draw holds the first answer to every question of the chapter, each with new numbers; "
        f"{MASTERY:.0%} right of a whole draw is mastery."
    )


def _readable(drawn: DrawnQuestion, text: str, marked: Marked) -> bool:
    """Tell whether a line is an answer at all; a slip of the keyboard is asked again, not counted."""
    if marked.correct or marked.slip:
        return True
    if drawn.kind == "choice":
        return text.strip().upper() in tuple(LETTERS[: len(drawn.options)])
    wanted = len(drawn.key.numbers)
    return len(read_numbers(text, single=wanted == 1) or ()) == wanted


def _ask(drawn: DrawnQuestion) -> Marked | None:
    """Ask one question and say the verdict; None to end."""
    _say(drawn.stem)
    if drawn.kind == "choice":
        for letter, option in zip(LETTERS, drawn.options, strict=False):
            _say(option.text, lead=f"  {letter}  ")
    _say(f"{drawn.prompt()} {_HOW}")
    while True:
        text = input("> ").strip()
        if text.lower() == "q":
            return None
        if text == "?":
            marked = Marked(False, "", drawn.link)
            break
        marked = drawn.mark(text)
        if _readable(drawn, text, marked):
            break
        _say(f"{marked.feedback} This was not counted: answer again.")
    if marked.feedback:
        _say(f"{'Right' if marked.correct else 'Wrong'}. {marked.feedback}")
    if not marked.correct:
        _solve(drawn)
    print(f"Read: {marked.link}\n")
    return marked


def _solve(drawn: DrawnQuestion) -> None:
    """Show the worked steps and the answer."""
    for step in drawn.steps:
        _say(step, lead="  - ")
    key = f"{drawn.letter}, {drawn.key.text}" if drawn.kind == "choice" else drawn.key.text
    _say(f"The answer is {key}.")


def _session(options: argparse.Namespace, path: Path, chapters: dict[str, list[Question]]) -> None:
    """Ask until nothing is left, enough was answered, or the student ends; save after every answer."""
    every = [q for own in chapters.values() for q in own]
    book = load(path)
    save(path, book)  # a place that cannot be written is told before the first question, not after it
    whole = iter([q for own in chapters.values() for q in open_draw(book, own)])
    for number in count(1):
        if options.questions is not None and number > options.questions:
            return
        template = next(whole, None) if options.fresh else next_question(book, every, datetime.now(UTC))
        if template is None:
            print("\nNothing is left for now; --fresh asks whole draws at any time.")
            return
        drawn = draw_fresh(template, book, options.seed)
        print(f"\nQuestion {number}: {template.id} ({template.chapter})")
        marked = _ask(drawn)
        if marked is None:
            return
        book = load(path)  # another window may have written meanwhile
        note(book, drawn, marked, datetime.now(UTC))
        save(path, book)


def _import(source: Path, path: Path) -> None:
    """Add what a page's quiz saved."""
    book = load(path)
    added, unknown = add_results(book, load_results(source), (q.id for q in questions()))
    save(path, book)
    others = f"; {unknown} to questions that are not here" if unknown else ""
    print(f"{source}: {added} new answer{'s' * (added != 1)}{others}")


def main(argv: Sequence[str]) -> int:
    """Practise, or say where a student stands.

    Args:
        argv: the arguments after the command's name.
    """
    options = _parser().parse_args(argv)
    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, io.TextIOWrapper):  # no letter of ours or of a student's may stop a session
            stream.reconfigure(errors="replace")
    chapters, path = _chapters(options), options.file or default_path()
    if options.results:
        _import(options.results, path)
    elif not options.report:
        try:
            _session(options, path, chapters)
        except (EOFError, KeyboardInterrupt):
            print()  # the line of the prompt ends here; every answer is saved
    _table(load(path), chapters, whole=options.report)
    return 0
