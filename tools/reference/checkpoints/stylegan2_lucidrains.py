"""A small StyleGAN2 checkpoint of lucidrains' code, which is fetched for the run; it needs kornia and einops.

    python tools/reference/checkpoints/stylegan2_lucidrains.py packages/checkpoints/test/fixtures LUCIDRAINS

LUCIDRAINS is a checkout of lucidrains/stylegan2-pytorch. Writes stylegan2_lucidrains.pt as training writes it and
stylegan2_lucidrains_mapped.pt (without the constant that images begin with), each with a golden .npz at constant noise of
0.5, the mean of what its code draws.
"""

import sys
import types
from pathlib import Path

import torch

from golden import folder_of_fixtures, import_patched, write_golden

if __name__ == "__main__":
    folder, checkout = folder_of_fixtures(), Path(sys.argv[2])

    # What training needs is not needed here.
    for name in ("fire", "tqdm", "torchvision", "vector_quantize_pytorch", "PIL", "aim", "stylegan2_pytorch", "stylegan2_pytorch.version", "stylegan2_pytorch.diff_augment"):
        if name == "stylegan2_pytorch" or name not in sys.modules:
            sys.modules[name] = types.ModuleType(name)
            sys.modules[name].__getattr__ = lambda attribute: None
    source = checkout / "stylegan2_pytorch" / "stylegan2_pytorch.py"
    model = import_patched(source, "stylegan2_lucidrains", (r"assert torch\.cuda\.is_available\(\)", "assert True"))

    for file, no_const in (("stylegan2_lucidrains", False), ("stylegan2_lucidrains_mapped", True)):
        torch.manual_seed(5)
        parts = {}
        for mapping, generator in (("S", "G"), ("SE", "GE")):
            parts[mapping] = model.StyleVectorizer(6, 3, lr_mul=0.1)
            parts[generator] = model.Generator(16, 6, network_capacity=2, fmap_max=7, no_const=no_const)
        networks = torch.nn.ModuleDict(parts).eval().requires_grad_(False)
        for name, tensor in networks.named_parameters():
            tensor.add_(0.3 * torch.randn_like(tensor)) if "bias" in name or "noise" in name else tensor
        torch.save({"GAN": networks.state_dict(), "version": "1.9.0"}, folder / f"{file}.pt")
        networks.double()

        def image(z):
            w = networks["SE"](z)
            return networks["GE"](w[:, None].expand(-1, networks["GE"].num_layers, -1), torch.full((len(z), 16, 16, 1), 0.5).to(z))

        write_golden(folder / f"{file}.npz", image, (6,), jacobian=not no_const)
