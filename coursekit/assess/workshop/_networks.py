"""Steps A and C: the encoder and the decoder."""

__all__ = ["decoder_exercise", "encoder_exercise"]

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.workshop._nets import (
    SAME,
    LogSigmaEncoder,
    OneHead,
    PlainEncoder,
    Sizes,
    StraightEncoder,
    TwoEncoders,
    decoder,
    encoder,
    mlp,
)
from coursekit.assess.workshop._reference import Decoder, Encoder
from coursekit.assess.workshop._setting import PIXELS, SETTING, Setting
from coursekit.assess.workshop._survivors import survivors
from coursekit.assess.workshop._tools import flag, gradients, seeded, shape_of, tensor


def _range(name: str, value: Tensor) -> dict[str, float]:
    """Say which values are reached: a net without an end function leaves -1..1."""
    return {
        f"{name} reaches below 0": flag((value < 0).any()),
        f"{name} reaches above 0": flag((value > 0).any()),
        f"{name} reaches beyond 1": flag((value.abs() > 1).any()),
    }  # fmt: skip


def _network_cases(sizes: Sizes, outputs: tuple[str, ...], rows: int = 512) -> Any:
    """Make the cases of a network: shapes on three rows, ranges on many wide ones, gradients.

    With 512 rows of random weights, an output without an end function fails to reach both sides with a
    probability far below 1e-6 (each of the outputs would have to keep its sign over all rows).
    """
    reach = {f"{name} reaches {side}": 1.0 for name in outputs for side in ("below 0", "above 0", "beyond 1")}
    shapes = {f"shape of {name}": f"(3, {sizes[-1]})" for name in outputs}

    def cases(seed: int) -> tuple[Case, ...]:
        rng = np.random.default_rng(seed)
        few, many = rng.normal(size=(3, sizes[0])), 30 * rng.normal(size=(rows, sizes[0]))
        extra = {"mu and logvar are two outputs": 1.0} if len(outputs) == 2 else {}
        named = dict(zip(("first", "hidden", "last"), sizes, strict=True))
        flow = {
            "registered as parameters": 1.0,
            "same outputs in two calls": 1.0,
            "gradient reaches the input": 1.0,
            "output bends": 1.0,
            "negative inputs matter": 1.0,
        }
        return (
            Case(f"3 rows of {sizes[0]}", {"rows": few, "seed": seed, **named}, 1, shapes, group="outputs"),
            Case(
                f"{rows} wide rows",
                {"rows": many, "seed": seed, **named},
                2,
                {**reach, **extra},
                group="outputs",
            ),
            Case("parameters and gradients", {"rows": few, "seed": seed, **named}, 3, flow, group="learning"),
        )

    return cases


def _bends(net: Any, rows: Tensor, names: tuple[str, ...]) -> bool:
    """Tell whether the outputs at x, 0 and -x lie off a line, as they do behind a hidden activation."""
    at = [net(factor * rows) for factor in (1, 0, -1)]
    outs = [[out] if len(names) == 1 else out for out in at]
    return all(
        bool((up + down - 2 * middle).abs().max() > 1e-4) for up, middle, down in zip(*outs, strict=True)
    )


def _differ(net: Any, one: Tensor, other: Tensor, names: tuple[str, ...]) -> bool:
    """Tell whether two inputs give different outputs, each of them."""
    outs = [[out] if len(names) == 1 else out for out in (net(one), net(other))]
    return all(not torch.equal(a, b) for a, b in zip(*outs, strict=True))


def _observe(names: tuple[str, ...]) -> Callable[[Any, Case], Observation]:
    def observe(candidate: Any, case: Case) -> Observation:
        sizes = [int(case.inputs[key]) for key in ("first", "hidden", "last")]
        rows = tensor(case, "rows", grad=case.layer == 3)
        with seeded(case):
            net = candidate(*sizes)
            came = net(rows)
            again = net(rows) if case.layer == 3 else came
        outs = came if len(names) > 1 and isinstance(came, (tuple, list)) else (came,) * len(names)
        if len(outs) != len(names):
            return {f"shape of {name}": f"one of {len(outs)} outputs" for name in names}
        if case.layer == 1:
            return {f"shape of {name}": shape_of(out) for name, out in zip(names, outs, strict=True)}
        if case.layer == 2:
            seen = {k: v for name, out in zip(names, outs, strict=True) for k, v in _range(name, out).items()}
            return {**seen, "mu and logvar are two outputs": flag(not torch.equal(outs[0], outs[-1]))}
        others = again if isinstance(again, (tuple, list)) else (again,) * len(names)
        flow = [gradients(out, [rows])[0].abs().sum() > 0 for out in outs]
        return {
            "registered as parameters": flag(isinstance(net, nn.Module) and list(net.parameters())),
            "same outputs in two calls": flag(
                all(torch.equal(a, b) for a, b in zip(outs, others, strict=True))
            ),
            "gradient reaches the input": flag(all(flow)),
            "output bends": flag(_bends(net, rows, names)),
            "negative inputs matter": flag(_differ(net, -rows.abs(), 0 * rows, names)),
        }

    return observe


_FREE = (
    "logvar can't be negative: there is an activation behind its head. "
    "A log-variance below 0 means a spread below 1."
)
_STRAIGHT = "The outputs are a straight-line function of the input: the hidden layer lacks its activation."
_ENCODER = Exercise(
    "mini-sprint-vae/encoder",
    "From an image to the mean and the log-variance of q(z | x)",
    "class Encoder(nn.Module) with Encoder(input_dim, hidden_dim, latent_dim) and forward(x) -> (mu, logvar)",
    2.0,
    lambda: Encoder,
    _network_cases((PIXELS, SETTING.hidden, SETTING.latents), ("mu", "logvar")),
    _observe(("mu", "logvar")),
    (
        Alternate("two encoders", lambda: lambda *sizes: TwoEncoders(sizes)),
        Alternate("log σ head, tanh", lambda: LogSigmaEncoder),
        Alternate(
            "one hidden layer more",
            lambda: lambda d, h, z: nn.Sequential(nn.Linear(d, h), nn.ReLU(), LogSigmaEncoder(h, h, z)),
        ),
    ),
    (
        Mutant(
            "relu on the heads",
            "mu and logvar can't be negative: there is an activation behind the heads. Both are free "
            "numbers, so "
            "their layers must be linear.",
            lambda: encoder(torch.relu, torch.relu),
            "000-M-20",
        ),
        Mutant(
            "sigmoid on logvar",
            _FREE + " A sigmoid also keeps it below 1.",
            lambda: encoder(SAME, torch.sigmoid),
            "000-M-14",
        ),
        Mutant(
            "std for logvar",
            _FREE + " If your head gives the standard deviation, return 2 · log of it.",
            lambda: encoder(SAME, torch.exp),
        ),
        Mutant(
            "tanh on the heads",
            "mu and logvar never leave −1 to 1: there is a tanh behind the heads. Remove it.",
            lambda: encoder(torch.tanh, torch.tanh),
        ),
        Mutant(
            "one head",
            "mu and logvar are the same numbers: they need a head each.",
            lambda: lambda *sizes: OneHead(sizes),
        ),
        Mutant(
            "plain class",
            "The layers are not registered: an optimiser would find no parameters. Subclass nn.Module, call "
            "super().__init__(), and keep the layers as attributes.",
            lambda: lambda *sizes: PlainEncoder(sizes),
            "000-D-SPR-2",
        ),
        Mutant(
            "cut",
            "No gradient gets from the outputs back to the input: something is detached.",
            lambda: encoder(torch.Tensor.detach, torch.Tensor.detach),
            "000-M-13",
        ),
        Mutant(
            "no activation",
            _STRAIGHT,
            lambda: lambda *sizes: StraightEncoder(sizes),
        ),
        Mutant(
            "noisy",
            "Two calls give different outputs. The encoder is deterministic: the noise comes in step B.",
            lambda: encoder(lambda h: h + torch.randn_like(h)),
        ),
    ),
    (
        "One hidden layer with an activation; then two linear layers side by side that read it.",
        "mu and logvar must be free to take any sign, so nothing comes behind the two heads.",
        "In __init__ three nn.Linear: one from the image to the hidden layer, two from there to the code. "
        "forward activates the hidden layer once and hands it to both heads.",
    ),
    groups=(("outputs", 1.0), ("learning", 1.0)),
    survivors=survivors("encoder"),
)
_DECODER = Exercise(
    "mini-sprint-vae/decoder",
    "From a code to the logits of the pixels",
    "class Decoder(nn.Module) with Decoder(latent_dim, hidden_dim, output_dim) and forward(z) -> logits",
    1.0,
    lambda: Decoder,
    _network_cases((SETTING.latents, SETTING.hidden, PIXELS), ("logits",)),
    _observe(("logits",)),
    (
        Alternate("tanh", lambda: decoder(activation=nn.Tanh)),
        Alternate("a sequential", lambda: lambda z, h, d: mlp(z, h, d, nn.SiLU)),
    ),
    (
        Mutant(
            "sigmoid at the end",
            "Your outputs stay between 0 and 1: there is a sigmoid at the end. Return logits; the loss "
            "contains the "
            "sigmoid, and with two of them no pixel leaves 0.5 to 0.73.",
            lambda: decoder(torch.sigmoid),
            "000-M-17",
        ),
        Mutant(
            "relu at the end",
            "A logit below 0 means a pixel that is rather off. Remove the ReLU at the end.",
            lambda: decoder(torch.relu),
        ),
        Mutant(
            "tanh at the end",
            "Your logits never leave −1 to 1, so no pixel can get surer than 0.73. Remove the "
            "tanh at the end.",
            lambda: decoder(torch.tanh),
        ),
        Mutant(
            "cut",
            "No gradient gets from the logits back to z: something is detached.",
            lambda: decoder(torch.Tensor.detach),
            "000-M-13",
        ),
        Mutant("no activation", _STRAIGHT, lambda: decoder(activation=nn.Identity)),
        Mutant(
            "activation first",
            "The activation comes before the first layer, so it drops the negative half of every code. Put "
            "it between the two layers.",
            lambda: lambda z, h, d: nn.Sequential(nn.ReLU(), mlp(z, h, d)),
        ),
    ),
    (
        "The encoder's sizes in reverse: from the code to the hidden layer to the pixels.",
        "A logit is any real number, so the last layer is linear.",
        "A hidden linear layer, an activation, a linear layer with one output for each pixel.",
    ),
    groups=(("outputs", 0.5), ("learning", 0.5)),
    survivors=survivors("decoder"),
)


def encoder_exercise(setting: Setting) -> Exercise:
    """Return the exercise of step A for one variant's sizes."""
    sizes = (PIXELS, setting.hidden, setting.latents)
    return replace(_ENCODER, cases=_network_cases(sizes, ("mu", "logvar")))


def decoder_exercise(setting: Setting) -> Exercise:
    """Return the exercise of step C for one variant's sizes."""
    sizes = (setting.latents, setting.hidden, PIXELS)
    return replace(_DECODER, cases=_network_cases(sizes, ("logits",)))
