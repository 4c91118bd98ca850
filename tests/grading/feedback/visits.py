"""A page that a browser opens, and all that it tried: scripts that ran, dialogs, requests, other pages."""

import contextlib
from dataclasses import dataclass, field

from playwright.sync_api import Browser, Dialog, Error, Route

HERE = "http://page.invalid/"
WATCH = "window.hits = []; window.hit = name => { window.hits.push(name); };"
# What a reader's hand does: every link that is no address, every button, every form.
TOUCH = """() => {
  const acts = e => !/^(https?:|mailto:|#)/i.test((e.getAttribute('href') || '#').trim());
  for (const e of [...document.querySelectorAll('[href]')].filter(acts).slice(0, 200)) {
    try { e.dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true})); } catch {}
  }
  for (const e of [...document.querySelectorAll('form')].slice(0, 50)) {
    try { const b = e.querySelector('button'); b ? b.click() : e.submit(); } catch {}
  }
  for (const e of [...document.querySelectorAll('[tabindex],[autofocus],summary')].slice(0, 200)) e.focus();
}"""
AGAIN = "() => { for (let n = 0; n < 2; n++) document.body.innerHTML = document.body.innerHTML; }"


@dataclass
class Tried:
    """What a page did that no page of ours may do."""

    hits: list[object] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.hits or self.dialogs or self.requests)


class Reader:
    """One window of a browser in which page after page is opened from a made-up address.

    Args:
        browser: with or without a way out; nothing gets further than this window.
    """

    def __init__(self, browser: Browser) -> None:
        self._html, self._found = "", Tried()
        self._context = browser.new_context()
        self._context.add_init_script(WATCH)
        self._context.route("**/*", self._route)
        self._page = self._context.new_page()
        self._page.on("dialog", self._dismiss)

    def renew(self) -> None:
        """Go on with a new tab: the last page may still be on its way elsewhere."""
        self._page.close()
        self._page = self._context.new_page()
        self._page.on("dialog", self._dismiss)

    def close(self) -> None:
        """Close the window."""
        self._context.close()

    def tried(self, html: str, *, wait: int = 40) -> Tried:
        """Open a page, touch all that can be touched, read it again, and tell what it did."""
        self._html, self._found = html, Tried()
        self._page.goto(HERE, wait_until="load")
        with contextlib.suppress(Error):  # it has left for another page, which was counted
            for act in (TOUCH, AGAIN, TOUCH):
                self._page.wait_for_timeout(wait)
                self._found.hits += self._page.evaluate("window.hits.splice(0)")
                self._page.evaluate(act)
            self._page.wait_for_timeout(wait)
            self._found.hits += self._page.evaluate("window.hits.splice(0)")
        return self._found

    def _dismiss(self, dialog: Dialog) -> None:
        self._found.dialogs.append(dialog.message)
        dialog.dismiss()

    def _route(self, route: Route) -> None:
        url = route.request.url
        if url.startswith(HERE) and route.request.resource_type == "document":
            if self._html:
                route.fulfill(body=self._html, content_type="text/html; charset=utf-8")
                self._html = ""
            else:
                route.fulfill(status=204)  # a form that leads nowhere: the page stays
            return
        if "evil" in url:
            self._found.requests.append(url)
        route.abort()
