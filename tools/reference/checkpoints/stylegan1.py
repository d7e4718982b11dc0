"""A small StyleGAN checkpoint, written by the published code, which is fetched for the run.

    python tools/reference/checkpoints/stylegan1.py packages/checkpoints/test/fixtures ROSINALITY

ROSINALITY is a checkout of rosinality/style-based-gan-pytorch. Writes stylegan1.model (as training writes it) with a
golden .npz of images of 16 × 16 without noise, which the code draws for every image unless it is given.
"""

import sys
from pathlib import Path

import torch

from golden import folder_of_fixtures, import_patched, write_golden

if __name__ == "__main__":
    folder, checkout = folder_of_fixtures(), Path(sys.argv[2])
    # The published widths are large: those of a miniature, with both kinds of upsampling at small sizes.
    changes = (
        (r"\b(512|256|128|64|32|16)\b(?=, (3|512|256|128|64|32|16),)", "5"),
        (r"style_dim=512", "style_dim=6"),
        (r"upsample=True\),  # 16", "upsample=True, fused=fused),  # 16"),
    )
    model = import_patched(checkout / "model.py", "model", *changes)
    torch.manual_seed(1)
    networks = [model.StyledGenerator(6, 3).eval().requires_grad_(False) for _ in range(2)]
    for network in networks:
        for name, tensor in network.named_parameters():
            if name.endswith("bias"):
                tensor.data.add_(0.3 * torch.randn_like(tensor))
    first, averaged = networks
    state = {"generator": first.state_dict(), "g_running": averaged.state_dict()}
    torch.save(state, folder / "stylegan1.model", _use_new_zipfile_serialization=False)
    double = averaged.double()
    silent = [torch.zeros(1, 1, 4 << i, 4 << i).double() for i in range(3)]
    write_golden(folder / "stylegan1.npz", lambda z: double(z, noise=silent, step=2), (6,))
