"""Writes a small U-Net of diffusers with random weights, and what it is as a denoiser, by its own scheduler in float64.

    python tools/reference/onnx/write_unet_denoiser.py packages/onnx/test/fixtures && npm run format

Needs torch and diffusers (requirements.txt). Writes unet_denoiser.onnx, `sample` [1, 3, 4, 4], `timestep` [1] → `out`
[1, 6, 4, 4], whose second half are learnt variances, and unet_denoiser.json: the picture x [48], the time t with its σ, and
for each of the three kinds of prediction that DDPMScheduler knows, at x_t = α·x, its guess x̂₀ [48], the singular values of
∂x̂₀/∂x_t and the estimate of FLIPD, with the whole Jacobian by automatic differentiation. No formula of ours is used for x̂₀.
"""

import json
import sys
from pathlib import Path

import torch
from diffusers import DDPMScheduler, UNet2DModel

from export_models import strip

TIME = 120
KINDS = {"epsilon": "epsilon", "v": "v_prediction", "x0": "sample"}


class Flat(torch.nn.Module):
    """The tensor that UNet2DModel wraps."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, sample, timestep):
        return self.network(sample, timestep).sample


def network():
    torch.manual_seed(0)
    unet = UNet2DModel(
        sample_size=4,
        in_channels=3,
        out_channels=6,
        block_out_channels=(4, 8),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "UpBlock2D"),
        norm_num_groups=2,
        attention_head_dim=4,
    )
    return Flat(unet.eval())


def denoised(exact, kind):
    """x_t [48] ↦ x̂₀ [48], by the scheduler, which drops the learnt variances."""
    scheduler = DDPMScheduler(prediction_type=kind, variance_type="learned_range", clip_sample=False)
    time = torch.tensor([TIME])

    def at(noisy):
        picture = noisy.reshape(1, 3, 4, 4)
        return scheduler.step(exact(picture, time), TIME, picture).pred_original_sample.flatten()

    return at, float(scheduler.alphas_cumprod[TIME])


def of_kind(exact, kind, x):
    at, kept = denoised(exact, kind)
    alpha, sigma = kept**0.5, (1 - kept) ** 0.5
    noisy = alpha * x
    guess = at(noisy)
    jacobian = torch.autograd.functional.jacobian(at, noisy)
    noise = (alpha * guess - noisy) / sigma
    trace = (alpha * torch.trace(jacobian) - len(x)) / sigma
    return sigma, {
        "guess": guess.tolist(),
        "singular_values": torch.linalg.svdvals(jacobian).tolist(),
        "dimension": float(len(x) + sigma * trace + noise @ noise),
    }


def main(folder):
    exact = network().double()
    x = torch.cos(torch.arange(48)).float().double()
    golden = {"time": TIME, "x": x.tolist()}
    for name, kind in KINDS.items():
        golden["sigma"], golden[name] = of_kind(exact, kind, x)
    (folder / "unet_denoiser.json").write_text(json.dumps(golden) + "\n")
    path = folder / "unet_denoiser.onnx"
    torch.onnx.export(
        network(),
        (torch.zeros(1, 3, 4, 4), torch.tensor([TIME])),
        path,
        input_names=["sample", "timestep"],
        output_names=["out"],
        dynamo=True,
        external_data=False,
    )
    strip(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
