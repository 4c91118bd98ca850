"""One neuron and one layer: shapes, starting weights, the size of a signal, and spikes in time."""

__all__ = ["counts", "he", "interval", "relu_signal"]

import math
import random

from coursekit.assess.bank._write import num
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "foundations/neurons"
_SIZES = (4, 6, 8, 10, 12, 16, 20, 32, 50, 64, 100, 128, 256)


@template("neurons/counts", CHAPTER, "number", label="neuron-batch")
def counts(rng: random.Random) -> Draft:
    B, D, K = rng.sample(_SIZES, 3)
    inputs, learnt = B * K, D * K + K
    return Draft(
        f"A layer of $K = {K}$ neurons gets a batch $X$ of $B = {B}$ rows with $D = {D}$ features each. "
        "How many net inputs does it compute for the batch, and how many numbers does it learn?",
        (inputs, learnt),
        (
            Distractor(
                (inputs, D * K), "biases forgotten",
                "The biases are missing: every neuron has one of its own.",
            ),
            Distractor(
                (B * D * K, learnt), "products counted",
                "Those are the products; a net input is the sum of all products of one row in one neuron.",
            ),
            Distractor(
                (inputs, B * learnt), "weights for each row",
                "All rows meet the same weights: the batch size does not enter what is learnt.",
            ),
            Distractor(
                (B * D, learnt), "inputs for net inputs",
                "Those are the numbers that go in; one net input comes out for each row and neuron.",
            ),
        ),
        "The net inputs fill a matrix $U$ of shape $(B, K)$; the layer learns $W$ of shape $(D, K)$ and $b$ "
        "of shape $(K,)$.",
        (
            f"$U$ has shape $(B, K)$: ${B} \\cdot {K} = {inputs}$ numbers",
            f"$W$ has ${D} \\cdot {K} = {D * K}$ entries and $b$ has ${K}$: together ${learnt}$",
        ),
        asks=("net inputs", "learnt numbers"),
        values={"B": B, "D": D, "K": K},
    )  # fmt: skip


@template("neurons/he", CHAPTER, "number", label="neuron-variance", relative=1e-3, tolerance=1e-4)
def he(rng: random.Random) -> Draft:
    n_in, n_out = rng.sample(_SIZES, 2)
    variance = 2 / n_in
    sigma = math.sqrt(variance)
    return Draft(
        f"A layer with $n_\\mathrm{{in}} = {n_in}$ inputs and $n_\\mathrm{{out}} = {n_out}$ ReLU neurons "
        "shall keep the size of its signal. Which standard deviation do you give to the random generator "
        "for its weights?",
        sigma,
        (
            Distractor(
                variance, "variance as standard deviation",
                "That is the variance; the generator wants its root.",
            ),
            Distractor(
                math.sqrt(2 / (n_in + n_out)), "Xavier initialisation",
                "That is Xavier, made for units that let both signs through; ReLU loses half of the signal.",
            ),
            Distractor(
                math.sqrt(1 / n_in), "half that ReLU removes forgotten",
                "That keeps the size of a linear layer; ReLU sets half of the signal to zero, so double the "
                "variance.",
            ),
            Distractor(
                math.sqrt(2 / n_out), "outputs for inputs",
                "The sum runs over the inputs of a neuron, so it is their number that counts.",
            ),
        ),
        "A sum over $n_\\mathrm{in}$ inputs of which ReLU left half the second moment needs the variance "
        "$2 / n_\\mathrm{in}$.",
        (
            f"$\\sigma^2 = 2 / {n_in} = {num(variance)}$",
            f"$\\sigma = \\sqrt{{2 / {n_in}}} = {num(sigma)}$",
        ),
        values={"n_in": n_in, "n_out": n_out},
    )  # fmt: skip


@template("neurons/relu-signal", CHAPTER, "number", label="neuron-variance", relative=5e-3, tolerance=1e-4)
def relu_signal(rng: random.Random) -> Draft:
    layers, start = rng.randint(3, 12), float(rng.randint(1, 9))
    key = start * 0.5 ** (layers / 2)
    return Draft(
        f"A signal with the root mean square ${num(start)}$ enters ${layers}$ wide square layers of ReLU, "
        "without biases and with Xavier-normal weights. It has mean zero before each ReLU. Which root mean "
        "square do you expect after the last layer?",
        key,
        (
            Distractor(
                start, "ReLU taken for linear",
                "A linear layer would keep it; a ReLU removes the negative half of what arrives.",
            ),
            Distractor(
                start * 0.5**layers, "square not rooted",
                "The mean square halves in each layer; the root of it shrinks by the root of one half.",
            ),
            Distractor(
                start * math.sqrt(0.5), "one layer only",
                "That is one layer; the factor applies once for each of them.",
            ),
        ),
        "Each layer halves the mean square, because half of a symmetric signal is set to zero.",
        (
            f"mean square: factor $1/2$ a layer; its root: factor $\\sqrt{{1/2}} = {num(0.5**0.5)}$",
            f"${num(start)} \\cdot \\sqrt{{1/2}}^{{\\,{layers}}} = {num(key)}$",
        ),
        values={"layers": layers, "start": start},
        fits=key > 0.02,
    )  # fmt: skip


@template(
    "neurons/interval", CHAPTER, "number", label="neuron-spikes", relative=5e-3, tolerance=1e-2, unit="ms"
)
def interval(rng: random.Random) -> Draft:
    tau, theta = rng.choice((5, 8, 10, 12, 20)), rng.choice((10, 12, 15, 20))
    drive = theta + rng.choice((1, 2, 3, 5, 8, 10, 15, 20))
    key = tau * math.log(drive / (drive - theta))
    return Draft(
        f"A leaky integrate-and-fire neuron has the time constant $\\tau = {tau}$ ms and the threshold "
        f"$\\theta = {theta}$ mV; it starts again from $0$ mV after each spike. A constant input would carry "
        f"it to $I = {drive}$ mV if it did not fire. How much time lies between two spikes?",
        key,
        (
            Distractor(
                tau * theta / drive, "leak left out",
                "That is a straight climb: the leak slows the voltage down as it rises.",
            ),
            Distractor(
                tau * math.log(drive / theta), "threshold for the rest",
                "Inside the logarithm the drive stands over what is left above the threshold, $I - \\theta$.",
            ),
            Distractor(
                tau * drive / (drive - theta), "logarithm forgotten",
                "The voltage approaches its end exponentially, so the time is a logarithm.",
            ),
        ),
        "Set $v(T) = I (1 - e^{-T / \\tau})$ equal to the threshold and solve for $T$.",
        (
            f"$e^{{-T / \\tau}} = 1 - \\theta / I = {num((drive - theta) / drive)}$",
            f"$T = {tau} \\cdot \\ln({drive} / {drive - theta}) = {num(key)}$ ms",
        ),
        values={"tau": tau, "theta": theta, "drive": drive},
    )  # fmt: skip
