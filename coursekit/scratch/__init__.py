"""The NumPy half: each idea of the first chapters written out, for torch to check and to be checked by.

Import what you need from its module, such as ``from coursekit.scratch.activations import relu``.
"""

__all__: list[str] = []
