"""Small StyleGAN2 checkpoints written by the published code, which is fetched for the run and not part of this repository.

    python tools/reference/checkpoints/stylegan2.py packages/checkpoints/test/fixtures NVIDIA ROSINALITY

NVIDIA is a checkout of NVlabs/stylegan2-ada-pytorch, ROSINALITY one of rosinality/stylegan2-pytorch. Writes
stylegan2_ada.pkl (as training writes it: G, D, G_ema and more in one pickle), stylegan2_ada_conditional.pkl (residual,
with classes and clamping), stylegan2_ada.safetensors (the state dictionary), stylegan2_rosinality.pt (zip) and
stylegan2_rosinality_legacy.pt (PyTorch's older format), with a golden .npz for each network.
"""

import pickle
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

from golden import folder_of_fixtures, import_patched, write_golden

# Rosinality's code compiles its operators when it is imported; on the CPU it does without.
torch.utils.cpp_extension = __import__("types").SimpleNamespace(load=lambda *args, **options: None)
sys.modules["torch.utils.cpp_extension"] = torch.utils.cpp_extension


def noisy(network, seed):
    """Biases and noise strengths are zero at first: random ones show where they go. Means of w as well."""
    torch.manual_seed(seed)
    for name, tensor in [*network.named_parameters(), *network.named_buffers()]:
        if name.endswith(("bias", "noise_strength", "noise.weight", "w_avg")):
            tensor.data.add_(0.3 * torch.randn_like(tensor))
    return network.eval().requires_grad_(False)


SETTINGS = dict(z_dim=6, w_dim=7, img_resolution=16, img_channels=3, mapping_kwargs={"num_layers": 3})
SKIP = dict(channel_base=96, channel_max=6, num_fp16_res=0)
RESIDUAL = dict(SKIP, architecture="resnet", conv_clamp=0.7, resample_filter=[1, 2, 4, 3])


def nvidia(folder: Path, checkout: Path):
    from torch_utils import persistence

    # A pickle of theirs contains the source text of its classes, which is not ours to give away.
    persistence._module_to_src = lambda module: "# the source text"
    from training.networks import Generator

    # The published code computes the mapping in single precision whatever it is given.
    precise = import_patched(checkout / "training" / "networks.py", "networks64", (r"torch\.float32", "torch.float64"))

    def in_double(network, **settings):
        copy = precise.Generator(**SETTINGS, **settings).double().eval().requires_grad_(False)
        copy.load_state_dict(network.state_dict())
        # Filters must be float32, and are cast where they are used.
        for module in copy.modules():
            if hasattr(module, "resample_filter"):
                module.resample_filter = module.resample_filter.float()
        return copy

    first, network = (noisy(Generator(c_dim=0, synthesis_kwargs=SKIP, **SETTINGS), seed) for seed in (2, 1))
    with (folder / "stylegan2_ada.pkl").open("wb") as file:
        pickle.dump({"G": first, "D": None, "G_ema": network, "training_set_kwargs": {"path": "none"}}, file)
    save_file({name: tensor.contiguous() for name, tensor in network.state_dict().items()}, folder / "stylegan2_ada.safetensors")
    double = in_double(network, c_dim=0, synthesis_kwargs=SKIP)
    image = lambda z, psi=1: double(z, torch.zeros(len(z), 0), truncation_psi=psi, noise_mode="const", force_fp32=True)
    write_golden(folder / "stylegan2_ada.npz", image, (6,))
    write_golden(folder / "stylegan2_ada_truncated.npz", lambda z: image(z, 0.6), (6,), jacobian=False)

    conditional = noisy(Generator(c_dim=4, synthesis_kwargs=RESIDUAL, **SETTINGS), 3)
    with (folder / "stylegan2_ada_conditional.pkl").open("wb") as file:
        pickle.dump({"G_ema": conditional}, file)
    double = in_double(conditional, c_dim=4, synthesis_kwargs=RESIDUAL)
    for label in (0, 3):
        chosen = lambda z: torch.nn.functional.one_hot(torch.tensor([label] * len(z)), 4)
        image = lambda z: double(z, chosen(z), noise_mode="const", force_fp32=True)
        write_golden(folder / f"stylegan2_ada_conditional_{label}.npz", image, (6,), jacobian=label == 3)


def rosinality(folder: Path, checkout: Path):
    # The published widths are large: those of a miniature, in the same code.
    model = import_patched(checkout / "model.py", "model", (r"(\d+): 512,", r"\1: 7 - int(\1 ** 0.5),"))
    network = noisy(model.Generator(16, 6, 3), 4)
    state = {"g_ema": network.state_dict(), "latent_avg": torch.randn(6)}
    torch.save(state, folder / "stylegan2_rosinality.pt")
    torch.save(state, folder / "stylegan2_rosinality_legacy.pt", _use_new_zipfile_serialization=False)
    network.double()
    write_golden(folder / "stylegan2_rosinality.npz", lambda z: network([z], randomize_noise=False)[0], (6,))


if __name__ == "__main__":
    fixtures, *checkouts = folder_of_fixtures(), *map(Path, sys.argv[2:4])
    for write, checkout in zip((nvidia, rosinality), checkouts):
        sys.path.insert(0, str(checkout))
        write(fixtures, checkout)
