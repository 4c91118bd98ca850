"""Many small autoencoders trained at once, each with its own start, order of the images and learning rate."""

__all__ = ["EPOCHS", "Outcome", "Recipe", "Trained", "build", "run", "start"]

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from coursekit._check import require
from coursekit.autoencoders import Autoencoder, DenseAutoencoder, ResidualAutoencoder
from coursekit.autoencoders.layers import GeneratorDropout, dropout_drawn_from
from coursekit.autoencoders.losses import pixels, reconstruction_loss
from coursekit.experiments.ae_parts import digits_in_three
from coursekit.experiments.bench import plan, seeded
from coursekit.experiments.prac_judge import features_of_digits
from coursekit.experiments.prac_rates import Pace
from coursekit.experiments.prac_start import start

EPOCHS = 25


@dataclass(frozen=True)
class Recipe:
    """All that decides a run but its seed; the defaults are the reference that every section varies.

    ``drop`` holds the probabilities of the encoder's and the decoder's hidden units; ``blocks`` above 0
    makes it a residual network, or a plain one of the same layers without ``skip``. ``mix`` weighs the loss
    of the pixels and D times that of the features of :func:`coursekit.experiments.prac_judge.extractor`.
    """

    hidden: tuple[int, ...] = (64,)
    latents: int = 8
    activation: str = "relu"
    batch_norm: bool = False
    drop: tuple[float, float] = (0.0, 0.0)
    blocks: int = 0
    skip: bool = True
    sigmoid: bool = False
    loss: str = "squared"
    delta: float = 1.0
    mix: tuple[float, float] = (1.0, 0.0)
    batch: int = 100
    rows: int = 1200
    epochs: int = EPOCHS
    start: str = "default"
    rate: float = 3e-3
    schedule: str = "constant"

    def layout(self) -> "Recipe":
        """Return what all models of one stack must share."""
        return replace(self, start="default", rate=1.0, schedule="constant", mix=(1.0, 0.0))


class Trained(NamedTuple):
    """One run: its model, errors per pixel on the three parts, validation error and rate of each epoch."""

    model: Autoencoder
    train: float
    valid: float
    test: float
    curve: Tensor
    rates: Tensor


class Outcome(NamedTuple):
    """The runs of one recipe, one a seed."""

    recipe: Recipe
    runs: tuple[Trained, ...]

    def column(self, name: str = "test") -> tuple[float, ...]:
        """Return one number of each run: "train", "valid" or "test"."""
        return tuple(float(getattr(run, name)) for run in self.runs)

    def curves(self) -> Tensor:
        """Return the validation errors per pixel, (S, E)."""
        return torch.stack([run.curve for run in self.runs])


class _Pass(nn.Module):
    """A model's two halves without its checks, which can't look into a stack."""

    def __init__(self, model: Autoencoder) -> None:
        super().__init__()
        self.encoder, self.decoder = cast(nn.Module, model.encoder), cast(nn.Module, model.decoder)

    def forward(self, x: Tensor) -> Tensor:
        """Return the decoder's outputs."""
        outputs: Tensor = self.decoder(self.encoder(x))
        return outputs


class _Adam:
    """Adam on stacked weights, with a learning rate for each model of the stack."""

    def __init__(self, parameters: Sequence[Tensor]) -> None:
        self.parameters, self.steps = list(parameters), 0
        self.first = [torch.zeros_like(p) for p in self.parameters]
        self.second = [torch.zeros_like(p) for p in self.parameters]

    @torch.no_grad()
    def step(self, rates: Tensor) -> None:
        """Take one step against the gradients and forget them."""
        self.steps += 1
        one, two = 1 - 0.9**self.steps, 1 - 0.999**self.steps
        for p, m, v in zip(self.parameters, self.first, self.second, strict=True):
            gradient = p.grad
            if gradient is None:
                continue
            m.lerp_(gradient, 0.1)
            v.mul_(0.999).addcmul_(gradient, gradient, value=0.001)
            p.sub_(rates.view(-1, *[1] * (p.dim() - 1)) * (m / one) / ((v / two).sqrt_().add_(1e-8)))
            p.grad = None


def build(recipe: Recipe, seed: int) -> Autoencoder:
    """Return the model of a recipe before training.

    Args:
        recipe: what to build.
        seed: of its weights.

    Raises:
        ValueError: an option of the recipe is unknown or out of range.
    """
    model: Autoencoder
    if recipe.blocks:
        model = ResidualAutoencoder(
            64, recipe.hidden, recipe.latents, blocks=recipe.blocks, skip=recipe.skip, loss=recipe.loss,
            activation=recipe.activation, delta=recipe.delta, generator=seeded(seed),
        )  # fmt: skip
    else:
        model = DenseAutoencoder(
            64, recipe.hidden, recipe.latents, activation=recipe.activation, loss=recipe.loss,
            batch_norm=recipe.batch_norm, dropout=max(recipe.drop), delta=recipe.delta,
            generator=seeded(seed),
        )  # fmt: skip
    for half, p in zip((model.encoder, model.decoder), recipe.drop, strict=True):
        for layer in half.modules():
            if isinstance(layer, GeneratorDropout):
                layer.p = p
    if recipe.sigmoid:
        model.decoder.append(nn.Sigmoid())
    if recipe.start != "default":
        start(model, recipe.start, activation=recipe.activation, generator=seeded(seed))
    return model


class _Stack:
    """Models of one layout, their weights in one set of tensors with the model as first axis."""

    def __init__(self, members: Sequence[tuple[Recipe, int]]) -> None:
        self.members = list(members)
        self.models = [build(recipe, seed) for recipe, seed in members]
        passes = [_Pass(model) for model in self.models]
        self.parameters, self.buffers = stack_module_state(passes)
        self.net = deepcopy(passes[0])
        self.mix = torch.tensor([recipe.mix for recipe, _ in members])

    def outputs(self, x: Tensor) -> Tensor:
        """Return what every model makes of its own batch, (M, B, D)."""

        def one(parameters: dict[str, Tensor], buffers: dict[str, Tensor], rows: Tensor) -> Tensor:
            outputs: Tensor = functional_call(self.net, (parameters, buffers), (rows,))
            return outputs

        told: Tensor = vmap(one, randomness="different")(self.parameters, self.buffers, x)
        return told

    def loss(self, outputs: Tensor, x: Tensor) -> Tensor:
        """Return the sum of the models' own losses: each weight has a gradient of its own loss alone."""
        recipe, told, wanted = self.members[0][0], outputs.flatten(0, 1), x.flatten(0, 1)
        each = reconstruction_loss(told, wanted, loss=recipe.loss, delta=recipe.delta)
        mixed = self.mix[:, 0] @ each.view(x.shape[:2]).mean(1)
        if bool(self.mix[:, 1].any()):
            features = features_of_digits()(told, wanted) * x.shape[2]
            mixed = mixed + self.mix[:, 1] @ features.view(x.shape[:2]).mean(1)
        return mixed

    @torch.no_grad()
    def errors(self, x: Tensor) -> Tensor:
        """Return the squared error per pixel of each model on the same images, (M,)."""
        self.net.eval()
        stacked = x.expand(len(self.models), *x.shape)
        told = pixels(self.outputs(stacked), self.members[0][0].loss)
        return (told - stacked).square().mean((1, 2))

    @torch.enable_grad()
    def train(self) -> tuple[Tensor, Tensor]:
        """Train all of them; return validation errors and rates by epoch, (E, M) each."""
        recipe, parts = self.members[0][0], digits_in_three()
        optimiser = _Adam(list(self.parameters.values()))
        pace = Pace([(r.schedule, r.rate, r.epochs) for r, _ in self.members])
        # The streams of coursekit.train.fit in the other experiments: a stack repeats its orders.
        streams = [seeded(10_000 + seed) for _, seed in self.members]
        masks, curve, rates = seeded(20_000 + self.members[0][1]), [], []
        for epoch in range(recipe.epochs):
            rates.append(pace.rates(epoch))
            self.net.train()
            with dropout_drawn_from(self.net, masks):
                orders = torch.stack([torch.randperm(recipe.rows, generator=g) for g in streams])
                for at in range(0, recipe.rows, recipe.batch):
                    rows = orders[:, at : at + recipe.batch]
                    x = parts.x_train[rows]
                    self.loss(self.outputs(x), x).backward()  # type: ignore[no-untyped-call]
                    optimiser.step(rates[-1])
            curve.append(self.errors(parts.x_valid))
            pace.show(curve[-1])
        return torch.stack(curve), torch.stack(rates)

    def finish(self) -> list[Trained]:
        """Train, hand the weights back to the models, and measure."""
        curve, rates = self.train()
        parts = digits_in_three()
        train, test = self.errors(parts.x_train[: self.members[0][0].rows]), self.errors(parts.x_test)
        for at, model in enumerate(self.models):
            state = {k: v[at].detach() for k, v in {**self.parameters, **self.buffers}.items()}
            _Pass(model).load_state_dict(state)
            model.eval()
        return [
            Trained(model, train[m].item(), curve[-1, m].item(), test[m].item(), curve[:, m], rates[:, m])
            for m, model in enumerate(self.models)
        ]


_KEPT: dict[tuple[Recipe, int], Trained] = {}


def run(
    recipes: Sequence[Recipe], seeds: Sequence[int] = (0, 1, 2, 3, 4), *, fast: bool = False
) -> list[Outcome]:
    """Train each recipe with each seed, those of one layout together, and none twice.

    Args:
        recipes: what to train.
        seeds: of the weights and of the order of the images.
        fast: two seeds and a quarter of the epochs.

    Units:
        All errors are squared pixel values, averaged over images and pixels.

    Raises:
        ValueError: there is no recipe or no seed, or an option of a recipe is unknown.
    """
    require(len(recipes) > 0, "recipes must hold at least one recipe; got none")
    used, _ = plan(seeds, 1, fast)
    wanted = [replace(r, epochs=plan(seeds, r.epochs, fast)[1]) for r in recipes]
    groups: dict[Recipe, list[tuple[Recipe, int]]] = {}
    for member in ((recipe, seed) for recipe in wanted for seed in used):
        if member not in _KEPT and member not in groups.setdefault(member[0].layout(), []):
            groups[member[0].layout()].append(member)
    for members in groups.values():
        if members:
            _KEPT.update(zip(members, _Stack(members).finish(), strict=True))
    return [Outcome(recipe, tuple(_KEPT[recipe, seed] for seed in used)) for recipe in wanted]
