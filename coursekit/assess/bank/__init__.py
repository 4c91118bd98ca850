"""Question templates, one module an area: each defines ``QUESTIONS``; the registry finds them."""

__all__: list[str] = []
