"""The command ``coursekit``: a thin dispatcher whose errors are one line and never a traceback."""

__all__ = ["OneLineParser", "main"]

from coursekit.cli.main import main
from coursekit.cli.parser import OneLineParser
