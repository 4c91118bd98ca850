"""Questions in words on the VAE: what its KL term is for, and what reparameterisation makes possible."""

__all__ = ["kl_role", "trick"]

import random

from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "generative/variational-autoencoders"

_ROLE_RIGHT = (
    (
        "The VAE's loss adds, for each input, the KL divergence from its $q(z \\mid x)$ to the prior.",
        "Yes: input by input. Its mean is the information the code holds plus the distance of q(z) from the "
        "prior.",
    ),
    (
        "The VAE's loss has a second term that charges nats for what $q(z \\mid x)$ tells about $x$.",
        "Yes: the mean KL is the mutual information plus the distance of q(z) from the prior.",
    ),
    (
        "The autoencoder's loss lacks the term that keeps each $q(z \\mid x)$ near the prior.",
        "Yes: so nothing tells you which codes decode to something sensible.",
    ),
)
_ROLE_WRONG = (
    (
        "The VAE's loss forces the codes of the whole data set to be exactly standard normal.",
        "whole data set taken for each input",
        "The KL acts on each q(z | x), not on their mixture, and it is one term of two.",
        "vae-bound",
    ),
    (
        "At the best solution the VAE's KL term is 0 for every input.",
        "KL taken for 0 at the best",
        "Then the code would say nothing about the input: that is posterior collapse.",
        "vae-collapse",
    ),
    (
        "Only the VAE's loss compares the output with the input.",
        "reconstruction taken for the VAE's alone",
        "Both do: it is the reconstruction term.",
        "vae-loss",
    ),
    (
        "The VAE minimises the mutual information and nothing else.",
        "KL taken for information alone",
        "The reconstruction pulls the other way; the KL also measures how far q(z) is from the prior.",
        "vae-bound",
    ),
    (
        "The VAE's loss is the autoencoder's loss with noise added to its value.",
        "noise put into the loss",
        "The noise is in the code, and there is a second term.",
        "vae-bound",
    ),
    (
        "An autoencoder can't have random codes, so its loss can't be compared with the VAE's.",
        "codes taken for fixed",
        "An autoencoder's code may be noisy too: the KL term is the difference.",
        "vae-loss",
    ),
)
_TRICK_RIGHT = (
    (
        "Gradients of an expectation by the parameters of the distribution, if $z = g(\\varphi, "
        "\\varepsilon)$ is differentiable in $\\varphi$ and the noise does not depend on $\\varphi$.",
        "Yes, both conditions are needed: discrete codes, for instance, need another estimator.",
    ),
    (
        "Back-propagation through a draw, provided that the draw is a differentiable function of the "
        "parameters and of noise without parameters.",
        "Yes: the randomness moves into ε, which needs no gradient.",
    ),
)
_TRICK_WRONG = (
    (
        "Gradients through any draw, discrete ones included.",
        "differentiability forgotten",
        "A discrete draw is a step function of its parameters: its derivative is 0 almost everywhere.",
        "vae-reparameterisation",
    ),
    (
        "A decoder that gets the same code for the same input each time.",
        "noise taken for fixed",
        "The noise is fresh on every pass: only the mean is repeatable.",
        "vae-reparameterisation",
    ),
    (
        "Training without a KL term, because the noise keeps the codes near the prior.",
        "noise taken for a regulariser",
        "Without the KL the encoder makes σ small and the noise vanishes.",
        "vae-kl",
    ),
    (
        "Gradients through the draw, even if the draw is made with `.sample()` or under `no_grad`.",
        "graph cut unnoticed",
        "Those cut the graph: the encoder gets no gradient from the reconstruction.",
        "vae-reparameterisation",
    ),
    (
        "Learning the noise itself by gradient descent.",
        "noise taken for a parameter",
        "ε has no parameters: μ and σ are what is learnt.",
        "vae-reparameterisation",
    ),
    (
        "A gradient without any variance.",
        "estimate taken for exact",
        "It is still an estimate from random draws, usually with far less variance than the score "
        "function's.",
        "vae-reparameterisation",
    ),
)


def _statements(
    rng: random.Random,
    stem: str,
    right: tuple[tuple[str, str], ...],
    wrong: tuple[tuple[str, str, str, str], ...],
) -> Draft:
    """Take one true statement and three false ones."""
    text, feedback = rng.choice(right)
    chosen = tuple(Distractor(*entry) for entry in rng.sample(wrong, 3))
    return Draft(stem, text, chosen, feedback, values={"right": text})


@template("vae/kl-role", CHAPTER, "choice", label="vae-bound")
def kl_role(rng: random.Random) -> Draft:
    return _statements(rng, "How does a VAE's loss differ from an autoencoder's?", _ROLE_RIGHT, _ROLE_WRONG)


@template("vae/trick", CHAPTER, "choice", label="vae-reparameterisation")
def trick(rng: random.Random) -> Draft:
    return _statements(
        rng, "What does the reparameterisation trick make possible, and when?", _TRICK_RIGHT, _TRICK_WRONG
    )
