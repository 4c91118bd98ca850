"""What the site is made with: the pinned generation of the tools, vendored files, nothing from elsewhere."""

import hashlib
import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
MATHJAX = ROOT / "_extra" / "vendor" / "mathjax"


def test_jupyter_book_is_of_the_first_generation() -> None:
    pins = dict(
        line.split("==")
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line and not line.startswith("#")
    )
    assert pins["jupyter-book"].startswith("1.")
    assert re.search(r'"jupyter-book>=1[\d.]*,<2"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_vendored_files_are_those_that_were_vendored() -> None:
    rows = [line.split(maxsplit=1) for line in (MATHJAX / "SHA256SUMS").read_text("utf-8").splitlines()]
    listed = {MATHJAX / name.strip().removeprefix("./"): digest for digest, name in rows}
    present = {path for path in MATHJAX.rglob("*") if path.is_file()}
    assert present - set(listed) <= {MATHJAX / "SHA256SUMS", MATHJAX / "README.md"}
    wrong = [p.name for p, told in listed.items() if hashlib.sha256(p.read_bytes()).hexdigest() != told]
    assert wrong == []
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    script = config["sphinx"]["config"]["mathjax_path"].removeprefix("../vendor/mathjax/")
    assert (MATHJAX / script) in listed


def test_configuration_loads_nothing_from_elsewhere() -> None:
    text = (ROOT / "_config.yml").read_text(encoding="utf-8")
    static = [
        path for path in (ROOT / "coursekit" / "book" / "static").iterdir() if path.suffix in (".css", ".js")
    ]
    assert static
    for source in [text, *(path.read_text(encoding="utf-8") for path in static)]:
        assert re.findall(r"https?://(?!www\.w3\.org)", source) == []
    config = yaml.safe_load(text)
    assert config["execute"]["execute_notebooks"] == "cache"
    assert config["execute"]["allow_errors"] is False
