"""Exports the trained decoder to tools/bench/data/decoder.onnx and checks it.

    python export_decoder.py

The check compares ONNX Runtime with PyTorch on random codes, at batches of several sizes, and refuses a
file over 2 MiB.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

from model import LATENT, Decoder

HERE = Path(__file__).parent
DATA = HERE.parent / "bench" / "data"
LIMIT = 2 * 1024 * 1024
METADATA = {"vielbein.prior": "normal", "vielbein.range": "0,1", "vielbein.licence": "MIT"}


def export(decoder: Decoder, path: Path) -> onnx.ModelProto:
    """Writes the decoder as opset 17 with a dynamic batch axis `n` and readable names; returns the model."""
    torch.onnx.export(
        decoder,
        (torch.zeros(2, LATENT),),
        path,
        input_names=["z"],
        output_names=["image"],
        dynamic_axes={"z": {0: "n"}, "image": {0: "n"}},
        opset_version=17,
        dynamo=False,
    )
    model = onnx.load(path)
    name_features(model.graph)
    model.graph.name = "faces"
    onnx.helper.set_model_props(model, METADATA)
    model = onnx.shape_inference.infer_shapes(model, strict_mode=True)
    for value in model.graph.value_info:
        # The Reshape hides from shape inference that the first axis is still the batch.
        first = value.type.tensor_type.shape.dim[0]
        if first.dim_param:
            first.dim_param = "n"
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)
    return model


def name_features(graph: onnx.GraphProto):
    """Calls the tensor that enters the upsampling from 4, 8, 16 and 32 pixels `features_4` … `features_32`."""
    upsamplings = [node for node in graph.node if node.op_type == "ConvTranspose"]
    names = {node.input[0]: f"features_{4 << level}" for level, node in enumerate(upsamplings)}
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]


def largest_difference(decoder: Decoder, path: Path) -> float:
    """Largest difference between ONNX Runtime and PyTorch over all pixels of some random faces."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    worst = 0.0
    for n in (1, 3, 64):
        z = torch.randn(n, LATENT, generator=torch.Generator().manual_seed(n))
        (image,) = session.run(["image"], {"z": z.numpy()})
        with torch.no_grad():
            worst = max(worst, float(np.abs(image - decoder(z).numpy()).max()))
    return worst


def main():
    parser = argparse.ArgumentParser(description="Export the trained decoder as ONNX.")
    parser.add_argument("--folder", type=Path, default=HERE / "checkpoints", help="where train_decoder.py left decoder.pt")
    parser.add_argument("--out", type=Path, default=DATA, help="folder for decoder.onnx")
    args = parser.parse_args()

    decoder = Decoder()
    decoder.load_state_dict(torch.load(args.folder / "decoder.pt", weights_only=True))
    decoder.eval()
    path = args.out / "decoder.onnx"
    model = export(decoder, path)
    difference = largest_difference(decoder, path)
    size = path.stat().st_size
    if size > LIMIT or difference > 1e-5:
        raise SystemExit(f"decoder.onnx: {size} bytes (limit {LIMIT}), {difference:.1e} from PyTorch (limit 1e-5)")
    parameters = sum(p.numel() for p in decoder.parameters())
    operators = sorted({node.op_type for node in model.graph.node})
    print(f"{path.name}: {parameters} parameters, {size} bytes, {difference:.1e} from PyTorch, operators {operators}")


if __name__ == "__main__":
    main()
