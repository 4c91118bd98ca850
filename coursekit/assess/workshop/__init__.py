"""Exercises, one module an assignment: each defines ``EXERCISES``; the registry finds them."""

__all__: list[str] = []
