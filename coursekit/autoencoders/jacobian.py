"""The Jacobian of an encoder and its squared norm: in full, in closed form, and by random probes."""

__all__ = ["frobenius_closed", "frobenius_exact", "hutchinson", "hutchinson_variance", "jacobian"]

from collections.abc import Callable

import torch
from torch import Tensor, nn

from coursekit._check import check_choice, check_generator, check_positive_int, check_tensor, require

Encoder = Callable[[Tensor], Tensor]

# The derivative of an activation, written with the activation's own value.
_SLOPES: dict[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": lambda z: z * (1 - z),
    "tanh": lambda z: 1 - z.square(),
    "relu": lambda z: (z > 0).to(z.dtype),
    "linear": torch.ones_like,
}
_DISTRIBUTIONS = ("gaussian", "rademacher")


def _refuse_mixing(encode: Encoder) -> None:
    """Refuse an encoder in which a sample's code depends on the rest of the batch."""
    owner = encode if isinstance(encode, nn.Module) else getattr(encode, "__self__", None)
    if not isinstance(owner, nn.Module):
        return
    for layer in owner.modules():
        mixing = isinstance(layer, nn.modules.batchnorm._BatchNorm) and layer.training
        require(
            not mixing,
            "encode must treat each sample alone; got batch norm in training mode: call eval() on the model",
        )


def _pullback(encode: Encoder, x: Tensor) -> tuple[Tensor, Callable[[Tensor], tuple[Tensor]]]:
    """Return codes z (B, K) and the map from v (B, K) to the rows v_b^T J_b, of x's shape."""
    check_tensor(x, "x", floating=True)
    require(x.ndim >= 2 and len(x) > 0, f"x must have shape (B, ...), B at least 1; got {tuple(x.shape)}")
    _refuse_mixing(encode)
    # A transform of its own, neither a flag on the caller's x nor stopped by an outer no_grad.
    z, pull = torch.func.vjp(encode, x.detach())[:2]
    require(
        z.ndim == 2 and len(z) == len(x), f"encode must return codes (B, K), B {len(x)}; got {tuple(z.shape)}"
    )
    return z, pull


def jacobian(encode: Encoder, x: Tensor) -> Tensor:
    r"""Return the matrix of derivatives of every code with respect to its own sample.

    .. math:: J_{bkd} = \frac{\partial f_k(x_b)}{\partial x_{bd}}

    One pass forward and K backward at once. The result has a gradient with respect to the encoder's weights;
    x is neither changed nor marked.

    Args:
        encode: an encoder or the ``encode`` of a model, which must treat each sample alone.
        x: samples.

    Shape:
        x: (B, ...), flattened to D; returns (B, K, D).

    Raises:
        TypeError: x is no floating-point tensor.
        ValueError: x holds no sample, encode returns no (B, K), or has batch norm in training mode.

    Example:
        >>> jacobian(lambda x: x @ torch.tensor([[1.0], [2.0]]), torch.zeros(1, 2)).tolist()
        [[[1.0, 2.0]]]
    """
    z, pull = _pullback(encode, x)
    width = z.shape[1]
    eye = torch.eye(width, dtype=z.dtype, device=z.device)
    units = eye[:, None].expand(-1, len(z), -1)  # (K, B, K)
    (rows,) = torch.func.vmap(pull)(units)  # (K, B, ...)
    return rows.flatten(2).transpose(0, 1)


def frobenius_exact(encode: Encoder, x: Tensor) -> Tensor:
    r"""Return the squared Frobenius norm of the encoder's Jacobian at each sample.

    .. math:: \|J_b\|_F^2 = \sum_{k=1}^{K} \sum_{d=1}^{D} J_{bkd}^2

    The square, not its root: an encoder twice as steep has four times as much.

    Args:
        encode: an encoder or the ``encode`` of a model, which must treat each sample alone.
        x: samples.

    Shape:
        x: (B, ...); returns (B,).

    Units:
        Summed over the units and the inputs.

    Source:
        Rifai et al. 2011, equation (1).

    Example:
        >>> frobenius_exact(lambda x: x @ torch.tensor([[1.0], [2.0]]), torch.zeros(1, 2)).tolist()
        [5.0]
    """
    return jacobian(encode, x).square().sum((1, 2))


def frobenius_closed(z: Tensor, weight: Tensor, activation: str) -> Tensor:
    r"""Return the squared Frobenius norm for an encoder of one layer, z = s(W x + b), from its codes.

    .. math:: \|J_b\|_F^2 = \sum_{k=1}^{K} s'_{bk}{}^2 \sum_{d=1}^{D} W_{kd}^2, \qquad
              s' = z (1 - z),\; 1 - z^2,\; [z > 0] \text{ or } 1

    The slopes are those of the sigmoid, tanh, ReLU and the linear code, each from the activation's own value:
    nothing is differentiated, and the cost is that of a sum.

    Args:
        z: codes, the values after the activation.
        weight: the layer's weight.
        activation: "sigmoid", "tanh", "relu" or "linear".

    Shape:
        z: (B, K); weight: (K, D); returns (B,).

    Raises:
        TypeError: z or weight is no floating-point tensor.
        ValueError: the shapes do not fit, or the activation is another one.

    Source:
        Rifai et al. 2011, for the sigmoid.

    Example:
        >>> frobenius_closed(torch.tensor([[0.5]]), torch.tensor([[4.0]]), "sigmoid").tolist()
        [1.0]
    """
    check_choice(activation, "activation", tuple(_SLOPES))
    check_tensor(z, "z", shape=("B", "K"), floating=True)
    check_tensor(weight, "weight", shape=(z.shape[1], "D"), floating=True)
    return _SLOPES[activation](z).square() @ weight.square().sum(1)


def _probes(like: Tensor, probes: int, distribution: str, generator: torch.Generator | None) -> Tensor:
    """Draw vectors with mean 0 and covariance I, (P, B, K)."""
    shape = (probes, *like.shape)
    if distribution == "gaussian":
        return torch.randn(shape, generator=generator, dtype=like.dtype, device=like.device)
    signs = torch.randint(0, 2, shape, generator=generator, device=like.device)
    return (2 * signs - 1).to(like.dtype)


def hutchinson(
    encode: Encoder, x: Tensor, *, probes: int = 1, distribution: str = "rademacher",
    generator: torch.Generator | None = None,
) -> Tensor:  # fmt: skip
    r"""Estimate the squared Frobenius norm at each sample by random vectors: without bias, one pass each.

    .. math:: \|J_b\|_F^2 = E\,\|v^\top J_b\|_2^2 \approx \frac1P \sum_{p=1}^{P} \|v_p^\top J_b\|_2^2,
              \qquad E[v v^\top] = I

    Args:
        encode: an encoder or the ``encode`` of a model, which must treat each sample alone.
        x: samples.
        probes: P, 1 or more.
        distribution: of the entries of v: "gaussian", or "rademacher" (a sign), whose variance is smaller.
        generator: source of the vectors; torch's default generator when None.

    Shape:
        x: (B, ...); returns (B,).

    Units:
        Summed over the units and the inputs.

    Raises:
        TypeError: x is no floating-point tensor, or generator no torch.Generator.
        ValueError: probes is no positive integer, the distribution is unknown, x holds no sample, encode
            returns no (B, K), or has batch norm in training mode.

    Source:
        Hutchinson 1990; Hoffman, Roberts & Yaida 2019 for the norm of a Jacobian.

    Example:
        >>> g = torch.Generator().manual_seed(0)
        >>> hutchinson(lambda x: x @ torch.tensor([[1.0], [2.0]]), torch.zeros(1, 2), generator=g).tolist()
        [5.0]
    """
    check_positive_int(probes, "probes")
    check_choice(distribution, "distribution", _DISTRIBUTIONS)
    if generator is not None:
        check_generator(generator)
    z, pull = _pullback(encode, x)
    v = _probes(z.detach(), probes, distribution, generator)
    (rows,) = torch.func.vmap(pull)(v)  # (P, B, ...)
    return rows.flatten(2).square().sum(2).mean(0)


def hutchinson_variance(j: Tensor, *, probes: int = 1, distribution: str = "rademacher") -> Tensor:
    r"""Return the variance of :func:`hutchinson` for given Jacobians.

    .. math:: \frac2P \|A\|_F^2 \quad\text{(Gaussian)}, \qquad
              \frac2P \Bigl( \|A\|_F^2 - \sum_{k=1}^{K} A_{kk}^2 \Bigr) \quad\text{(Rademacher)}, \qquad
              A = J J^\top

    Signs have no variance along the diagonal: where the rows of J are orthogonal, one probe is exact.

    Args:
        j: Jacobians.
        probes: P, 1 or more.
        distribution: "gaussian" or "rademacher".

    Shape:
        j: (B, K, D); returns (B,).

    Raises:
        TypeError: j is no floating-point tensor.
        ValueError: j does not have the shape above, probes is no positive integer, or the distribution is
            unknown.

    Source:
        Hutchinson 1990; Avron & Toledo 2011, for both variances.

    Example:
        >>> j = torch.eye(3)[None]
        >>> hutchinson_variance(j).item(), hutchinson_variance(j, distribution="gaussian").item()
        (0.0, 6.0)
    """
    check_tensor(j, "j", shape=("B", "K", "D"), floating=True)
    check_positive_int(probes, "probes")
    check_choice(distribution, "distribution", _DISTRIBUTIONS)
    gram = j @ j.transpose(1, 2)  # (B, K, K)
    diagonal = gram.diagonal(dim1=1, dim2=2).square().sum(1)
    whole = gram.square().sum((1, 2))
    return 2 / probes * (whole - diagonal if distribution == "rademacher" else whole)
