"""Quantises an exported generator in the ways that ONNX Runtime offers.

    python tools/reference/onnx/write_quantized.py packages/onnx/test/fixtures

reads vae_torchscript.onnx and vit_dynamo.onnx there and writes

    vae_qdq.onnx       activations and weights quantised, QuantizeLinear and DequantizeLinear around every operator
    vae_qoperator.onnx the same by operators on quantised numbers
    vit_dynamic.onnx      weights quantised, activations with a scale found when they are computed
"""

import os
import sys
from pathlib import Path

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import numpy as np  # noqa: E402
from onnxruntime.quantization import (  # noqa: E402
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)

folder = Path(sys.argv[1])


class Normal(CalibrationDataReader):
    """Codes from the normal distribution."""

    def __init__(self, name, size):
        generator = np.random.default_rng(1)
        self.rest = iter([{name: generator.normal(size=(1, size)).astype(np.float32)} for _ in range(64)])

    def get_next(self):
        return next(self.rest, None)


if __name__ == "__main__":
    import onnx

    source = folder / "vae_torchscript.onnx"
    (code,) = onnx.load(source).graph.input
    size = code.type.tensor_type.shape.dim[1].dim_value
    for name, form in (("qdq", QuantFormat.QDQ), ("qoperator", QuantFormat.QOperator)):
        quantize_static(
            source,
            folder / f"vae_{name}.onnx",
            Normal(code.name, size),
            quant_format=form,
            per_channel=form == QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
    quantize_dynamic(folder / "vit_dynamo.onnx", folder / "vit_dynamic.onnx", weight_type=QuantType.QInt8)
