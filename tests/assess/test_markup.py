"""The three printers of questions (paper, page, terminal), over hand-made formulas and over the bank."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
import typst

from coursekit.assess import Question, questions
from coursekit.assess.markup import MarkupError, to_html, to_text, to_typst

PRINTERS = pytest.mark.parametrize("printer", [to_html, to_text, to_typst])
EVERY = pytest.mark.parametrize("template", questions(), ids=lambda q: q.id)
DRAWS = 20
MATRIX = r"\begin{pmatrix}1 & -0.5 \\ 2 & 3\end{pmatrix}"
VOID = {"br", "hr", "img"}


class _Page(HTMLParser):
    """Collects tags and text, and notes a tag that closes what was not open."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.words: list[str] = []
        self.crossed = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002  # as the parser calls it
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.crossed |= not self.open or self.open.pop() != tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def _texts(template: Question, draws: int = DRAWS) -> Iterator[str]:
    """Yield all that is printed of a template."""
    yield template.rule
    for seed in range(draws):
        drawn = template.draw(seed)
        yield from (drawn.stem, drawn.prompt(), drawn.feedback, *drawn.steps, *drawn.asks)
        for option in drawn.options:
            yield from (option.text, option.feedback, option.slip)


def _numbers(text: str) -> list[str]:
    """Return the numbers of a text in their order; a digit that was raised or lowered is a digit."""
    plain = text.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", "01234567890123456789"))
    return re.findall(r"\d", plain)


def _pixels(source: str) -> bytes:
    """Return the picture of one line of Typst."""
    page = "#set page(width: auto, height: auto, margin: 4pt)\n"
    picture = typst.compile((page + source).encode(), format="png", ppi=72, ignore_system_fonts=True)
    assert isinstance(picture, bytes)
    return picture


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (rf"$W = {MATRIX}$", "W = [1 -0.5; 2 3]"),
        (r"$w = (1,\ -0.5)^\top$", "w = (1, -0.5)ᵀ"),
        (r"$2 \cdot (-1) - 3$", "2 · (-1) - 3"),
        (r"$x^2 + x^{10} - x_{12}$", "x² + x¹⁰ - x₁₂"),
        (r"$\frac{1}{2} \le \frac{a + 1}{\sqrt{b}}$", "1/2 ≤ (a + 1)/(√b)"),
        (r"$\sqrt{\sigma^2 + \varepsilon}$", "√(σ² + ε)"),
        (r"$\ln y_k, \exp(2), \operatorname{softmax}(u)$", "ln yₖ, exp(2), softmax(u)"),
        (r"$f'(u) = \mathbb{E}_x[\hat{u}]$", "f′(u) = 𝔼ₓ[û]".replace("û", "u\u0302")),
        (r"$n_\mathrm{in}, w_\theta$", "nᵢₙ, w_θ"),
        (r"$\left| \frac{a}{b} \right|, \lVert x \rVert^2$", "|a/b|, ‖x‖²"),
        (r"$q(z \mid x)\,\|\,p$", "q(z ∣ x) ∥ p"),
        ("**Bold** and *thin* `w = 1`: it's.", "Bold and thin w = 1: it’s."),
        ("one\ntwo\n\nthree", "one two\n\nthree"),
        ("| a | $b_1$ |\n|---|---|\n| 1 | -2.5 |", "a  b₁  \n-  ----\n1  -2.5"),
    ],
)  # fmt: skip
def test_a_terminal_shows_mathematics_in_unicode(source: str, told: str) -> None:
    assert to_text(source) == told


@pytest.mark.parametrize(
    ("latex", "native"),
    [
        ("ab", "a b"),
        (r"x_{ij}^2", "x_(i j)^2"),
        (r"\frac{a, b}{2}", "(a\\, b) / 2"),
        (rf"{MATRIX}", 'display(mat(delim: "(", 1, -0.5; 2, 3))'),
        (r"\sigma(u) = \tanh u", "sigma \\(u\\) = tanh u"),
        (r"\cos(\pi t)", "cos\\(pi t\\)"),
        (r"a / b", "a slash b"),
        (r"f'(u)", "f'\\(u\\)"),
        (r"-1 \to 2 \times 3", "-1 -> 2 times 3"),
        (r"\mathbb{R}^{n \times k}", "RR^(n times k)"),
        (r"\hat{u} \in \{0, 1\}", "hat(u) in \\{0, 1\\}"),
        (r"n_\mathrm{in}", "n_(upright(i n))"),
        (r"\mathrm{KL}(q)", "upright(K L)\\(q\\)"),
        (r"\sqrt{x} \le \infty", "sqrt(x) <= infinity"),
        (r"\left( \frac{a}{b} \right)", "(a/b)"),
        (r"\lVert x \rVert", "norm(x)"),
    ],
)
def test_paper_shows_what_typst_itself_would_write(latex: str, native: str) -> None:
    """The same picture, to the pixel, as mathematics written by hand in Typst's own names."""
    assert _pixels(to_typst(f"${latex}$")) == _pixels(f"${native}$")


def test_a_page_holds_mathematics_as_mathml() -> None:
    page = to_html(rf"**If** $W = {MATRIX}$:", inline=True)
    assert page.startswith("<strong>If</strong> ")
    assert page.count("<mtd>") == 4
    assert page.count("<mtr>") == 2
    assert "border-radius" in page  # its brackets
    assert "(" not in page
    assert "xmlns" not in page
    assert to_html("one line") == "<p>one line</p>"


@pytest.mark.parametrize(
    ("latex", "signs"),
    [("(1,\\ -0.5)", 1), ("2 \\cdot -1", 1), ("a = -b", 1), ("a - b", 0), ("x_1 - 1", 0), ("(a) - 1", 0)],
)
def test_a_page_tells_signs_from_operators(latex: str, signs: int) -> None:
    assert to_html(f"${latex}$").count('<mo form="prefix">−</mo>') == signs


def test_a_page_gives_functions_room() -> None:
    page = to_html(r"$-d \ln y + \ln(1 - y)$")
    assert '<mo form="prefix" lspace="0.17em" rspace="0.17em">ln</mo>' in page
    assert '<mo form="prefix" lspace="0" rspace="0">ln</mo>' in page


def test_numbers_outside_mathematics_get_a_minus() -> None:
    assert to_html("-0.5 is 3-4", inline=True) == "−0.5 is 3-4"
    assert to_typst("-0.5 is 3-4") == "−0.5 is 3\\-4"
    assert to_text("-0.5") == "-0.5"


def test_table_heads_say_what_they_head() -> None:
    page = to_html("| a | b |\n|---|---|\n| 1 | 2 |")
    assert page.count('<th scope="col">') == 2


@PRINTERS
@pytest.mark.parametrize(
    "source",
    ["<script>alert(1)</script>", "#panic(1) @a <b> \\$5 _x_ 1. = - ~", "**a**(b) *c*.d `e`(f) $g$(h)"],
)
def test_what_looks_like_markup_of_the_target_is_text(printer: type, source: str) -> None:
    out = str(printer(source))
    if printer is to_html:
        assert "script" not in _Page(out).tags
    if printer is to_typst:
        typst.compile(out.encode(), format="pdf", ignore_system_fonts=True)


@PRINTERS
@pytest.mark.parametrize(
    ("latex", "told"),
    [
        (r"\unknown{1}", r"macros must be among .*got .*unknown"),
        (r"\begin{array}1\end{array}", "environments must be pmatrix; got array"),
        (r"\begin{pmatrix}1 & 2 \\ 3\end{pmatrix}", r"equal lengths; got \[2, 1\]"),
        ("x^12", "digits must stand in braces here; got 12"),
        ("x^2^3", "a second"),
        (r"\frac{1}", "an argument must follow; got the end"),
        ("{a", "groups must close; got the end"),
        ("a}", "groups must close; got '}'"),
        (r"\left( a", "groups must close; got the end"),
    ],
)
def test_mathematics_that_one_printer_does_not_know_all_refuse(printer: type, latex: str, told: str) -> None:
    with pytest.raises(MarkupError, match=told):
        printer(f"a ${latex}$")


@pytest.mark.parametrize("printer", [to_text, to_typst])
def test_markdown_that_cannot_be_printed_is_refused(printer: type) -> None:
    with pytest.raises(MarkupError, match="got 'blockquote'"):
        printer("> quoted")


@EVERY
def test_the_bank_prints_in_all_three_ways(template: Question) -> None:
    for text in _texts(template):
        plain, page = to_text(text), _Page(to_html(text))
        assert "$" not in plain
        assert "\\" not in plain
        assert not page.crossed, text
        assert page.open == [], text
        assert page.tags.isdisjoint({"script", "img", "link", "merror"}), text
        # Digits are neither lost nor moved by any of the three.
        assert _numbers(plain) == _numbers(text), (text, plain)
        assert _numbers("".join(page.words)) == _numbers(text), text
        assert len(_numbers(to_typst(text))) >= len(_numbers(text)), text


def test_the_whole_bank_compiles_on_paper() -> None:
    every = {to_typst(text) for template in questions() for text in _texts(template)}
    source = "\n\n#line()\n\n".join(sorted(every)).encode()
    paper, warnings = typst.compile_with_warnings(source, format="pdf", ignore_system_fonts=True)
    assert warnings == []
    assert isinstance(paper, bytes)
    assert paper.startswith(b"%PDF")
