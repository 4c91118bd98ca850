"""A small local server for the built site."""

__all__ = ["serve"]

import errno
import functools
import http.server
from pathlib import Path

from coursekit._check import CourseError, require


def serve(root: Path, *, port: int) -> None:
    """Serve ``_build/html`` on this machine until interrupted.

    Args:
        root: the project's folder.
        port: the port to listen on.

    Raises:
        CourseError: if the site is not built or the port is taken.
        ValueError: if the port is no port number.
    """
    require(1 <= port <= 65535, f"port must be between 1 and 65535; got {port}")
    site = root / "_build" / "html"
    if not (site / "index.html").is_file():
        raise CourseError(f"{site} holds no built site: run `make book` first")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(site))
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        raise CourseError(
            f"port {port} must be free for this user; it is not: try `make serve PORT={port + 1}`"
        ) from None
    with server:
        print(f"serving the book on http://127.0.0.1:{port} (Ctrl+C stops it)", flush=True)
        server.serve_forever()
