"""Small StyleGAN3 checkpoints, configurations T and R, written by the published code, which is fetched for the run.

    python tools/reference/checkpoints/stylegan3.py packages/checkpoints/test/fixtures NVIDIA

NVIDIA is a checkout of NVlabs/stylegan3. Writes stylegan3_t.pkl (with a generator that is not averaged beside it),
stylegan3_bounded.pkl (margin, bounds and scale that are not the published ones), stylegan3_configured (the same of filters
and of the mapping's learning rate, as a state dictionary with a configuration beside it) and stylegan3_r.pt (the state
dictionary, conditional) with golden .npz files.
"""

import json
import pickle
import sys
import types
from pathlib import Path

import torch
from safetensors.torch import save_file

from golden import folder_of_fixtures, import_patched, write_golden
from stylegan2 import noisy

# Their code asks it for the version of PyTorch, and new installations do not have it.
sys.modules.setdefault("pkg_resources", types.SimpleNamespace(parse_version=lambda text: tuple(map(int, text.split("+")[0].split(".")[:2]))))

SETTINGS = dict(z_dim=5, w_dim=6, img_resolution=16, img_channels=3, channel_base=64, channel_max=4, num_layers=4, num_critical=2, first_cutoff=2, num_fp16_res=0, mapping_kwargs={"num_layers": 2})
ROTATING = dict(conv_kernel=1, use_radial_filters=True)


def main(folder: Path, checkout: Path):
    from torch_utils import persistence

    persistence._module_to_src = lambda module: "# the source text"
    from training.networks_stylegan3 import Generator

    precise = import_patched(checkout / "training" / "networks_stylegan3.py", "networks64", (r"torch\.float32", "torch.float64"))

    def made(seed, **settings):
        torch.manual_seed(seed)
        network = noisy(Generator(**SETTINGS | settings), seed)
        for name, tensor in network.named_buffers():
            if name.endswith("magnitude_ema"):
                tensor.uniform_(0.5, 2)
        return network

    def golden(name, function):
        # Matrices that the published code makes on its way have the precision that is the default.
        torch.set_default_dtype(torch.float64)
        write_golden(folder / f"{name}.npz", function, (5,))
        torch.set_default_dtype(torch.float32)

    def in_double(network, **settings):
        copy = precise.Generator(**SETTINGS | settings).double().eval().requires_grad_(False)
        copy.load_state_dict(network.state_dict())
        for module in copy.modules():
            # Filters must be float32, and are cast where they are used.
            for name in ("up_filter", "down_filter"):
                if getattr(module, name, None) is not None:
                    setattr(module, name, getattr(module, name).float())
        return copy

    network = made(1, c_dim=0)
    with (folder / "stylegan3_t.pkl").open("wb") as file:
        pickle.dump({"G": None, "D": None, "G_ema": network}, file)
    double = in_double(network, c_dim=0)
    golden("stylegan3_t", lambda z: double(z, torch.zeros(len(z), 0), noise_mode="const"))

    bounded = dict(conv_clamp=1.0, margin_size=8, output_scale=0.7)
    network = made(3, c_dim=0, **bounded)
    with (folder / "stylegan3_bounded.pkl").open("wb") as file:
        pickle.dump({"G_ema": network}, file)
    double_bounded = in_double(network, c_dim=0, **bounded)
    golden("stylegan3_bounded", lambda z: double_bounded(z, torch.zeros(len(z), 0), noise_mode="const"))

    configured = dict(
        c_dim=0, conv_clamp=0.9, margin_size=6, output_scale=0.5, filter_size=4, lrelu_upsampling=4, conv_kernel=1,
        mapping_kwargs=dict(num_layers=3, lr_multiplier=0.05),
    )
    network = made(4, **configured)
    (folder / "stylegan3_configured").mkdir(exist_ok=True)
    save_file({key: tensor.contiguous() for key, tensor in network.state_dict().items()}, folder / "stylegan3_configured" / "model.safetensors")
    (folder / "stylegan3_configured" / "config.json").write_text(json.dumps(SETTINGS | configured))
    double_configured = in_double(network, **configured)
    golden("stylegan3_configured", lambda z: double_configured(z, torch.zeros(len(z), 0)))

    network = made(2, c_dim=3, **ROTATING)
    torch.save(network.state_dict(), folder / "stylegan3_r.pt")
    double = in_double(network, c_dim=3, **ROTATING)
    chosen = lambda z: torch.nn.functional.one_hot(torch.tensor([1] * len(z)), 3)
    golden("stylegan3_r", lambda z: double(z, chosen(z), truncation_psi=0.7))


if __name__ == "__main__":
    fixtures, checkout = folder_of_fixtures(), Path(sys.argv[2])
    sys.path.insert(0, str(checkout))
    main(fixtures, checkout)
