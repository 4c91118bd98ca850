"""The rules of intake: what a file, an archive or a name may be, and what is done with it.

``RULES`` is the whole list; ``table()`` prints it for the instructors' page. Nothing else decides: code names
a rule by its key, and a test meets each key at least once.
"""

__all__ = ["RULES", "Limits", "Log", "Notice", "Rule", "table"]

from dataclasses import dataclass, field
from typing import NamedTuple


class Limits(NamedTuple):
    """What one archive may hold; a platform's download of a whole class may hold more."""

    file: int = 50_000_000
    total: int = 300_000_000
    members: int = 2_000
    ratio: int = 200
    free: int = 10_000_000  # unpacked bytes below which no ratio counts: printed loops pack well


class Rule(NamedTuple):
    """A case, what is done with it, and whether a human should look."""

    what: str
    action: str
    human: bool = False


@dataclass(frozen=True)
class Notice:
    """One line of the report: whose file it is, what was found and what was done."""

    student: str
    file: str
    what: str
    action: str
    rule: str = ""
    human: bool = False

    def __str__(self) -> str:
        """Return the notice as a line."""
        who = f"{self.student}, " if self.student else ""
        line = f"{who}{self.file}: {self.action}; {self.what}{' [please look]' if self.human else ''}"
        # A name comes from a stranger: it may not break the line or colour the terminal.
        return "".join(sign if sign.isprintable() else "�" for sign in line)


_LEFT, _AS_IT_CAME = "left out", "kept as it came, not gradable"
RULES = {
    # archives
    "climbs": Rule("a name that climbs, starts at the root or names a drive", "taken by its last part alone"),
    "backslashes": Rule("backslashes in the names, as some Windows tools write them", "read as slashes"),
    "link": Rule("a link to another file", f"{_LEFT}, not followed"),
    "hard-link": Rule("a file with several names (hard links) in a folder", "copied, the link stays behind"),
    "special": Rule("a device, a pipe or another special file", _LEFT),
    "damaged": Rule("the archive is damaged", f"{_LEFT} what could not be read in full"),
    "wrong-size": Rule("a size that is not what the archive says", _LEFT),
    "encrypted": Rule("it is locked with a password", f"{_LEFT}: ask for it without one", human=True),
    "unknown-archive": Rule("an archive of a kind that is not read", f"{_LEFT}: ask for zip", human=True),
    "bomb": Rule("it unpacks to far more than an honest file", f"{_LEFT}, unpacking stopped", human=True),
    "large": Rule("a file above the size limit", _LEFT, human=True),
    "total": Rule("the archive holds more bytes than the limit", f"{_LEFT} what comes after", human=True),
    "many": Rule("the archive holds more files than the limit", f"{_LEFT} what comes after", human=True),
    "nested": Rule("an archive inside an archive", f"{_LEFT}: one level is opened", human=True),
    "nothing": Rule("no notebook inside", "nothing taken", human=True),
    "download": Rule("a platform's download of a class", "each file inside goes to the student it names"),
    # files
    "junk": Rule("files of the system, an editor or the platform", _LEFT),
    "other": Rule("not a notebook", _LEFT),
    "suffix": Rule("a notebook under another ending", "taken as a notebook"),
    "name-encoding": Rule("a name in another encoding", "read as the name shown"),
    "empty": Rule("the file is empty", _AS_IT_CAME, human=True),
    "web-page": Rule("a web page saved under a notebook's name", _AS_IT_CAME, human=True),
    "not-json": Rule("not a notebook, or one cut off", _AS_IT_CAME, human=True),
    "no-notebook": Rule("JSON, but no notebook", _AS_IT_CAME, human=True),
    "stand-in": Rule("it stands in for what was handed in", _AS_IT_CAME, human=True),
    "cells": Rule("a notebook of thousands of cells", _AS_IT_CAME, human=True),
    "encoding": Rule("text that is not plain UTF-8", "a UTF-8 copy is graded"),
    "old-format": Rule("a notebook of an old format", "a copy in format 4 is graded"),
    "new-format": Rule("a notebook of a newer format than is known", "a copy in format 4.5 is graded"),
    "repaired": Rule("cells or fields of a wrong kind", "a copy without them is graded", human=True),
    "failed": Rule("it could not be read", _LEFT, human=True),
    # students
    "nobody": Rule("no student in the name", _LEFT, human=True),
    "id": Rule("a name that can't be an id as it is", "goes by the id shown"),
    "same-id": Rule("two names that give one id", "kept apart by a suffix", human=True),
    "other-name": Rule("the name inside looks like another student's", "counts for its bearer", human=True),
    "bad-stamp": Rule("a time that does not exist", "taken as undated"),
    # attempts
    "same-file": Rule("the same file again", "one is taken"),
    "attempts": Rule("an earlier attempt", f"{_LEFT}, the newest counts"),
    "tie": Rule("another attempt; no stamp says which is newer", f"{_LEFT}, the last by name", human=True),
    "older": Rule("the newest attempt can't be read", "the newest readable one counts", human=True),
    "two": Rule("another notebook for the same task", f"{_LEFT}, the closest to the release", human=True),
    "renamed": Rule("named otherwise than the release", "taken for the notebook shown"),
    "stranger": Rule("nothing in it comes from the release", "taken all the same", human=True),
    "no-release": Rule("the assignment has not been released", "taken under its own name", human=True),
}  # fmt: skip


@dataclass
class Log:
    """Collects notices while files are read."""

    found: dict[Notice, None] = field(default_factory=dict)

    @property
    def notices(self) -> list[Notice]:
        """All notices, each once."""
        return list(self.found)

    def add(self, rule: str, file: str, student: str = "", detail: str = "") -> None:
        """Note a case.

        Args:
            rule: its key in ``RULES``.
            file: the file as the instructor knows it.
            student: whose it is, if known.
            detail: what this case adds to the rule's words.
        """
        what, action, human = RULES[rule]
        told = f"{what} ({' '.join(detail.split())[:160]})" if detail else what
        self.found[Notice(student, file, told, action, rule, human)] = None


def table() -> str:
    """Return the rules as a Markdown table for the instructors' page.

    Example:
        >>> print(table().splitlines()[0])
        | Case | What is done | A human is asked |
    """
    rows = ["| Case | What is done | A human is asked |", "|---|---|---|"]
    rows += [f"| {rule.what} | {rule.action} | {'yes' if rule.human else ''} |" for rule in RULES.values()]
    return "\n".join(rows)
