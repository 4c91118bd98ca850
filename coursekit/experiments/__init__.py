"""One module for each phenomenon that the book measures: seeds in, plain numbers and tensors out."""

__all__: list[str] = []
