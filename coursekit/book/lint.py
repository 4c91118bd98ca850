"""Rules of a chapter that can be read off its source."""

__all__ = ["lint"]

import ast
import re
import statistics
from collections.abc import Iterator

from coursekit.book.listings import listings
from coursekit.book.pages import Page

MEDIAN_LINES, MOST_LINES, SHARE, LIMIT = 4, 12, 0.9, 25
_SECTIONS = (
    "the problem", "the idea", "the experiment", "myth check", "when it fails", "practice", "micro-quiz",
    "further reading",
)  # fmt: skip
_FENCE = re.compile(r"^(`{3,}|:{3,})")
_INLINE = re.compile(r"`[^`]*`|\$[^$]*\$|\{[\w:-]+\}`[^`]*`|\[[^\]]*\]\([^)]*\)")
_ENDED = re.compile(r"[.!?][\"')*_]*\s+(?=[A-Z\"'(*_`$])")
_ABBREVIATED = re.compile(r"(?:e\.g|i\.e|et al|vs|cf|eq|fig|no)\.[\"')*_]*\s+$", re.IGNORECASE)
# A number that a run produces: a decimal, a percentage, or a count of nats or seconds.
_RESULT = re.compile(r"(?<![\w.])(?:\d+\.\d+(?!\.\d)|\d+(?:\.\d+)?\s?(?:%|percent|nats?\b|seconds?\b))")
_STATED = "<!-- stated -->"  # marks a line whose number is a definition, not a result


def _prose(text: str) -> Iterator[tuple[int, str]]:
    """Yield the numbered lines of a page that are read as prose: no code, mathematics, tables or options."""
    fence, front, math = "", text.startswith("---\n"), False
    for number, line in enumerate(text.splitlines(), start=1):
        if front:
            front = number == 1 or line != "---"
            continue
        mark = _FENCE.match(line.strip())
        if fence:
            fence = "" if line.strip() == fence else fence
            continue
        if mark and mark.group(1)[0] == "`" and line.strip() != mark.group(1):
            fence = (
                mark.group(1) if "code-cell" in line or "literalinclude" in line or "{" not in line else ""
            )
            continue
        if line.startswith("$$"):
            math = not math and line.count("$$") == 1
            continue
        if math or not line.strip() or mark or line.startswith((":", "#", "|", "(", "<!--")):
            continue
        yield number, line


def _typed_numbers(page: Page) -> Iterator[str]:
    for number, line in _prose(page.text):
        if line.rstrip().endswith(_STATED):
            continue
        if found := _RESULT.search(_INLINE.sub("", line)):
            yield (
                f"{page.slug}.md:{number}: the number {found.group().strip()!r} is typed; "
                f"glue it from the run, or end the line with {_STATED} if it is a definition"
            )


def _sentences(page: Page) -> Iterator[str]:
    for number, line in _prose(page.text):
        plain = _INLINE.sub("x", line).strip()
        ends = [m for m in _ENDED.finditer(plain) if not _ABBREVIATED.search(plain[: m.end()])]
        if ends and not plain.startswith(("-", "*", ">", "1", "2", "3", "4", "5")):
            yield f"{page.slug}.md:{number}: one sentence a line; this line holds {len(ends) + 1}"


def _cells(page: Page) -> Iterator[str]:
    sizes = [len(cell.splitlines()) for cell in page.cells]
    for index, size in enumerate(sizes, start=1):
        if size > LIMIT:
            yield f"{page.slug}.md: code cell {index} has {size} lines; at most {LIMIT}: move it to coursekit"
    middle = statistics.median(sizes or [0])
    if middle > MEDIAN_LINES:
        yield f"{page.slug}.md: the median code cell has {middle:g} lines; at most {MEDIAN_LINES}"
    if sizes and sum(size < MOST_LINES for size in sizes) < SHARE * len(sizes):
        yield f"{page.slug}.md: {SHARE:.0%} of the code cells must have fewer than {MOST_LINES} lines"


def _anatomy(page: Page) -> Iterator[str]:
    headings = [line[3:].strip().lower() for line in page.text.splitlines() if line.startswith("## ")]
    at = -1
    for wanted in _SECTIONS:
        place = next((n for n, heading in enumerate(headings) if heading.startswith(wanted)), None)
        if place is None or place < at:
            yield f"{page.slug}.md: needs the section '{wanted}' in the order {', '.join(_SECTIONS)}"
            return
        at = place
    first = page.cells[0] if page.cells else ""
    if not all(re.search(rf"^{name} = ", first, re.MULTILINE) for name in ("FAST", "SEED")):
        yield f"{page.slug}.md: the first code cell must set FAST and SEED"
    if "{chapter-head}" not in page.text:
        yield f"{page.slug}.md: needs a chapter-head directive"


def _figures(page: Page) -> Iterator[str]:
    """Every figure says what is to be seen: coursekit.plot calls carry alt=, images a text."""
    for index, cell in enumerate(page.cells, start=1):
        try:
            calls = [node for node in ast.walk(ast.parse(cell)) if isinstance(node, ast.Call)]
        except SyntaxError as error:
            yield f"{page.slug}.md: code cell {index} is not Python: {error.msg}"
            continue
        for call in calls:
            plotting = isinstance(call.func, ast.Attribute) and getattr(call.func.value, "id", "") == "plot"
            if plotting and not any(keyword.arg == "alt" for keyword in call.keywords):
                yield f"{page.slug}.md: code cell {index}: plot.{call.func.attr} needs alt="  # type: ignore[attr-defined]
        if "matplotlib" in cell or "plt." in cell:
            yield f"{page.slug}.md: code cell {index}: draw with coursekit.plot: alt text, two themes"
    for number, line in enumerate(page.text.splitlines(), start=1):
        if re.search(r"!\[\s*\]\(", line):
            yield f"{page.slug}.md:{number}: the image needs a text that says what is to be seen"


def lint(page: Page) -> list[str]:
    """Return every breach of the rules of a page, one line each.

    Args:
        page: a page of the book; the rules of chapters apply if it is executable.
    """
    rules = [_typed_numbers, _sentences, _figures, listings]
    rules += [_cells, _anatomy] if page.executable else []
    return [line for rule in rules for line in rule(page)]
