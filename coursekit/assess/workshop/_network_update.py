"""The network from scratch: the update, which changes nothing that it was given."""

__all__ = ["UPDATE"]

from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.workshop._network_reference import Arrays, update
from coursekit.assess.workshop._network_survivors import survivors
from coursekit.assess.workshop._network_tools import NAMES, arrays, given, parameters
from coursekit.assess.workshop._tools import flag


def _cases(seed: int) -> tuple[Case, ...]:
    rng, cases = np.random.default_rng(seed), []
    for rate, sizes in ((0.1, (3, 4, 2)), (2.0, (2, 2, 2))):
        slopes = {f"by {name}": value for name, value in parameters(rng, sizes).items()}
        inputs: dict[str, Any] = parameters(rng, sizes) | slopes
        cases.append(Case(f"learning rate {rate}", inputs | {"learning rate": rate}, group="values"))
        kept = dict.fromkeys(("given parameters stay", "given gradients stay", "results are new arrays"), 1.0)
        case = Case(f"purity, learning rate {rate}", inputs | {"learning rate": rate}, 2, kept, group="pure")
        cases.append(case)
    return tuple(cases)


def _observe(candidate: Any, case: Case) -> Observation:
    old = given(case, NAMES)
    slopes = {name: np.array(case.inputs[f"by {name}"]) for name in NAMES}
    before = [value.copy() for value in (*old.values(), *slopes.values())]
    held = tuple(old.values())
    new = candidate(old, slopes, float(case.inputs["learning rate"]))
    if case.group == "values":
        return arrays(new, NAMES)
    kept = [np.array_equal(a, b) for a, b in zip((*held, *slopes.values()), before, strict=True)]
    same = all(old.get(name) is value for name, value in zip(NAMES, held, strict=True))
    fresh = isinstance(new, dict) and not any(
        isinstance(value, np.ndarray) and np.shares_memory(value, part)
        for value in new.values() for part in (*held, *slopes.values())
    )  # fmt: skip
    return {
        "given parameters stay": flag(all(kept[:4]) and same),
        "given gradients stay": flag(all(kept[4:])),
        "results are new arrays": flag(fresh),
    }


def _moved(p: Arrays, g: Arrays, factor: float, names: tuple[str, ...] = NAMES) -> Arrays:
    return {name: p[name] + (factor * g[name] if name in names else 0) for name in NAMES}


def _in_place(p: Any, g: Any, rate: Any) -> Any:
    for name in NAMES:
        p[name] -= rate * g[name]
    return p


def _rebound(p: Any, g: Any, rate: Any) -> Any:
    for name in NAMES:
        p[name] = p[name] - rate * g[name]
    return p


def _scaled_gradients(p: Any, g: Any, rate: Any) -> Any:
    for value in g.values():
        value *= rate
    return {name: p[name] - g[name] for name in NAMES}


def _copied_first(p: Any, g: Any, rate: Any) -> Any:
    new = {name: value.copy() for name, value in p.items()}
    for name, value in new.items():
        value -= rate * g[name]
    return new


_IN_PLACE = (
    "The values are right, but the caller's parameters changed too: return new arrays in a new dictionary."
)
UPDATE = Exercise(
    "network-from-scratch/update",
    "The update",
    "update(parameters, gradients, learning_rate) -> new dictionary with W1, b1, W2, b2",
    2.0,
    lambda: update,
    _cases,
    _observe,
    (
        Alternate("copies moved in place", lambda: _copied_first),
        Alternate(
            "entry by entry", lambda: lambda p, g, a: {n: np.subtract(p[n], np.multiply(g[n], a)) for n in g}
        ),
    ),
    (
        Mutant("in place", _IN_PLACE, lambda: _in_place),
        Mutant("same dictionary", _IN_PLACE, lambda: _rebound),
        Mutant(
            "gradients changed",
            "The values are right, but the caller's gradients were changed: compute the step into a new "
            "array.",
            lambda: _scaled_gradients,
        ),
        Mutant(
            "uphill",
            "The step goes along the gradient: that raises the loss. Go against it.",
            lambda: lambda p, g, a: _moved(p, g, a),
        ),
        Mutant(
            "learning rate ignored",
            "The learning rate is ignored: multiply each gradient by it.",
            lambda: lambda p, g, _: _moved(p, g, -1.0),
        ),
        Mutant(
            "biases stay",
            "Only the weights moved: biases are learned as well.",
            lambda: lambda p, g, a: _moved(p, g, -a, ("W1", "W2")),
        ),
        Mutant(
            "divided by the rate",
            "The gradient is divided by the learning rate: a smaller rate must give a smaller step.",
            lambda: lambda p, g, a: _moved(p, g, -1 / a),
        ),
        Mutant(
            "step without the parameters",
            "These are the steps alone: subtract them from the parameters.",
            lambda: lambda p, g, a: {name: -a * g[name] for name in p},
        ),
    ),
    (
        "Each parameter minus learning rate times its gradient.",
        "a -= b changes the array that the caller still holds; a - b makes a new one.",
    ),
    tolerance=1e-9,
    groups=(("values", 1.0), ("pure", 1.0)),
    survivors=survivors("update"),
)
