"""The factor regressor: a small network that reads the factors off a face, drawn or generated.

It measures the generator. Its outputs stand in for a generated face's unknown factors, and its last hidden layer
is the space of features in which generated faces are compared with drawn ones (measure_gan.py). Only smooth
activations and plain operators are used, so that it can be chained to a generator and differentiated.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn
from torch.nn import functional as F

from data import HELD
from factors import FACTORS, Factor

FEATURES = 64
OPSET = 17


@dataclass(frozen=True)
class Output:
    """Where one factor lies: its column in the factor table, and its columns in the output of the regressor."""

    factor: Factor
    column: int
    first: int

    @property
    def width(self) -> int:
        return max(1, len(self.factor.choices))

    @property
    def columns(self) -> slice:
        return slice(self.first, self.first + self.width)


def layout() -> tuple[Output, ...]:
    """The factors that vary in the data: the continuous ones first, a column each, then a logit per choice."""
    varying = [(column, factor) for column, factor in enumerate(FACTORS) if factor.name not in HELD]
    outputs, first = [], 0
    for column, factor in sorted(varying, key=lambda entry: bool(entry[1].choices)):
        outputs.append(Output(factor, column, first))
        first += outputs[-1].width
    return tuple(outputs)


OUTPUTS = layout()
WIDTH = sum(output.width for output in OUTPUTS)


class Regressor(nn.Module):
    """image [n, 3, 64, 64] in [−1, 1] → factors [n, 23] and features [n, 64], the inputs of the last, linear layer.

    A continuous factor is the number itself, not confined to [0, 1]; a discrete one is a logit per choice.
    """

    def __init__(self, widths=(24, 40, 44, 26)):
        super().__init__()
        a, b, c, d = widths
        self.features = nn.Sequential(
            *(nn.Conv2d(3, a, 6, stride=2, padding=2), nn.SiLU()),
            *(nn.Conv2d(a, b, 4, stride=2, padding=1), nn.SiLU()),
            *(nn.Conv2d(b, b, 3, padding=1), nn.SiLU()),
            *(nn.Conv2d(b, c, 4, stride=2, padding=1), nn.SiLU()),
            *(nn.Conv2d(c, c, 3, padding=1), nn.SiLU()),
            *(nn.Conv2d(c, d, 3, stride=2, padding=1), nn.SiLU()),
            *(nn.Flatten(), nn.Linear(d * 16, FEATURES), nn.SiLU()),
        )
        self.factors = nn.Linear(FEATURES, WIDTH)
        for layer in self.features:
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                # Without normalisation layers, the default initialisation would let the signal fade.
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)
        with torch.no_grad():
            self.factors.bias.copy_(torch.tensor([0.0 if o.factor.choices else 0.5 for o in OUTPUTS for _ in range(o.width)]))

    def forward(self, image):
        features = self.features(image)
        return self.factors(features), features


def to_input(images: torch.Tensor) -> torch.Tensor:
    """Images uint8 as the regressor takes them: float32 in [−1, 1]."""
    return images.float() / 127.5 - 1


def open_session(path: Path) -> onnxruntime.InferenceSession:
    """The exported regressor on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def read(session: onnxruntime.InferenceSession, images: torch.Tensor, prepare=to_input) -> tuple[np.ndarray, np.ndarray]:
    """Factors [n, 23] and features [n, 64] of images [n, 3, 64, 64] uint8, which `prepare` brings to [−1, 1]."""
    parts = [session.run(["factors", "features"], {"image": prepare(part).numpy()}) for part in images.split(250)]
    factors, features = zip(*parts)
    return np.concatenate(factors), np.concatenate(features)


def loss(factors: torch.Tensor, table: torch.Tensor) -> torch.Tensor:
    """Sum over factors: squared error against that of the constant 1/2, or cross-entropy against that of chance."""
    total = 0
    for output in OUTPUTS:
        guess, truth = factors[:, output.columns], table[:, output.column]
        if output.factor.choices:
            total = total + F.cross_entropy(guess, truth.long()) / np.log(output.width)
        else:
            total = total + F.mse_loss(guess[:, 0], truth) * 12
    return total


def scores(factors: np.ndarray, table: np.ndarray) -> dict[str, dict[str, float]]:
    """For each factor R² = 1 − Σ(guess − truth)² / Σ(truth − mean)², or the share of right answers."""
    result = {}
    for output in OUTPUTS:
        guess, truth = factors[:, output.columns], table[:, output.column].astype(np.float64)
        if output.factor.choices:
            result[output.factor.name] = {"accuracy": float((guess.argmax(1) == truth).mean())}
        else:
            rest = np.square(guess[:, 0] - truth).sum() / np.square(truth - truth.mean()).sum()
            result[output.factor.name] = {"r2": float(1 - rest)}
    return result


def description() -> list[dict]:
    """The layout of the output `factors`, as the file's metadata give it."""
    entries = []
    for output in OUTPUTS:
        factor, columns = output.factor, list(range(output.first, output.first + output.width))
        entry = {"name": factor.name, "kind": "discrete" if factor.choices else "continuous", "columns": columns}
        entries.append({**entry, "choices": list(factor.choices)} if factor.choices else entry)
    return entries


def export(regressor: Regressor, path: Path) -> onnx.ModelProto:
    """Writes image [n, 3, 64, 64] → factors, features with the batch axis `n` open; returns the ONNX model."""
    torch.onnx.export(
        regressor.eval(),
        (torch.zeros(2, 3, 64, 64),),
        path,
        input_names=["image"],
        output_names=["factors", "features"],
        dynamic_axes={name: {0: "n"} for name in ("image", "factors", "features")},
        opset_version=OPSET,
        dynamo=False,
    )
    model = onnx.load(path)
    model.graph.name = path.stem
    onnx.helper.set_model_props(model, {"vielbein.factors": json.dumps(description()), "vielbein.licence": "MIT"})
    model = onnx.shape_inference.infer_shapes(model, strict_mode=True)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)
    return model
