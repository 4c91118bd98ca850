"""Question templates, one module an area; the registry finds every ``Question`` in them."""

__all__: list[str] = []
