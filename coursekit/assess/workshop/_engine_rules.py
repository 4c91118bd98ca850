"""Steps A and B of the engine: the rule of each operation, and the other side of broadcasting."""

__all__ = ["RULE", "UNBROADCAST"]

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.plain import plain, told
from coursekit.assess.workshop._engine_reference import rule, unbroadcast

Array = NDArray[Any]
Rule = Callable[[str, Sequence[Array], Array], Any]

OPERATIONS = {"add": 2, "multiply": 2, "sin": 1, "exp": 1, "relu": 1}


def _rule_cases(seed: int) -> tuple[Case, ...]:
    rng = np.random.default_rng(seed)
    cases = []
    for op, count in OPERATIONS.items():
        values = rng.uniform(0.3, 1.4, (count, 2, 3)) * rng.choice((-1, 1), (count, 2, 3))
        values[0, 0] = -0.7, 0.9, 0.0 if op == "relu" else 0.4  # both sides of the kink, and the kink itself
        g = rng.uniform(0.5, 2.0, (2, 3))
        g[0, 1], g[1] = -g[0, 1], g[1] * rng.choice((-1, 1), 3)
        cases.append(Case(f"the rule of {op}", {"op": op, "arguments": values, "g": g}))
    return tuple(cases)


def _observe_rule(candidate: Any, case: Case) -> Observation:
    arguments = [np.array(entry) for entry in np.asarray(case.inputs["arguments"])]
    came = candidate(str(case.inputs["op"]), arguments, np.array(case.inputs["g"]))
    if came is None:
        return {"the answer": told(came)}
    if not isinstance(came, (tuple, list)):
        return {"the answer": f"no tuple but {told(came)}"}
    seen: dict[str, Any] = {"the answer": _tuple_of(len(came))}
    return seen | {f"gradient by argument {n}": plain(entry) for n, entry in enumerate(came, start=1)}


def _tuple_of(count: int) -> str:
    """Say what is asked for."""
    return f"a tuple of {count} gradient{'' if count == 1 else 's'}"


def _only(op: str, change: Rule) -> Callable[[], Rule]:
    """Return a builder of the right rules with another one for a single operation."""
    return lambda: lambda name, arguments, g: (change if name == op else rule)(name, arguments, g)


def _bare(name: str, arguments: Sequence[Array], g: Array) -> Any:
    found = rule(name, arguments, g)
    return found if len(found) > 1 else found[0]


def _local(name: str, arguments: Sequence[Array], g: Array) -> Any:
    return rule(name, arguments, np.ones_like(g))


def _by_table(name: str, arguments: Sequence[Array], g: Array) -> Any:
    table: dict[str, Callable[..., tuple[Any, ...]]] = {
        "add": lambda *_: (1.0, 1.0), "multiply": lambda a, b: (b, a), "sin": lambda a: (np.cos(a),),
        "exp": lambda a: (np.exp(a),), "relu": lambda a: ((a > 0).astype(float),),
    }  # fmt: skip
    return [g * slope for slope in table[name](*arguments)]


def _by_sign(name: str, arguments: Sequence[Array], g: Array) -> Any:
    if name == "relu":
        return (g * (np.sign(arguments[0]) + 1 > 1),)
    return rule(name, arguments, g)


RULE = Exercise(
    "autodiff-engine/rule",
    "The rule of each operation",
    "rule(op, arguments, g) -> a tuple with one gradient for each argument",
    4.0,
    lambda: rule,
    _rule_cases,
    _observe_rule,
    (Alternate("a table of slopes", lambda: _by_table), Alternate("relu by sign", lambda: _by_sign)),
    (
        Mutant(
            "own factor",
            "In a product each factor gets g times the *other* one: raise a, and a b rises by b.",
            _only("multiply", lambda _, a, g: (g * a[0], g * a[1])),
        ),
        Mutant(
            "gradient forgotten",
            "The slopes are there, but not the gradient g that comes back: multiply each slope by g.",
            lambda: _local,
        ),
        Mutant(
            "no tuple",
            "That is an array. Return a tuple for one argument as well: (gradient,), with the comma.",
            lambda: _bare,
            sign=lambda _, seen: str(seen.get("the answer")).startswith("no tuple but ndarray"),
        ),
        Mutant(
            "one for both",
            "There is one gradient for two arguments. Each gets its own, even where they are equal.",
            _only("add", lambda _, __, g: (g,)),
            sign=lambda case, seen: (
                len(np.asarray(case.inputs["arguments"])) == 2 and seen.get("the answer") == _tuple_of(1)
            ),
        ),
        Mutant(
            "sum split",
            "A sum hands g on to both summands in full: raise either by 1 and the sum rises by 1.",
            _only("add", lambda _, __, g: (g / 2, g / 2)),
        ),
        Mutant(
            "sign of the cosine",
            "The slope of sin is cos, with a plus; the minus belongs to the slope of cos.",
            _only("sin", lambda _, a, g: (-g * np.cos(a[0]),)),
        ),
        Mutant(
            "value of the sine",
            "That multiplies by the value, sin; the slope of sin is cos.",
            _only("sin", lambda _, a, g: (g * np.sin(a[0]),)),
        ),
        Mutant(
            "power rule for exp",
            "exp is its own slope: no power rule for a variable in the exponent.",
            _only("exp", lambda _, a, g: (g * a[0] * np.exp(a[0] - 1),)),
        ),
        Mutant(
            "relu at zero",
            "At 0 the slope of ReLU is a convention; here, as in PyTorch, it is 0.",
            _only("relu", lambda _, a, g: (g * (a[0] >= 0),)),
            "004-D098",
        ),
        Mutant(
            "relu of the gradient",
            "What decides is the sign of the argument, not that of g: a negative gradient passes too.",
            _only("relu", lambda _, __, g: (g * (g > 0),)),
        ),
        Mutant(
            "relu itself",
            "That multiplies by ReLU of the argument; its slope, 0 or 1, belongs there.",
            _only("relu", lambda _, a, g: (g * np.maximum(a[0], 0),)),
        ),
    ),
    (
        "For each argument ask: if only this one rises a little, how much does the result rise?",
        "That slope times g is the gradient; it has the shape of the argument.",
        "add: 1 and 1; multiply: the other factor; sin: cos; exp: itself; relu: 1 above 0, else 0.",
    ),
)


def _shape_cases(seed: int) -> tuple[Case, ...]:
    rng = np.random.default_rng(seed)
    pairs = (
        ((4, 3), (3,)), ((4, 3), (4, 1)), ((5, 4, 3), (1, 3)), ((4, 3), (4, 3)), ((5, 2), ()),
        ((5, 4, 4), (4, 1)),
    )  # fmt: skip
    return tuple(
        Case(
            f"{own} repeated to {full}", {"g": rng.normal(size=full) + 0.5, "shape": np.array(own, dtype=int)}
        )
        for full, own in pairs
    )


def _observe_shape(candidate: Any, case: Case) -> Observation:
    shape = tuple(int(size) for size in np.asarray(case.inputs["shape"]))
    return {"gradient": plain(candidate(np.array(case.inputs["g"]), shape))}


def _by_axes(g: Array, shape: tuple[int, ...]) -> Any:
    padded = (1,) * (g.ndim - len(shape)) + shape
    axes = tuple(n for n, size in enumerate(padded) if size == 1)
    return g.sum(axis=axes, keepdims=True).reshape(shape)


def _by_adding(g: Array, shape: tuple[int, ...]) -> Any:
    total = np.zeros(shape)
    source = np.broadcast_to(np.arange(total.size).reshape(shape), g.shape)
    np.add.at(total.reshape(-1), source.reshape(-1), g.reshape(-1))
    return total


def _mean(g: Array, shape: tuple[int, ...]) -> Any:
    return unbroadcast(g, shape) * (np.prod(shape) / g.size)


def _first(g: Array, shape: tuple[int, ...]) -> Any:
    padded = (1,) * (g.ndim - len(shape)) + shape
    return g[tuple(slice(None) if size > 1 else slice(0, 1) for size in padded)].reshape(shape)


def _leading(g: Array, shape: tuple[int, ...]) -> Any:
    return g.sum(axis=tuple(range(g.ndim - len(shape))))


def _dropped(g: Array, shape: tuple[int, ...]) -> Any:
    return np.squeeze(unbroadcast(g, shape)) if 1 in shape else unbroadcast(g, shape)


def _kept(g: Array, shape: tuple[int, ...]) -> Any:
    full = (1,) * (g.ndim - len(shape)) + shape
    return unbroadcast(g, shape).reshape(full)


UNBROADCAST = Exercise(
    "autodiff-engine/unbroadcast",
    "The other side of broadcasting",
    "unbroadcast(g, shape) -> g summed down to shape",
    3.0,
    lambda: unbroadcast,
    _shape_cases,
    _observe_shape,
    (Alternate("padded shape", lambda: _by_axes), Alternate("element by element", lambda: _by_adding)),
    (
        Mutant(
            "not summed",
            "g comes back as it is. A number that was repeated acts on the loss at every place: add them up.",
            lambda: lambda g, _: g,
        ),
        Mutant(
            "mean", "The copies were averaged. Their effects on the loss add up: use a sum.", lambda: _mean
        ),
        Mutant(
            "first copy",
            "Only the gradient of the first copy is there; all copies are the same variable.",
            lambda: _first,
        ),
        Mutant(
            "leading axes only",
            "An axis of length 1 may have been repeated as well: sum over it, and keep it.",
            lambda: _leading,
        ),
        Mutant(
            "axes of 1 dropped",
            "The axis of length 1 is gone: the gradient must have exactly the shape that was asked for.",
            lambda: _dropped,
        ),
        Mutant(
            "new axes kept",
            "Axes that broadcasting had put in front must go again; only those of the shape itself stay.",
            lambda: _kept,
        ),
        Mutant(
            "everything summed",
            "That is the sum of all of g, spread out again. Sum only over the axes that were repeated.",
            lambda: lambda g, shape: np.full(shape, g.sum()),
        ),
    ),
    (
        "Broadcasting repeats. What is the derivative of a sum over copies by the one number they copy?",
        "Two kinds of axes were repeated: those in front that the shape lacks, and those where it says 1.",
        "Sum the first kind away; sum the second kind with keepdims=True.",
    ),
)
