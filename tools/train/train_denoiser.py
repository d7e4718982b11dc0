"""Trains the sample denoiser on the pictures of pictures.py, on one thread, and exports it.

    python train_denoiser.py             # the run that made packages/sample/shapes-denoiser.onnx
    python train_denoiser.py --steps 50  # a quick trial

Interrupt it at will: the same command goes on from the last checkpoint. Every step draws its pictures, their noise and
its level from (seed, step). The network predicts x₀ of x_t = x₀ + σ·ε, told σ, by the error of x₀ over σ².
"""

import argparse
import copy
import math
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn
from torch.nn.functional import silu

from averaging import update_average
from pictures import FAMILIES, SIZE, batch, planted, unseen

HERE = Path(__file__).parent
SAMPLE = HERE.parent.parent / "packages/sample"
STUDY = HERE.parent / "reproduce/data"
LIMIT = 2 * 1000 * 1000
LEAST, MOST = 0.1, 1.0
METADATA = {
    "vielbein.prediction": "x0",
    "vielbein.process": "exploding",
    "vielbein.noise-input": "sigma",
    "vielbein.noise-range": f"{LEAST:g},{MOST:g}",
    "vielbein.range": "-1,1",
    "vielbein.licence": "MIT",
}


class Block(nn.Module):
    """A step in the hidden space, scaled and shifted by the level of noise."""

    def __init__(self, width: int, inner: int, levels: int):
        super().__init__()
        self.enter, self.leave = nn.Linear(width, inner), nn.Linear(inner, width)
        self.modulate = nn.Linear(levels, 2 * inner)
        nn.init.zeros_(self.modulate.weight), nn.init.zeros_(self.modulate.bias)
        with torch.no_grad():
            self.leave.weight.mul_(0.3)

    def forward(self, h, level):
        scale, shift = self.modulate(level).chunk(2, -1)
        return h + self.leave(silu(self.enter(h) * (1 + scale) + shift))


class Denoiser(nn.Module):
    """x_t [n, 1, 16, 16], sigma [1] or [n] → x₀ [n, 1, 16, 16]."""

    def __init__(self, width: int = 208, inner: int = 184, blocks: int = 4, levels: int = 16):
        super().__init__()
        self.level = nn.Linear(3, levels)
        self.enter, self.leave = nn.Linear(SIZE * SIZE, width), nn.Linear(width, SIZE * SIZE)
        self.blocks = nn.ModuleList(Block(width, inner, levels) for _ in range(blocks))

    def forward(self, x, sigma):
        t = (torch.log(sigma) / 1.2 + 1).reshape(-1, 1)
        level = silu(self.level(torch.cat([t, t * t, t * t * t], -1)))
        h = self.enter(x.reshape(-1, SIZE * SIZE) / torch.sqrt(sigma * sigma + 0.5).reshape(-1, 1))
        for block in self.blocks:
            h = block(h, level)
        return self.leave(h).reshape(-1, 1, SIZE, SIZE)


def noisy(step: int, args):
    """Pictures of one step, their noise and its level."""
    random = torch.Generator().manual_seed(args.seed * 1_000_003 + step)
    x = torch.from_numpy(batch(args.seed, step, args.batch)).reshape(-1, 1, SIZE, SIZE)
    sigma = LEAST * (MOST / LEAST) ** torch.rand(len(x), generator=random)
    return x, sigma, torch.randn(x.shape, generator=random)


def train(args) -> nn.Module:
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    args.folder.mkdir(parents=True, exist_ok=True)
    checkpoint = args.folder / "denoiser.pt"
    network = Denoiser()
    averaged = copy.deepcopy(network)
    optimiser = torch.optim.Adam(network.parameters(), lr=args.rate, betas=(0.9, 0.99))
    first = 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(state["network"])
        averaged.load_state_dict(state["averaged"])
        optimiser.load_state_dict(state["optimiser"])
        first = state["step"]

    def save(step):
        state = {"network": network.state_dict(), "averaged": averaged.state_dict()}
        torch.save({**state, "optimiser": optimiser.state_dict(), "step": step}, checkpoint)

    start, total = time.time(), 0.0
    for step in range(first, args.steps):
        rate = args.rate * min(1, (step + 1) / 500) * (0.5 + 0.5 * math.cos(math.pi * step / args.steps)) + 1e-6
        for group in optimiser.param_groups:
            group["lr"] = rate
        x, sigma, noise = noisy(step, args)
        guess = network(x + sigma[:, None, None, None] * noise, sigma)
        loss = (((guess - x) ** 2).sum((1, 2, 3)) / sigma**2).mean()
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 200)
        optimiser.step()
        update_average(averaged, network, step, 0.999)
        total += loss.item()
        if (step + 1) % 500 == 0:
            print(f"{step + 1} steps, {time.time() - start:.0f} s, error {total / 500:.3f}", flush=True)
            total = 0.0
            save(step + 1)
    save(args.steps)
    return averaged.eval()


def export(network: nn.Module, path: Path):
    """Writes the network with an open batch axis, and checks it against PyTorch."""
    torch.onnx.export(
        network,
        (torch.zeros(2, 1, SIZE, SIZE), torch.ones(1)),
        path,
        input_names=["x", "sigma"],
        output_names=["x0"],
        dynamic_axes={"x": {0: "n"}, "x0": {0: "n"}},
        opset_version=17,
        dynamo=False,
    )
    model = onnx.load(path)
    model.graph.name = "shapes-denoiser"
    onnx.helper.set_model_props(model, METADATA)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)
    x = torch.randn(5, 1, SIZE, SIZE)
    session = onnxruntime.InferenceSession(path)
    found = session.run(None, {"x": x.numpy(), "sigma": np.float32([0.3])})[0]
    with torch.no_grad():
        np.testing.assert_allclose(found, network(x, torch.tensor([0.3])).numpy(), rtol=1e-4, atol=1e-4)
    size = path.stat().st_size
    assert size < LIMIT, f"{size} bytes exceed {LIMIT}"
    print(f"wrote {path}, {size} bytes")


def write_pictures(seed: int):
    """Points for commands, and the pictures of the study."""
    few = unseen(seed, 8)
    factors = np.repeat([len(family.ranges) for family in FAMILIES], few.shape[1])
    again = planted(seed)
    np.savez_compressed(
        SAMPLE / "shapes.npz",
        pictures=np.concatenate([few.reshape(-1, SIZE * SIZE), again]).reshape(-1, 1, SIZE, SIZE),
        factors=np.concatenate([factors, np.zeros(len(again))]).astype(np.int64),
    )
    many = unseen(seed, 400)
    to_bytes = lambda x: np.uint8(np.rint(127.5 * (x + 1)))
    np.savez_compressed(STUDY / "shapes.npz", pictures=to_bytes(many), planted=to_bytes(again))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=15_000)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=HERE / "checkpoints")
    parser.add_argument("--out", type=Path, default=SAMPLE / "shapes-denoiser.onnx")
    arguments = parser.parse_args()
    export(train(arguments), arguments.out)
    write_pictures(arguments.seed)
