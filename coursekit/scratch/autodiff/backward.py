"""The traversal: from a result back to what it was made of, each variable after all that use it."""

__all__ = ["pull_back", "topological"]

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coursekit.scratch.autodiff.var import Var


def topological(output: "Var") -> list["Var"]:
    """Return every variable that a result was made of, each after the ones that it was made of itself.

    A stack of our own instead of recursion: a chain may be longer than Python's recursion limit.

    Args:
        output: the result; it comes last.

    Example:
        >>> from coursekit.scratch.autodiff import Var
        >>> topological((Var(2.0) + 1.0) * 5.0)
        [Var(2.), Var(3.), Var(15.)]
    """
    order: list[Var] = []
    seen: set[Var] = set()
    stack = [(output, False)]
    while stack:
        node, complete = stack.pop()
        if complete:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((parent, False) for _, parent in node.edges)
    return order


def pull_back(
    output: "Var", seed: Any, wanted: Iterable["Var"] | None = None, *, record: bool = False
) -> dict["Var", Any]:
    r"""Return the gradient of a result with respect to the wanted variables, as arrays.

    .. math:: \bar{x} = \sum_{y \text{ made of } x} \bar{y}\, \frac{\partial y}{\partial x}

    The sum over all uses of :math:`x` is complete before :math:`x` hands its gradient on, so that each rule
    runs once. Variables that no wanted one leads to are left out, and no variable is changed.

    Args:
        output: the result.
        seed: the gradient with respect to the result itself.
        wanted: where gradients are asked for; all leaves if None.
        record: whether the gradients can be differentiated again; they may be variables then.

    Shape:
        seed: (N, ...), that of the result; each gradient has the shape of its variable.

    Source:
        Griewank and Walther (2008), Evaluating Derivatives, section 3.2.

    Example:
        >>> from coursekit.scratch.autodiff import Var
        >>> x = Var(3.0)
        >>> float(pull_back(x * x, 1.0)[x])
        6.0
    """
    order = topological(output)
    targets = {node for node in order if not node.edges} if wanted is None else set(wanted)
    leads = set(targets)
    for node in order:
        if any(parent in leads for _, parent in node.edges):
            leads.add(node)
    gradients: dict[Var, Any] = {output: seed}
    for node in reversed(order):
        if node not in gradients or node not in leads:
            continue
        gradient = gradients[node] if node in targets else gradients.pop(node)
        for position, parent in node.edges:
            if parent in leads:
                part = node.carry(gradient, position, record=record)
                known = gradients.get(parent)
                gradients[parent] = part if known is None else known + part
    return {node: gradient for node, gradient in gradients.items() if node in targets}
