"""Networks that both sides know, and what keeps them in step: how they are built, values, gradients."""

__all__ = ["Modules"]

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from coursekit.grading.inside.mirror import Mirror, kind_of, mirror_class
from coursekit.grading.inside.wire import TENSORS, WireError

if TYPE_CHECKING:
    from coursekit.grading.inside.peer import Peer

Structure = dict[str, Any]
Change = list[Any]


class Modules:
    """What one side knows of networks: its own that crossed, mirrors of the other's, and what is in step."""

    def __init__(self, peer: "Peer") -> None:
        self.peer = peer
        self.own: dict[int, nn.Module] = {}
        self.mirrors: dict[int, Mirror] = {}
        self._numbers: dict[int, int] = {}
        self._own_tensors: dict[int, Tensor] = {}
        self._their_tensors: dict[int, Tensor] = {}
        self._known: dict[tuple[bool, int], tuple[Tensor, bool, Tensor | None]] = {}
        self._told: dict[int, Structure] = {}
        self._met: set[int] = set()
        self._collected: list[frozenset[tuple[bool, int]]] = []

    def _number(self, thing: Any, table: dict[int, Any]) -> int:
        """Return the number of a thing of ours; the table keeps it alive, so that its id stays its own."""
        if id(thing) not in self._numbers:
            self._numbers[id(thing)] = len(self._numbers) + 1
        table[self._numbers[id(thing)]] = thing
        return self._numbers[id(thing)]

    def describe(self, module: nn.Module) -> Structure:
        """Return what the other side needs for a mirror of a network of ours, without any value.

        Args:
            module: of ours; a part of it may be the mirror of one of theirs.
        """
        if isinstance(module, Mirror):
            return {"yours": module._number}
        named = {
            kind: tuple((name, self._number(tensor, self._own_tensors), tuple(tensor.shape),
                         str(tensor.dtype).removeprefix("torch."))
                        for name, tensor in entries.items() if tensor is not None)
            for kind, entries in (("parameters", module._parameters), ("buffers", module._buffers))
        }  # fmt: skip
        parts = tuple(
            (name, self.describe(part)) for name, part in module._modules.items() if part is not None
        )
        network: type = type(module)
        kind, own = kind_of(network)
        return {
            "id": self._number(module, self.own),
            "name": network.__name__,
            "kind": kind,
            "own": own,
            "training": module.training,
            "fleeting": tuple(sorted(module._non_persistent_buffers_set)),
            "parts": parts,
            **named,
        }

    def reference(self, module: nn.Module) -> Structure:
        """Return a reference to a network of ours, or to the one that a mirror stands for.

        Args:
            module: a network or a mirror.
        """
        if not isinstance(module, Mirror):
            structure = self.describe(module)
            self._told[structure["id"]] = structure
            return {"o": "module", "v": structure}
        modes = [(part._number, part.training) for part in module.modules() if isinstance(part, Mirror)]
        return {"o": "mirror", "id": module._number, "modes": tuple(modes)}

    def known(self) -> list[nn.Module]:
        """Return all networks that both sides know: whoever keeps one may use it in any call."""
        return [*(self.own[number] for number in self._told), *(self.mirrors[number] for number in self._met)]

    def rebuilt(self) -> list[Structure]:
        """Return what networks of ours are now, if the other side knows them otherwise; note that it will."""
        now = [self.describe(self.own[number]) for number in self._told]
        found = [structure for structure in now if structure != self._told[structure["id"]]]
        self._told.update((structure["id"], structure) for structure in found)
        return found

    def resolve(self, reference: Structure) -> nn.Module:
        """Return the network that a reference of the other side stands for.

        Args:
            reference: from its ``reference``.
        """
        if reference["o"] == "module":
            met = self.mirror(reference["v"])
            self._met.add(met._number)
            return met
        for number, training in reference["modes"]:
            self.own[number].training = bool(training)
        return self.own[reference["id"]]

    @contextmanager
    def collecting(self, keys: Iterable[tuple[bool, int]]) -> Iterator[None]:
        """Note no gradients of these tensors meanwhile: they are on their way to one pull.

        Args:
            keys: for each tensor whether it is ours, and its number.
        """
        self._collected.append(frozenset(keys))
        try:
            yield
        finally:
            self._collected.pop()

    def pulled(self, mine: bool, number: int, grad: Tensor | None, *, serving: bool) -> None:
        """Note a gradient that arrives at a tensor of a network, on both sides of the wall.

        Who asked for it has it added up by autograd. Who served does it here, and what watches the tensor
        is told where the tensor lives.

        Args:
            mine: whether the tensor is ours.
            number: of the tensor.
            grad: what arrives; None if nothing does.
            serving: whether the other side asked for it.

        Shape:
            grad: that of the tensor.
        """
        # An answer that calls a network of ours asks us in turn: the sum comes with what we asked for.
        if grad is None or any((mine, number) in keys for keys in self._collected):
            return
        tensor = self.find(mine, number)
        value, trained, before = self._known.get((mine, number), (tensor.detach().clone(), True, tensor.grad))
        total = grad.clone() if before is None else before + grad
        self._known[mine, number] = (value, trained, total)
        if serving:
            tensor.grad = total.clone()
        if serving and mine:
            for hook in (getattr(tensor, "_post_accumulate_grad_hooks", None) or {}).values():
                hook(tensor)

    def mirror(self, structure: Structure) -> Mirror:
        """Return the mirror of a network of the other side, new or brought up to its present structure."""
        number = int(structure["id"])
        found = self.mirrors.get(number)
        if found is None:
            made = mirror_class(str(structure["kind"]), frozenset(map(str, structure["own"])))
            found = self.mirrors[number] = made(self.peer, number, str(structure["name"])[:80])
        found.training = bool(structure["training"])
        found._non_persistent_buffers_set = set(map(str, structure["fleeting"]))
        for table in (found._parameters, found._buffers, found._modules):
            table.clear()  # filled by hand: torch would ask over there whether the name is free
        for name, *tensor in structure["parameters"]:
            found._parameters[str(name)] = self._mirrored(*tensor, trained=True)
        for name, *tensor in structure["buffers"]:
            found._buffers[str(name)] = self._mirrored(*tensor, trained=False)
        for name, part in structure["parts"]:
            found._modules[str(name)] = self.own[part["yours"]] if "yours" in part else self.mirror(part)
        return found

    def _mirrored(self, number: int, shape: tuple[int, ...], dtype: str, *, trained: bool) -> Any:
        """Return the mirror of one tensor; its values come with the changes."""
        found = self._their_tensors.get(number)
        if found is not None and (found.shape, str(found.dtype)) == (tuple(shape), f"torch.{dtype}"):
            return found
        if dtype not in TENSORS:
            raise WireError(f"a tensor of {str(dtype)[:40]} can't cross")
        empty = torch.zeros(shape, dtype=getattr(torch, dtype))
        if found is not None:  # as torch itself does it: whoever trains the tensor goes on with it
            found.data, found.grad = empty, None
            return found
        found = nn.Parameter(empty, empty.is_floating_point()) if trained else empty
        self._their_tensors[number] = found
        return found

    def tensors(self, modules: Iterable[nn.Module]) -> Iterator[tuple[bool, int, Tensor]]:
        """Yield the tensors of some networks: whether they are ours, their number, the tensor.

        What was put on a mirror on this side alone is left out: the other side knows nothing of it.

        Args:
            modules: networks and mirrors.
        """
        seen: set[int] = set()
        theirs = {id(tensor): number for number, tensor in self._their_tensors.items()}
        for module in modules:
            self.describe(module)  # what is new of ours gets its number
            for tensor in (*module.parameters(), *module.buffers()):
                if id(tensor) in seen:
                    continue
                seen.add(id(tensor))
                if id(tensor) in theirs:
                    yield False, theirs[id(tensor)], tensor
                elif id(tensor) in self._numbers:
                    yield True, self._numbers[id(tensor)], tensor

    def find(self, mine: bool, number: int) -> Tensor:
        """Return a tensor by its number.

        Args:
            mine: whether it is ours.
            number: of the tensor.
        """
        return (self._own_tensors if mine else self._their_tensors)[number]

    def changes(self, tensors: Iterable[tuple[bool, int, Tensor]]) -> list[Change]:
        """Return what the other side does not know of some tensors of networks, and note that it will.

        Args:
            tensors: from ``tensors``.

        Shape:
            tensors: any.
        """
        found = []
        for mine, number, tensor in tensors:
            value, grad = tensor.detach(), tensor.grad
            known = self._known.get((mine, number))
            if known is not None and _same(known, value, tensor.requires_grad, grad):
                continue
            state = (value.clone(), tensor.requires_grad, None if grad is None else grad.detach().clone())
            self._known[mine, number] = state
            found.append([mine, number, *state])
        return found

    def apply(self, structures: Iterable[Structure], changes: Iterable[Change]) -> None:
        """Take over what changed on the other side.

        Args:
            structures: from its ``rebuilt``.
            changes: from its ``changes``.

        Raises:
            WireError: if a value does not fit its tensor.
        """
        for structure in structures:
            self.mirror(structure)
        for theirs, number, value, trained, grad in changes:
            tensor = self.find(not theirs, number)
            if value.shape != tensor.shape or value.dtype != tensor.dtype:
                raise WireError(f"a tensor of shape {tuple(value.shape)} does not fit {tuple(tensor.shape)}")
            if not torch.equal(tensor.detach(), value):  # writing the same again would spoil a graph
                with torch.no_grad():
                    tensor.copy_(value)
            tensor.requires_grad_(bool(trained))
            tensor.grad = grad
            self._known[not theirs, number] = (value, bool(trained), None if grad is None else grad.clone())


def _same(
    known: tuple[Tensor, bool, Tensor | None], value: Tensor, trained: bool, grad: Tensor | None
) -> bool:
    """Tell whether a tensor is as the other side knows it, NaN for NaN."""
    old, was_trained, old_grad = known
    if (grad is None) is not (old_grad is None) or trained is not was_trained or old.dtype != value.dtype:
        return False
    pairs = [(old, value)] if grad is None or old_grad is None else [(old, value), (old_grad, grad)]
    return all(
        torch.equal(a.nan_to_num(), b.detach().nan_to_num()) and torch.equal(a.isnan(), b.isnan())
        for a, b in pairs
    )
