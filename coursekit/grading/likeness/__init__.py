"""Answers that look alike: fingerprints of their tokens, and how far such a likeness can be trusted."""

__all__: list[str] = []
