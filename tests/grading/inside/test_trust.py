"""What a submission may do with what the judge hands it: call it, read plain attributes, and nothing else."""

import math
import os
from typing import Any

import pytest
from torch import nn

from coursekit.grading.inside.trust import Open, Strict


class _Net(nn.Module):
    """A network of the judge's."""

    def __init__(self) -> None:
        super().__init__()
        self.latent_dim, self._secret = 3, "answer"

    def forward(self, x: Any) -> Any:
        return x


class _Thing:
    """Another object of the judge's."""

    kept, _secret = 1, 2


def _marked(x: Any) -> Any:
    return x


_marked.expected = 5  # type: ignore[attr-defined]
OURS = (_marked, _Net(), _Thing(), _Thing().__init__, iter([1]), math.sqrt)  # type: ignore[misc]


@pytest.mark.parametrize("target", OURS, ids=lambda one: type(one).__name__)
def test_nothing_of_the_judges_is_set_and_nothing_private_read(target: Any) -> None:
    trust = Strict()
    assert trust.may_use(target, "__call__", setting=False)
    assert trust.may_use(target, "__iter__", setting=False)
    for name in ("kept", "forward", "latent_dim", "__call__", "training"):
        assert not trust.may_use(target, name, setting=True)
    for name in (
        "_secret",
        "__dict__",
        "__class__",
        "__globals__",
        "__self__",
        "_parameters",
        "__getattribute__",
    ):
        assert not trust.may_use(target, name, setting=False)


@pytest.mark.parametrize("target", [_marked, _Thing().__init__, math.sqrt, _Thing, os])  # type: ignore[misc]
def test_of_functions_classes_and_modules_nothing_at_all_is_read(target: Any) -> None:
    for name in ("expected", "kept", "environ", "mro", "path"):
        assert not Strict().may_use(target, name, setting=False)


def test_of_a_network_its_own_names_are_open_and_those_of_all_networks_are_not() -> None:
    net, trust = _Net(), Strict()
    assert trust.may_use(net, "forward", setting=False)
    assert trust.may_use(net, "latent_dim", setting=False)
    for name in (
        "load_state_dict",
        "parameters",
        "requires_grad_",
        "register_forward_hook",
        "apply",
        "train",
    ):
        assert not trust.may_use(net, name, setting=False)


@pytest.mark.parametrize(("value", "given"), [
    (_marked, True), (math.sqrt, True), (iter([1]), True), (_Net(), False), (_Thing(), False),
    (_Thing, False),
    (os, False), ("".join, True), (object(), False), (print, True),
])  # fmt: skip
def test_what_a_submission_gets_hold_of_is_called_or_gone_through(value: Any, given: bool) -> None:
    assert Strict().may_have(value) is given


def test_the_judge_may_use_what_has_a_public_name() -> None:
    for name in ("__call__", "__len__", "loss", "forward"):
        assert Open().may_use(_Thing(), name, setting=True)
    for name in ("__reduce__", "__dict__", "_secret", "__class__"):
        assert not Open().may_use(_Thing(), name, setting=False)
