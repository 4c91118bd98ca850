"""Argument parsing whose complaints are one line."""

__all__ = ["OneLineParser", "UsageError"]

import argparse
from typing import NoReturn


class UsageError(ValueError):
    """A wrong command line, told in one line."""


class OneLineParser(argparse.ArgumentParser):
    """An ``ArgumentParser`` that raises one line in place of printing its usage and leaving the process."""

    def error(self, message: str) -> NoReturn:
        """Refuse a command line.

        Raises:
            UsageError: always.
        """
        raise UsageError(f"{self.prog}: {message} (see `{self.prog} --help`)")
