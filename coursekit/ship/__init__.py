"""From a trained model to one that serves: export, quantisation, pruning, a card, and watching for drift."""

__all__ = [
    "Affine",
    "ColumnDrift",
    "KsTest",
    "ModelCard",
    "Monitor",
    "QuantizedLinear",
    "check_export",
    "column_drift",
    "data_hash",
    "dequantize",
    "export_model",
    "export_onnx",
    "file_hash",
    "ks_test",
    "largest_difference",
    "load_export",
    "make_card",
    "model_bytes",
    "onnx_session",
    "prune_neurons",
    "prune_weights",
    "psi",
    "psi_threshold",
    "quantize_affine",
    "quantize_dynamic",
    "quantize_weights",
    "read_card",
    "save_export",
    "verify",
    "window_alarm_rate",
    "write_card",
    "zero_fraction",
]

from coursekit.ship.card import ModelCard, data_hash, make_card, read_card, verify, write_card
from coursekit.ship.drift import ColumnDrift, KsTest, column_drift, ks_test, psi, psi_threshold
from coursekit.ship.export import check_export, export_model, largest_difference, load_export, save_export
from coursekit.ship.files import file_hash
from coursekit.ship.monitor import Monitor, window_alarm_rate
from coursekit.ship.onnx import export_onnx, onnx_session
from coursekit.ship.prune import prune_neurons, prune_weights, zero_fraction
from coursekit.ship.quantize import (
    Affine,
    QuantizedLinear,
    dequantize,
    model_bytes,
    quantize_affine,
    quantize_dynamic,
    quantize_weights,
)
