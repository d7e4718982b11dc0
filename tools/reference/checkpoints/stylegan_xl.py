"""Small StyleGAN-XL checkpoints, written by the published code, which is fetched for the run.

    python tools/reference/checkpoints/stylegan_xl.py packages/checkpoints/test/fixtures XL

XL is a checkout of autonomousvision/stylegan-xl. Writes stylegan_xl.pkl (conditional, made larger by layers behind a
trained stem) and stylegan_xl_stem.pt (the state dictionary of a generator without classes) with golden .npz files.
"""

import os
import pickle
import sys
import tempfile
import types
from pathlib import Path

import torch

from golden import folder_of_fixtures, import_patched, write_golden
from stylegan2 import noisy

# Their code asks it for the version of PyTorch, and new installations do not have it.
sys.modules.setdefault("pkg_resources", types.SimpleNamespace(parse_version=lambda text: tuple(map(int, text.split("+")[0].split(".")[:2]))))

LAYERS = dict(channel_base=64, channel_max=4, num_layers=4, num_critical=2, first_cutoff=2, num_fp16_res=0, conv_kernel=1, use_radial_filters=True)
SETTINGS = dict(z_dim=5, w_dim=6, img_channels=3, img_resolution=8, mapping_kwargs={"num_layers": 2}, **LAYERS)
UP = dict(img_resolution=16, up_factor=2, head_layers=3)
CLASSES = 4


def main(folder: Path, checkout: Path):
    from torch_utils import persistence

    persistence._module_to_src = lambda module: "# the source text"
    # Their features of a classifier are looked for in the working folder: smaller ones.
    os.chdir(tempfile.mkdtemp())
    os.mkdir("in_embeddings")
    torch.manual_seed(3)
    with open("in_embeddings/tf_efficientnet_lite0.pkl", "wb") as file:
        pickle.dump({"embed": torch.nn.Embedding(CLASSES, 7)}, file)
    from training import networks_stylegan3_resetting as single

    source = checkout / "training" / "networks_stylegan3_resetting.py"
    precise = import_patched(source, "networks64", (r"torch\.float32", "torch.float64"))

    def random(network, seed):
        noisy(network, seed)
        for name, tensor in network.named_buffers():
            if name.endswith("magnitude_ema"):
                tensor.uniform_(0.5, 2)
        return network

    def in_double(make, network):
        copy = make(precise).double().eval().requires_grad_(False)
        copy.load_state_dict(network.state_dict())
        for module in copy.modules():
            # Filters must be float32, and are cast where they are used.
            for name in ("up_filter", "down_filter"):
                if getattr(module, name, None) is not None:
                    setattr(module, name, getattr(module, name).float())
        return copy

    def golden(name, function, **options):
        # Matrices that the published code makes on its way have the precision that is the default.
        torch.set_default_dtype(torch.float64)
        write_golden(folder / f"{name}.npz", function, (5,), **options)
        torch.set_default_dtype(torch.float32)

    # A stem of random weights in place of a file of a trained one.
    open("stem.pkl", "w").close()
    single.legacy.load_network_pkl = precise.legacy.load_network_pkl = lambda file: {"G_ema": random(single.Generator(c_dim=CLASSES, **SETTINGS), 1)}
    large = random(single.SuperresGenerator(path_stem="stem.pkl", **UP), 2)
    with (folder / "stylegan_xl.pkl").open("wb") as file:
        pickle.dump({"G_ema": large}, file)
    double = in_double(lambda code: code.SuperresGenerator(path_stem="stem.pkl", **UP), large)
    for module in double.modules():
        if hasattr(module, "use_fp16"):
            module.use_fp16 = False
    chosen = lambda z: torch.nn.functional.one_hot(torch.tensor([2] * len(z)), CLASSES)
    golden("stylegan_xl", lambda z: double(z, chosen(z), truncation_psi=0.7))

    plain = random(single.Generator(c_dim=0, **SETTINGS), 4)
    torch.save(plain.state_dict(), folder / "stylegan_xl_stem.pt")
    double = in_double(lambda code: code.Generator(c_dim=0, **SETTINGS), plain)
    golden("stylegan_xl_stem", lambda z: double(z, torch.zeros(len(z), 0)), jacobian=False)


if __name__ == "__main__":
    fixtures, checkout = folder_of_fixtures().resolve(), Path(sys.argv[2]).resolve()
    sys.path.insert(0, str(checkout))
    main(fixtures, checkout)
