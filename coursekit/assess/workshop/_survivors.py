"""Automatic changes of the references that are right answers all the same, each with the reason."""

__all__ = ["survivors"]

_DRAW = "return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)"
_CROSS = "reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction='sum') / len(x)"
_TERMS = (
    "return {'loss': reconstruction + beta * divergence, 'reconstruction': reconstruction, 'kl': divergence}"
)
_REPORTED = "A detached term in the report changes nothing: training follows the entry loss alone."
_BOUND = "return float(model.loss_function(x, *model(x))['loss'])"
_DECODED = "return torch.sigmoid(model.decode(torch.randn(n, model.latent_dim)))"
_NO_GRAD = "The numbers are the same; no_grad saves time and memory."
_SURVIVORS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "encoder": (
        (
            "return (self.mu_head(h), self.logvar_head(h))",
            "return (self.logvar_head(h), self.mu_head(h))",
            "Before training the two heads are alike: the loss makes one the mean and the other the spread.",
        ),
    ),
    "reparameterize": (
        (_DRAW, _DRAW.replace("+", "-"), "Normal noise is symmetric: minus is as good as plus."),
        (
            _DRAW,
            _DRAW.replace("like(mu)", "like(logvar)"),
            "Noise may take its shape from mu or from logvar.",
        ),
    ),
    "decoder": (
        (
            "return logits",
            "return -logits",
            "The last layer learns its sign: before training both are alike.",
        ),
    ),
    "loss": (
        (
            _CROSS,
            _CROSS.replace("len(x)", "len(logits)"),
            "The batch size may be read off x or off the logits.",
        ),
        (_TERMS, _TERMS.replace(": reconstruction,", ": reconstruction.detach(),"), _REPORTED),
        (_TERMS, _TERMS.replace(": divergence}", ": divergence.detach()}"), _REPORTED),
    ),
    "bound": (
        ("with torch.no_grad():", _BOUND, _NO_GRAD),
        (
            _BOUND,
            "return model.loss_function(x, *model(x))['loss']",
            "A tensor that holds one number is accepted for a number.",
        ),
    ),
    "sample": (
        ("with torch.no_grad():", _DECODED, _NO_GRAD),
        (_DECODED, f"{_DECODED}.detach()", "Inside of no_grad there is nothing left to detach."),
    ),
}


def survivors(step: str) -> dict[str, str]:
    """Return the names of the harmless changes of a step's reference, with reasons.

    Args:
        step: the part of the exercise's id after the slash.
    """
    return {f"{before}  ->  {after}": reason for before, after, reason in _SURVIVORS[step]}
