"""Saves exported generators as ONNX Runtime's optimiser rewrites them: fused operators, channels in blocks.

    python tools/reference/onnx/write_optimized.py packages/onnx/test/fixtures

reads <name>_<exporter>.onnx there and writes <name>_optimized.onnx. Size of the blocks: that of the processor.
"""

import os
import sys
from pathlib import Path

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime  # noqa: E402

LEVELS = onnxruntime.GraphOptimizationLevel
# Fused products and GELU; blocks, attention; blocks, pooling; blocks and upsampling.
FILES = {
    "vit_dynamo": LEVELS.ORT_ENABLE_EXTENDED,
    "vae_attention_torchscript": LEVELS.ORT_ENABLE_ALL,
    "biggan_torchscript": LEVELS.ORT_ENABLE_ALL,
    "stylegan2_unfused_dynamo": LEVELS.ORT_ENABLE_ALL,
}

folder = Path(sys.argv[1])
for source, level in FILES.items():
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level
    options.optimized_model_filepath = str(folder / f"{source.rsplit('_', 1)[0]}_optimized.onnx")
    options.log_severity_level = 3
    onnxruntime.InferenceSession(str(folder / f"{source}.onnx"), options, providers=["CPUExecutionProvider"])
