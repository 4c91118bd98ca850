"""A whole class: what there is to grade, who grades it, what is written, and what to tell."""

__all__: list[str] = []
