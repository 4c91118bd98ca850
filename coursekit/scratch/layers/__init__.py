"""Layers of a network in NumPy: forward, backward, parameters and their gradients."""

__all__ = ["Activate", "BatchNorm", "Dropout", "Layer", "LayerNorm", "Linear", "Softmax"]

from coursekit.scratch.layers.base import Layer
from coursekit.scratch.layers.dropout import Dropout
from coursekit.scratch.layers.linear import Activate, Linear, Softmax
from coursekit.scratch.layers.norms import BatchNorm, LayerNorm
