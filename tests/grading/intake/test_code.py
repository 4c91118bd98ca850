"""What a cell defines, and what goes along with a definition that is taken out of it."""

import pytest

from coursekit.grading.intake.code import LONGEST, definitions, names, normal, parses


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import math\nfrom os import path as p\nx = 1", {"x": "value"}),
        ("f = lambda x: x\nasync def g(): pass\nclass C: pass", {"f": "def", "g": "def", "C": "def"}),
        ("a, (b, *c) = 1, (2, 3)\nd: int = 4\ne += 5", dict.fromkeys("abcde", "value")),
        ("if x:\n    a = 1\nelse:\n    def f(): pass\nwith y:\n    b = 2\nfor i in z:\n    c = 3",
         {"a": "value", "f": "def", "b": "value", "c": "value"}),
        ("try:\n    a = 1\nexcept E:\n    pass\nelse:\n    b = 2\nfinally:\n    c = 3",
         dict.fromkeys("abc", "value")),
        ("x[0] = 1\ny.z = 2\nw == 3", {}),
        ("if x:\n    a = 1\n" + "elif x:\n    a = 1\n" * 2_000, {}),
        ("%time\n!pip install x\n?print\ndef g(x):\n    %time y = x\n    return y", {"g": "def"}),
        ("def f(:\nx, y = 1, 2\nz == 3\n  w = 4", {"f": "def", "x": "value", "y": "value"}),
    ],
)  # fmt: skip
def test_names_and_kinds(source: str, found: dict[str, str]) -> None:
    assert names(source) == found


def test_lines_of_ipython_s_own_do_not_hide_the_rest() -> None:
    assert [parses(line) for line in ("%time x", "!ls -l", "?f", "f?", "def f(:")] == [True] * 3 + [False] * 2


def test_a_text_without_measure_is_read_by_pattern() -> None:
    long = "if x:\n    a = 1\nb = 2\n" + "#" * LONGEST
    assert names(long) == {"b": "value"}
    assert names(long[:30]) == {"a": "value", "b": "value"}
    assert not parses(long)


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("import os\nimport math\nk = 2\nl = 3\ndef f(x): return math.exp(k * x)\ndef g(): pass\nf(1)",
         "import math\nk = 2\ndef f(x): return math.exp(k * x)"),
        ("def h(x): return x\nh(1)\n@h\ndef f(x): pass", "def h(x): return x\n@h\ndef f(x): pass"),
        ("f = lambda x: x", "f = lambda x: x"),
        ("%time\ndef f(x):\n    !ls\n    return x", "def f(x):\n    pass\n    return x"),
        ("f = 3", None),
        ("def f(): pass\nf = 3", None),
        ("with x:\n    def f(): pass", None),
        ("def f(): return k\nwith x:\n    k = 1", None),
        ("def g(): pass", None),
        ("def f(:", None),
    ],
)  # fmt: skip
def test_a_definition_takes_along_what_it_needs(source: str, kept: str | None) -> None:
    assert definitions(source, {"f"}) == kept


def test_what_editors_change_is_no_change() -> None:
    assert normal("\n\na = 1  \r\nb\t\r\rc\n\n") == "a = 1\nb\n\nc"
    assert normal("    a") == "    a"
