"""Reference implementations, exercises and book machinery of Neural Networks, Verified."""

__all__ = ["__version__"]

__version__ = "0.1.0"
