"""A served copy of the built site and a browser whose way out of this machine is cut."""

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route

from tests.book import toybook
from tests.chromium import need

SITE = Path(__file__).parents[2] / "_build" / "html"


class _Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Keep the test log free of one line a file."""


def _serve(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine and yield its address."""
    handler = functools.partial(_Silent, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    need((SITE / "index.html").is_file(), "the site is not built: run `make book` first")
    yield from _serve(SITE)


@pytest.fixture(scope="session")
def toy_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a page with five made-up questions."""
    with pytest.MonkeyPatch.context() as patch:
        built, _ = toybook.build(tmp_path_factory.mktemp("toy"), patch)
    yield from _serve(built.parent)


class Visit:
    """One page in a fresh profile, with what it asked of the network and what it wrote to the console."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.address, self.page = address, context.new_page()
        self.outside: list[str] = []
        self.console: list[str] = []
        context.route("**/*", self._route)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.console.append(f"error: {error}"))

    def _hear(self, message: ConsoleMessage) -> None:
        # The theme logs which colours it chose; a reader's trouble comes as a warning or an error.
        if message.type in ("warning", "error"):
            self.console.append(f"{message.type}: {message.text}")

    def _route(self, route: Route) -> None:
        url = route.request.url
        if url.startswith((self.address, "data:", "blob:")):
            route.continue_()
        else:
            self.outside.append(url)
            route.abort()

    def open(self, path: str) -> Page:
        """Load a page and wait until its formulas are set."""
        self.page.goto(f"{self.address}/{path}", wait_until="load")
        self.page.evaluate("() => window.MathJax?.startup?.promise?.then(() => true) ?? true")
        return self.page


@pytest.fixture
def visit(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Parametrise indirectly with a dict of context options, e.g. a viewport or a colour scheme."""
    options = dict(getattr(request, "param", {}))
    theme = options.pop("theme", "light")
    context = browser.new_context(color_scheme=theme, service_workers="block", **options)
    context.add_init_script(
        f"localStorage.setItem('mode', '{theme}'); localStorage.setItem('theme', '{theme}')"
    )
    yield Visit(context, address)
    context.close()


@pytest.fixture
def toy(browser: Browser, toy_address: str) -> Iterator[Visit]:
    """Visit the made-up quiz in a fresh profile."""
    context = browser.new_context(accept_downloads=True)
    yield Visit(context, toy_address)
    context.close()
