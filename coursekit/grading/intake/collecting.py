"""From an inbox to one notebook for each student and task: which attempt, which notebook, under which id."""

__all__ = ["Report", "Taken", "collect"]

import hashlib
import os
import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from pathlib import Path

from coursekit._write import write_whole
from coursekit.grading.intake.gathering import Arrival, Gatherer
from coursekit.grading.intake.names import Owner, safe_id, tidy
from coursekit.grading.intake.notebooks import Read, read_notebook
from coursekit.grading.intake.rules import Log, Notice

_MOST_ALIKE = 5  # lines of one kind about one hand-in


@dataclass(frozen=True)
class Taken:
    """A notebook to be graded: student, notebook, time, the platform's number, the bytes and their origin.

    ``digest`` is the SHA-256 of the file as it came; ``path`` holds it, or the copy that can be graded.
    """

    student: str
    notebook: str
    stamp: str
    number: str
    file: str
    digest: str
    path: Path


@dataclass
class Report:
    """What came of an inbox: the notebooks taken, and a notice for each case that a rule decided."""

    taken: list[Taken] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Return the notices as lines, those for a human first."""
        groups: dict[tuple[bool, str, str, str], list[Notice]] = defaultdict(list)
        for one in sorted(self.notices, key=lambda one: one.file):
            groups[not one.human, one.student, one.file.split("/")[0], one.rule].append(one)
        lines = []
        for _, group in sorted(groups.items()):
            lines += [str(notice) for notice in group[:_MOST_ALIKE]]
            rest = len(group) - _MOST_ALIKE
            lines += [f"{replace(group[-1], file=f'{rest} more files')}"] if rest > 0 else []
        return lines

    @property
    def without(self) -> list[str]:
        """Students of whom something came and nothing could be taken: they need a state, not a 0."""
        named = {notice.student for notice in self.notices if notice.student}
        return sorted(named - {one.student for one in self.taken})


@dataclass(frozen=True)
class _Fit:
    """A notebook file beside the release: what it shares, and whether it can be read."""

    arrival: Arrival
    student: str
    digest: str
    notebook: str
    shared: tuple[int, int, int, float]
    readable: bool
    path: Path


def _marks(notebook: dict[str, object] | None) -> tuple[set[str], set[str], set[str]]:
    """Return the grade ids, cell ids and texts of a notebook."""
    cells = notebook["cells"] if notebook else []
    tags: set[str] = set()
    ids: set[str] = set()
    texts: set[str] = set()
    for cell in cells if isinstance(cells, list) else []:
        tags.add(str(cell["metadata"].get("nbgrader", {}).get("grade_id", "")))
        ids.add(cell["id"])
        texts.add(cell["source"].strip())
    return tags - {""}, ids, texts - {""}


class _Release:
    """The notebooks that were handed out."""

    def __init__(self, folder: Path | None) -> None:
        paths = sorted(folder.glob("*.ipynb")) if folder and folder.is_dir() else []
        self.marks = {tidy(path.stem): _marks(read_notebook(path.read_bytes()).notebook) for path in paths}

    def closest(self, stem: str, read: Read) -> tuple[str, tuple[int, int, int, float]]:
        """Return the released notebook that a file answers, and what they share."""
        tags, ids, texts = _marks(read.notebook)

        def shared(name: str) -> tuple[int, int, int, float]:
            known = self.marks[name]
            alike = SequenceMatcher(None, name.lower(), stem.lower()[-200:]).ratio()
            return len(known[0] & tags), len(known[1] & ids), len(known[2] & texts), alike

        name = max(self.marks, key=lambda name: (sum(shared(name)[:3]), shared(name)[3]))
        return name, shared(name)


def _identify(arrivals: Sequence[Arrival], roster: Mapping[str, str], log: Log) -> dict[Arrival, str]:
    """Return everyone's id; people whose names give the same one are kept apart."""

    def person(owner: Owner) -> tuple[str, str]:
        return owner.name.strip(), owner.number

    people: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for arrival in arrivals:
        people[safe_id(arrival.owner).casefold()].add(person(arrival.owner))
    found = {}
    for arrival in arrivals:
        owner, plain = arrival.owner, safe_id(arrival.owner)
        listed = next((roster[key] for key in (owner.number, owner.name, plain) if key in roster), None)
        if listed is not None:
            plain = safe_id(Owner(listed))
        elif len(people[plain.casefold()]) > 1:
            mark = hashlib.sha256("\0".join(person(owner)).encode("utf-8", "replace")).hexdigest()[:6]
            old, plain = plain, f"{plain}-{owner.number or mark}"
            log.add("same-id", arrival.file, plain, old)
        if plain != owner.name and owner.platform == "":
            log.add("id", arrival.file, plain)
        found[arrival] = plain
    return found


def _known_as(people: Mapping[Arrival, str]) -> dict[str, str]:
    """Return ids by the names that notices used before all were known; nothing for a name of two people."""
    ids: dict[str, set[str]] = defaultdict(set)
    for arrival, student in people.items():
        ids[safe_id(arrival.owner)].add(student)
    return {name: min(known) if len(known) == 1 else "" for name, known in ids.items()} | {
        student: student for student in people.values()
    }


def _examine(arrival: Arrival, student: str, release: _Release, stage: Path, log: Log) -> _Fit:
    """Read a file, note what the rules say of it, and make the copy that can be graded."""
    data = arrival.path.read_bytes()
    read, digest, path = read_notebook(data), hashlib.sha256(data).hexdigest(), arrival.path
    for rule, detail in read.notes:
        log.add(rule, arrival.file, student, detail)
    if read.rewrite:
        path = stage / f"copy-{digest}"
        path.write_bytes(read.dump())
    stem = arrival.stem
    if not release.marks:
        log.add("no-release", arrival.file, student)
        name = safe_id(Owner(stem.rsplit("_", 1)[-1]))
        return _Fit(arrival, student, digest, name, (0, 0, 0, 1.0), read.notebook is not None, path)
    name, shared = release.closest(stem, read)
    if not re.sub(r"[-_ ]?\(?\d{1,2}\)?$", "", tidy(stem)).casefold().endswith(name.casefold()):
        log.add("renamed", arrival.file, student, name)
    if read.notebook is not None and not any(shared[:3]):
        log.add("stranger", arrival.file, student, name)
    return _Fit(arrival, student, digest, name, shared, read.notebook is not None, path)


def _age(fit: _Fit) -> tuple[str, int, str]:
    """Return what attempts are ordered by: the name's stamp, the platform's order, the archive's time."""
    return fit.arrival.owner.stamp, fit.arrival.owner.order, fit.arrival.stamp


def _told_apart(one: _Fit, other: _Fit) -> bool:
    """Tell whether stamps of one kind say which of two attempts is newer."""
    pairs = zip(_age(one), _age(other), strict=True)
    first = next(((a, b) for a, b in pairs if a or b), ("", ""))
    return bool(first[0]) and bool(first[1]) and first[0] != first[1]


def _newest(fits: list[_Fit], log: Log) -> _Fit:
    """Return the attempt that counts, and say of each other one why it does not."""
    kept: list[_Fit] = []
    for fit in sorted(fits, key=lambda fit: (_age(fit), fit.arrival.file)):
        twin = next((one for one in kept if one.digest == fit.digest), None)
        if twin:
            log.add("same-file", twin.arrival.file, fit.student, fit.arrival.file)
            kept.remove(twin)
        kept.append(fit)
    hands: dict[tuple[object, ...], list[_Fit]] = defaultdict(list)
    for fit in kept:
        hands[(fit.arrival.handed, fit.arrival.owner)].append(fit)
    best = []
    for together in hands.values():
        chosen = max(together, key=lambda fit: (fit.readable, fit.shared, _age(fit), fit.arrival.file))
        for fit in together:
            if fit is not chosen:
                log.add("two", fit.arrival.file, fit.student, f"{chosen.arrival.file} counts")
        best.append(chosen)
    best.sort(key=lambda fit: (_age(fit), fit.arrival.file))
    counted = next((fit for fit in reversed(best) if fit.readable), best[-1])
    for fit in best:
        rule = "older" if _age(fit) > _age(counted) else "attempts" if _told_apart(fit, counted) else "tie"
        if fit is not counted:
            log.add(rule, fit.arrival.file, fit.student, f"{counted.arrival.file} counts")
    return counted


def _store(one: Taken, path: Path) -> Taken:
    """Write a notebook where it belongs, whole or not at all; nothing if it is there already."""
    data = one.path.read_bytes()
    if path.is_symlink() or not path.is_file() or path.read_bytes() != data:
        write_whole(path, data, sync=True)
    return replace(one, path=path)


def _scratch(target: Path) -> Path:
    """Make a folder for this run beside the target, and clear those of runs that were killed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for old in target.parent.glob(".intake-*"):
        number = old.name.removeprefix(".intake-")
        if number.isdecimal() and int(number) != os.getpid() and _runs(int(number)):
            continue
        shutil.rmtree(old, ignore_errors=True)
    scratch = target.parent / f".intake-{os.getpid()}"
    scratch.mkdir(exist_ok=True)
    return scratch


def _runs(process: int) -> bool:
    """Tell whether a process is alive; where that can't be asked, it is taken for one."""
    if os.name == "nt":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def place(one: Taken) -> str:
    """Return where nbgrader's collector looks for a notebook, below its folder of extracted files."""
    stamp = one.stamp.replace(" ", "-").replace(":", "-") or "undated"
    return f"{one.student}/{stamp}/{one.notebook}.ipynb"


def collect(
    inbox: Path,
    release: Path | None,
    target: Path,
    *,
    titles: Sequence[str] = (),
    roster: Mapping[str, str] | None = None,
    where: Callable[[Taken], str] = place,
) -> Report:
    """Take in everything of an inbox; nothing in it is changed, and a second run changes nothing.

    Args:
        inbox: folder with archives, folders and files as a platform gave them.
        release: folder of the assignment's released notebooks.
        target: folder to write one notebook for each student and task to.
        titles: names that the assignment goes by on the platform.
        roster: ids by the platform's number or name, where they are not to be made from the names.
        where: gives the path of a notebook below the target.
    """
    log, report, scratch = Log(), Report(), _scratch(target)
    try:
        handed_out = _Release(release)
        arrivals = Gatherer(scratch, [*titles, *handed_out.marks], log).run(inbox)
        groups: dict[tuple[str, str], list[_Fit]] = defaultdict(list)
        people = _identify(arrivals, roster or {}, log)
        for arrival, student in people.items():
            try:
                fit = _examine(arrival, student, handed_out, scratch, log)
                groups[student, fit.notebook].append(fit)
            except Exception as error:  # one file never stops the others
                log.add("failed", arrival.file, student, f"{type(error).__name__}: {error}")
        for (student, notebook), fits in sorted(groups.items()):
            fit = _newest(fits, log)
            owner = fit.arrival.owner
            one = Taken(student, notebook, owner.stamp, owner.number, fit.arrival.file, fit.digest, fit.path)
            report.taken.append(_store(one, target / where(one)))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    known = _known_as(people)
    report.notices = [replace(one, student=known.get(one.student, one.student)) for one in log.notices]
    return report
