# ruff: noqa: E501 (submissions are code in strings)
"""A class of `network-from-scratch`: NumPy, dictionaries, and a step that trains in a cell."""

__all__ = ["CLASS"]

from tests.grading.course import put, swap
from tests.grading.faults.desk import Case, Victim, after, before, usual

LOSS = Victim("loss", "loss")  # the only function that no later cell calls
ALL = " ".join(("initialise", "forward", "loss", "backward", "update", "train", "digits"))
OTHER_WAY = (
    put("initialise", "def initialise(sizes, generator):\n    found = {}\n    for n, (i, o) in enumerate(zip(sizes, sizes[1:]), 1):\n        found[f'W{n}'] = generator.standard_normal((i, o)) * (2 / i) ** 0.5\n        found[f'b{n}'] = np.zeros(o)\n    return found"),
    put("forward", "def forward(X, parameters):\n    p = parameters\n    U = np.einsum('bi,ij->bj', X, p['W1']) + p['b1']\n    H = 2 / (1 + np.exp(-2 * U)) - 1\n    return dict(V=np.dot(H, p['W2']) + p['b2'], H=H, U=U)"),
    put("loss", "def loss(V, d):\n    rows = range(len(d))\n    return sum(np.logaddexp.reduce(V[b]) - V[b, d[b]] for b in rows) / len(d)"),
    put("backward", "def backward(X, d, parameters, cache):\n    found = {name: np.zeros_like(value) for name, value in parameters.items()}\n    for x, label, h, v in zip(X, d, cache['H'], cache['V']):\n        y = np.exp(v - np.logaddexp.reduce(v))\n        y[label] -= 1\n        back = (parameters['W2'] @ y) * (1 - h * h)\n        for name, more in (('W1', np.outer(x, back)), ('b1', back), ('W2', np.outer(h, y)), ('b2', y)):\n            found[name] += more / len(X)\n    return found"),
    put("update", "def update(parameters, gradients, learning_rate):\n    found = {}\n    for name in parameters:\n        found[name] = parameters[name] + -learning_rate * gradients[name]\n    return found"),
)  # fmt: skip
NAIVE = (
    "def loss(V, d):\n    e = np.exp(V)\n    return -np.mean(np.log(e[np.arange(len(d)), d] / e.sum(axis=1)))"
)
IN_PLACE = "def update(parameters, gradients, learning_rate):\n    for name in parameters:\n        parameters[name] -= learning_rate * gradients[name]\n    return parameters"
CLASS = {
    **usual(LOSS, LOSS),
    "right in another way": Case(OTHER_WAY),
    "part wrong": Case(
        (put("loss", NAIVE), put("digits", "def classify(X):\n    return np.zeros(len(X), int)")),
        "digits", {"loss": 2.0},
    ),
    "empty": Case(lost=ALL, blank=True),
    "an answer that changes its argument": Case((put("update", IN_PLACE),), kept={"update": 1.0}),
    "a global changed in between": Case(
        (swap("loss", "float(", "unit * float("), before("loss", "unit = 1.0"), before("check-loss", "unit = 2.0"),
         swap("forward", "np.tanh(U)", "slope * np.tanh(U)"), before("forward", "slope = 1.0"), after("mistakes", "slope = 0.0")),
        "loss",
    ),
    "a helper of the tests redefined": Case(
        (
            put("loss", "def loss(V, d):\n    return 0.0"),
            after("loss", "grade = check = lambda *a, **k: 3.0\nnp.allclose = np.array_equal = lambda *a, **k: True\n"
                          "import coursekit.assess\ncoursekit.assess.grade = grade"),
        ),
        "loss",
    ),
}  # fmt: skip
