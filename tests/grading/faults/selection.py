# ruff: noqa: E501 (submissions are code in strings)
"""A class of `model-selection`: indices, a random stream, and a function that the judge hands over."""

__all__ = ["CLASS"]

from tests.grading.course import put, swap
from tests.grading.faults.desk import Case, Victim, after, before, more, usual

HOLDOUT, LEAVE = Victim("holdout", "holdout"), Victim("leave-one-out", "leave-one-out")
ALL = " ".join(("error-rate", "mse", "holdout", "kfold", "choose", "leave-one-out"))
OTHER_WAY = (
    put("error-rate", "def error_rate(y, d):\n    return sum(int(a != b) for a, b in zip(y, d)) / len(d)"),
    put("mse", "def mse(Y, D):\n    return np.linalg.norm(Y - D) ** 2 / Y.shape[0]"),
    put("holdout", "def holdout(X, d, fraction, rng):\n    test, train = np.split(rng.permutation(len(X)), [int(fraction * len(X))])\n    return np.take(X, train, 0), d[train], np.take(X, test, 0), d[test]"),
    put("kfold", "def kfold(B, k):\n    return np.array_split(range(B), k)"),
    put("choose", "def choose(X, d, penalties, folds, fit):\n    def error(penalty, fold):\n        out = np.zeros(len(d), bool)\n        out[fold] = True\n        return np.mean(np.square(d[out] - X[out] @ fit(X[~out], d[~out], penalty)))\n    means = np.array([np.mean([error(p, fold) for fold in folds]) for p in penalties])\n    at = min(range(len(penalties)), key=means.__getitem__)\n    return means, at, fit(X, d, penalties[at])"),
    put("leave-one-out", "def leave_one_out(X, d, penalty):\n    total = 0.0\n    for i in range(len(d)):\n        rest = np.delete(np.arange(len(d)), i)\n        w = np.linalg.inv(X[rest].T @ X[rest] + penalty * np.eye(X.shape[1])) @ X[rest].T @ d[rest]\n        total += (d[i] - X[i] @ w) ** 2\n    return total / len(d)"),
)  # fmt: skip
CLASS = {
    **usual(HOLDOUT, LEAVE),
    **more(HOLDOUT, LEAVE),
    "right in another way": Case(OTHER_WAY),
    "part wrong": Case(
        (swap("choose", "return means, best, fit(X, d, penalties[best])", "return means, best, w"),
         swap("mse", ".sum(axis=1).mean()", ".mean()")),
        "mse", {"choose": 2.0},
    ),
    "empty": Case(lost=ALL, blank=True),
    "an answer that changes its argument": Case(
        (swap("leave-one-out", "return (residual**2).mean()", "d *= 0\n    return (residual**2).mean()"),)
    ),
    "a global changed in between": Case(
        (swap("kfold", "start = [], 0", "start = [], first"), before("kfold", "first = 0"), after("look", "first = 0"),
         before("check-kfold", "first = 1"),
         swap("holdout", "order[:count]", "order[begin:count]"), before("holdout", "begin = 0"), after("kfold", "begin = 1")),
        "kfold",
    ),
    "a helper of the tests redefined": Case(
        (put("mse", "def mse(Y, D):\n    return 0.0"),
         after("mse", "grade = check = lambda *a, **k: 1.0\ndef ridge(X, d, penalty):\n    return np.zeros(X.shape[1])\n"
                      "np.allclose = np.array_equal = lambda *a, **k: True")),
        "mse",
    ),
}  # fmt: skip
