"""``python -m coursekit``: the same as the command ``coursekit``."""

__all__: list[str] = []

import sys

from coursekit.cli import main

if __name__ == "__main__":
    sys.exit(main())
