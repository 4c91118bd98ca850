"""What a chapter's questions ask you to know: one labelled paragraph a rule, each with a worked example."""

__all__ = ["EXAMPLE", "Rules", "example", "title", "way", "worked"]

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from coursekit.assess import DrawnQuestion, Question
from coursekit.assess.question import LETTERS
from coursekit.book.ext.nodes import block, raw
from coursekit.book.ext.quiz import asked, forms

EXAMPLE = 1000
_SPELLED = {
    "adam": "Adam", "bernoulli": "Bernoulli", "bptt": "BPTT", "cnn": "CNN", "elbo": "ELBO", "elman": "Elman",
    "flops": "FLOPs", "gan": "GAN", "init": "initialisation", "jordan": "Jordan", "kl": "KL", "lstm": "LSTM",
    "mse": "MSE", "relu": "ReLU", "rnn": "RNN", "sgd": "SGD", "vae": "VAE", "vit": "ViT",
}  # fmt: skip


def title(question: Question) -> str:
    """Return the heading of a rule, made from the id of its question.

    Args:
        question: the template.
    """
    area, name = (
        " ".join(_SPELLED.get(word, word) for word in part.split("-")) for part in question.id.split("/")
    )
    whole = name if area == "concept" else f"{area}: {name}"
    return whole[0].upper() + whole[1:]


def example(question: Question) -> DrawnQuestion:
    """Return the draw that is worked out beside the rule; never one that the quiz of the page asks.

    Args:
        question: the template.
    """
    asked = {(drawn.stem, drawn.key.text) for drawn in forms(question)}
    draws = [question.draw(EXAMPLE + n) for n in range(20)]
    return next((drawn for drawn in draws if (drawn.stem, drawn.key.text) not in asked), draws[0])


class Rules(SphinxDirective):
    """The rules behind the questions of a chapter; the feedback of a wrong answer leads to them."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return one box a rule.

        Raises:
            ExtensionError: never; a chapter without rules is a directive error, which fails the build.
        """
        chapter = self.arguments[0]
        ruled = [question for question in asked(chapter) if question.rule]
        if not ruled:
            raise self.error(f"the question bank has no rule for the chapter {chapter}")
        return [self._box(question) for question in ruled]

    def _box(self, question: Question) -> nodes.Node:
        """Return one rule with its worked example."""
        name, head = f"rule-{question.id.replace('/', '-')}", title(question)
        box = nodes.container(classes=["ck-rule"], ids=[name])
        self.env.get_domain("std").note_hyperlink_target(name, self.env.docname, name, head)
        first = nodes.paragraph(classes=["ck-rule-title"])
        first += nodes.strong(text=head)
        drawn = example(question)
        box += [first, *block(self, question.rule)]
        box += raw('<details class="ck-example"><summary>Worked example</summary>')
        box += [*block(self, worked(drawn)), raw("</details>")]
        return box


def worked(drawn: DrawnQuestion) -> str:
    """Return a question with the way to its answer, as Markdown.

    Args:
        drawn: the question with its numbers.
    """
    options = drawn.options if drawn.kind == "choice" else ()
    offered = [f"- **{letter}.** {option.text}" for letter, option in zip(LETTERS, options, strict=False)]
    return "\n".join([drawn.stem, "", *offered, "", way(drawn)])


def way(drawn: DrawnQuestion) -> str:
    """Return the worked solution of a question, as Markdown.

    Args:
        drawn: the question with its numbers.
    """
    steps = "\n".join(f"{n}. {step}" for n, step in enumerate(drawn.steps, start=1))
    letter = f"{drawn.letter}. " if drawn.kind == "choice" else ""
    unit = f" {drawn.unit}" if drawn.unit else ""
    answer = f"**Answer:** {letter}{drawn.key.text}{unit}"
    return f"{steps}\n\n{answer}" if steps else f"{answer}\n\n{drawn.feedback}"
