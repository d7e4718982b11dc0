"""A StyleGAN2-ADA pickle as large as the published ones of faces: G, D and G_ema of 1024 × 1024, random weights, about 382 MB.

    python tools/reference/checkpoints/large.py FILE NVIDIA [RESOLUTION]

NVIDIA is a checkout of NVlabs/stylegan2-ada-pytorch. For `node tools/bench/checkpoints/run.mjs FILE`; a RESOLUTION of 64
makes a smaller one.
"""

import pickle
import sys
from pathlib import Path

import torch

if __name__ == "__main__":
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    file, checkout, resolution = Path(sys.argv[1]), Path(sys.argv[2]), int((sys.argv[3:] or [1024])[0])
    sys.path.insert(0, str(checkout))
    from torch_utils import persistence

    # A pickle of theirs contains the source text of its classes, which is not ours to give away.
    persistence._module_to_src = lambda module: "# the source text"
    from training.networks import Discriminator, Generator

    torch.manual_seed(1)
    common = dict(c_dim=0, img_resolution=resolution, img_channels=3)
    synthesis = dict(channel_base=32768, channel_max=512, num_fp16_res=4, conv_clamp=256)
    generators = [Generator(z_dim=512, w_dim=512, synthesis_kwargs=synthesis, mapping_kwargs={"num_layers": 8}, **common).eval().requires_grad_(False) for _ in range(2)]
    for name, tensor in [pair for network in generators for pair in (*network.named_parameters(), *network.named_buffers())]:
        if name.endswith(("noise_strength", "w_avg")):
            tensor.data.add_(0.1 * torch.randn_like(tensor))
    discriminator = Discriminator(channel_base=32768, channel_max=512, num_fp16_res=4, conv_clamp=256, **common).requires_grad_(False)
    with file.open("wb") as stream:
        pickle.dump({"G": generators[0], "D": discriminator, "G_ema": generators[1]}, stream)
    print(f"{file}: {file.stat().st_size / 1e6:.0f} MB")
