"""Questions that a chapter asks as well, although another page holds their rule."""

__all__ = ["LENT"]

LENT: dict[str, tuple[str, ...]] = {
    "foundations/neurons": (
        "concept/neuron-parts",
        "neuron/output",
        "neuron/threshold",
        "neuron/slope",
        "neuron/softmax-slope",
        "neuron/softmax-loss",
        "init/normal",
        "init/uniform",
        "init/shape",
    ),
    "foundations/layers": (
        "layers/output",
        "layers/batch",
        "layers/binary-loss",
        "layers/class-loss",
        "layers/softmax-gradient",
        "layers/parameters",
    ),
    "foundations/losses": (
        "layers/binary-loss",
        "layers/class-loss",
        "layers/softmax-gradient",
        "learning/logistic-squared",
    ),
    "foundations/one-neuron": (
        "learning/sgd-linear",
        "learning/batch-linear",
        "learning/sgd-logistic",
        "learning/logistic-squared",
        "learning/perceptron",
        "learning/stable-rate",
    ),
    "foundations/backpropagation": (
        "backprop/first-layer",
        "backprop/relu-delta",
        "backprop/full-update",
        "backprop/jacobian",
        "backprop/output-delta",
    ),
    "foundations/network-from-scratch": (
        "init/normal",
        "layers/parameters",
    ),
    "foundations/non-linearity": (
        "concept/universal",
        "neuron/slope",
    ),
    "foundations/model-selection": (
        "selection/mse",
        "selection/error-rate",
        "selection/fold-sizes",
        "selection/trainings",
        "selection/choice",
    ),
    "foundations/depth": (),
    "autoencoders/convolutional": (
        "convolution/size",
        "convolution/parameters",
        "convolution/receptive-field",
        "convolution/max-pooling",
        "autoencoder/parameters",
    ),
    "autoencoders/autoencoders": (
        "autoencoder/losses",
        "autoencoder/parameters",
    ),
    "autoencoders/denoising": ("autoencoder/masking-noise",),
    "autoencoders/sparse": ("autoencoder/sparsity",),
}
