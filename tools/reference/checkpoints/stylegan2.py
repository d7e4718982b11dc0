"""Small StyleGAN2 checkpoints written by the published code, which is fetched for the run and not part of this repository.

    python tools/reference/checkpoints/stylegan2.py packages/checkpoints/test/fixtures NVIDIA ROSINALITY

NVIDIA is a checkout of NVlabs/stylegan2-ada-pytorch, ROSINALITY one of rosinality/stylegan2-pytorch. Writes
stylegan2_ada.pkl (as training writes it: G, D, G_ema and more in one pickle), stylegan2_ada_conditional.pkl (residual,
with classes and clamping), stylegan2_ada.safetensors (the state dictionary), stylegan2_orig.pkl (colours behind the last
block alone, bounds, a filter that is not symmetric), stylegan2_bounded (the same of skips, as a state dictionary with a
configuration beside it), stylegan2_configured (classes, a mapping of other widths and another learning rate, no noise, one
colour), stylegan2_tensorflow.pkl (of the first published code), stylegan2_tensorflow_configured.pkl (another filter and
learning rate), stylegan2_rosinality.pt (zip) and
stylegan2_rosinality_legacy.pt (PyTorch's older format), with a golden .npz for each network, and one from w_plus.
"""

import json
import pickle
import sys
import types
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from golden import folder_of_fixtures, import_patched, write_golden

# Rosinality's code compiles its operators when it is imported; on the CPU it does without.
torch.utils.cpp_extension = types.SimpleNamespace(load=lambda *args, **options: None)
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
BOUNDED = dict(SKIP, conv_clamp=0.7, resample_filter=[1, 2, 4, 3])
RESIDUAL = dict(BOUNDED, architecture="resnet")
ORIGINAL = dict(BOUNDED, architecture="orig")


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

    torch.manual_seed(1)
    first, network = (noisy(Generator(c_dim=0, synthesis_kwargs=SKIP, **SETTINGS), seed) for seed in (2, 1))
    with (folder / "stylegan2_ada.pkl").open("wb") as file:
        pickle.dump({"G": first, "D": None, "G_ema": network, "training_set_kwargs": {"path": "none"}}, file)
    save_file({name: tensor.contiguous() for name, tensor in network.state_dict().items()}, folder / "stylegan2_ada.safetensors")
    double = in_double(network, c_dim=0, synthesis_kwargs=SKIP)
    image = lambda z, psi=1: double(z, torch.zeros(len(z), 0), truncation_psi=psi, noise_mode="const", force_fp32=True)
    write_golden(folder / "stylegan2_ada.npz", image, (6,))
    write_golden(folder / "stylegan2_ada_truncated.npz", lambda z: image(z, 0.6), (6,), jacobian=False)

    layers = double.num_ws * SETTINGS["w_dim"]
    synthesis = lambda w: double.synthesis(w.reshape(len(w), double.num_ws, -1), noise_mode="const", force_fp32=True)
    write_golden(folder / "stylegan2_ada_w_plus.npz", synthesis, (layers,))

    (folder / "stylegan2_bounded").mkdir(exist_ok=True)
    for name, settings in (("stylegan2_orig", ORIGINAL), ("stylegan2_bounded", BOUNDED)):
        network = noisy(Generator(c_dim=0, synthesis_kwargs=settings, **SETTINGS), 4)
        if settings is ORIGINAL:
            with (folder / f"{name}.pkl").open("wb") as file:
                pickle.dump({"G_ema": network}, file)
        else:
            save_file({key: tensor.contiguous() for key, tensor in network.state_dict().items()}, folder / name / "model.safetensors")
            (folder / name / "config.json").write_text(json.dumps(SETTINGS | {"c_dim": 0, "synthesis_kwargs": settings}))
        double = in_double(network, c_dim=0, synthesis_kwargs=settings)
        write_golden(folder / f"{name}.npz", lambda z: double(z, torch.zeros(len(z), 0), noise_mode="const", force_fp32=True), (6,))

    configured = dict(
        SETTINGS, c_dim=2, img_resolution=8, img_channels=1, synthesis_kwargs=SKIP | {"use_noise": False, "channel_max": 5},
        mapping_kwargs=dict(num_layers=2, lr_multiplier=0.05, embed_features=3, layer_features=4),
    )
    network = noisy(Generator(**configured), 6)
    folder_configured = folder / "stylegan2_configured"
    folder_configured.mkdir(exist_ok=True)
    save_file({key: tensor.contiguous() for key, tensor in network.state_dict().items()}, folder_configured / "model.safetensors")
    (folder_configured / "config.json").write_text(json.dumps(configured))
    double = precise.Generator(**configured).double().eval().requires_grad_(False)
    double.load_state_dict(network.state_dict())
    for module in double.modules():
        if hasattr(module, "resample_filter"):
            module.resample_filter = module.resample_filter.float()
    chosen = lambda z: torch.nn.functional.one_hot(torch.tensor([1] * len(z)), 2)
    write_golden(folder / "stylegan2_configured.npz", lambda z: double(z, chosen(z), noise_mode="const", force_fp32=True), (6,))

    conditional = noisy(Generator(c_dim=4, synthesis_kwargs=RESIDUAL, **SETTINGS), 3)
    with (folder / "stylegan2_ada_conditional.pkl").open("wb") as file:
        pickle.dump({"G_ema": conditional}, file)
    double = in_double(conditional, c_dim=4, synthesis_kwargs=RESIDUAL)
    for label in (0, 3):
        chosen = lambda z: torch.nn.functional.one_hot(torch.tensor([label] * len(z)), 4)
        image = lambda z: double(z, chosen(z), noise_mode="const", force_fp32=True)
        write_golden(folder / f"stylegan2_ada_conditional_{label}.npz", image, (6,), jacobian=label == 3)


def tensorflow(folder: Path, checkout: Path):
    """A pickle as NVIDIA's TensorFlow code wrote them, of the form that their converter reads; its values are by the converter."""
    import legacy

    class Network:
        def __init__(self, variables, components={}, **settings):
            names = [name for name, _ in variables]
            assert len(set(names)) == len(names)
            kwargs = dict(resolution=16, latent_size=6, dlatent_size=7, label_size=0, mapping_layers=2, mapping_fmaps=7, fmap_base=48, fmap_max=6, conv_clamp=0.9)
            self.__dict__ |= dict(version=4, static_kwargs=kwargs | settings, variables=variables, components=dict(components), build_module_src="# the source text")

    network_module = types.ModuleType("dnnlib.tflib.network")
    network_module.Network = Network
    Network.__module__, Network.__qualname__ = "dnnlib.tflib.network", "Network"
    sys.modules["dnnlib.tflib"], sys.modules["dnnlib.tflib.network"] = types.ModuleType("dnnlib.tflib"), network_module

    def generator(seed, **settings):
        random = np.random.default_rng(seed)
        normal = lambda *shape: random.normal(size=shape).astype(np.float32)
        mapping = [(f"Dense{i}/{part}", normal(*shape) * 30) for i, n in enumerate((6, 7)) for part, shape in (("weight", (n, 7)), ("bias", (7,)))]
        widths, before = {4: 6, 8: 6, 16: 6}, None
        synthesis = [("4x4/Const/const", normal(1, 6, 4, 4))]
        for level, (size, width) in enumerate(widths.items()):
            kinds = [("Conv", 3)] if before is None else [("Conv0_up", 3), ("Conv1", 3)]
            for i, (kind, kernel) in enumerate([*kinds, ("ToRGB", 1)]):
                inputs, outputs = (before if kind == "Conv0_up" else width), (3 if kind == "ToRGB" else width)
                name = f"{size}x{size}/{kind}"
                synthesis += [(f"{name}/weight", normal(kernel, kernel, inputs, outputs)), (f"{name}/bias", normal(outputs) * 0.3)]
                synthesis += [(f"{name}/mod_weight", normal(7, inputs)), (f"{name}/mod_bias", normal(inputs) * 0.3)]
                if kind != "ToRGB":
                    synthesis += [(f"{name}/noise_strength", normal()), (f"noise{2 * level - 1 + i if level else 0}", normal(1, 1, size, size))]
            before = width
        components = {"mapping": Network(mapping), "synthesis": Network(synthesis)}
        return Network([("dlatent_avg", normal(7))], components, **settings)

    precise = import_patched(checkout / "training" / "networks.py", "networks64", (r"torch\.float32", "torch.float64"))

    def write(name, first, averaged):
        with (folder / f"{name}.pkl").open("wb") as file:
            pickle.dump((first, Network([]), averaged), file)
        network = legacy.convert_tf_generator(types.SimpleNamespace(**averaged.__dict__))
        double = precise.Generator(**network.init_kwargs).double().eval().requires_grad_(False)
        double.load_state_dict(network.state_dict())
        for module in double.modules():
            if hasattr(module, "resample_filter"):
                module.resample_filter = module.resample_filter.float()
        image = lambda z: double(z, torch.zeros(len(z), 0), truncation_psi=0.8, noise_mode="const", force_fp32=True)
        write_golden(folder / f"{name}.npz", image, (6,))

    write("stylegan2_tensorflow", generator(8), generator(9))
    write("stylegan2_tensorflow_configured", Network([]), generator(10, resample_kernel=[1, 2, 4, 3], mapping_lrmul=0.02))


def rosinality(folder: Path, checkout: Path):
    # The published widths are large: those of a miniature, in the same code.
    model = import_patched(checkout / "model.py", "model", (r"(\d+): 512,", r"\1: 7 - int(\1 ** 0.5),"))
    torch.manual_seed(4)
    network = noisy(model.Generator(16, 6, 3), 4)
    state = {"g_ema": network.state_dict(), "latent_avg": torch.randn(6)}
    torch.save(state, folder / "stylegan2_rosinality.pt")
    torch.save(state, folder / "stylegan2_rosinality_legacy.pt", _use_new_zipfile_serialization=False)
    network.double()
    write_golden(folder / "stylegan2_rosinality.npz", lambda z: network([z], randomize_noise=False)[0], (6,))


if __name__ == "__main__":
    fixtures, *checkouts = folder_of_fixtures(), *map(Path, sys.argv[2:4])
    for writers, checkout in zip(((nvidia, tensorflow), (rosinality,)), checkouts):
        sys.path.insert(0, str(checkout))
        for write in writers:
            write(fixtures, checkout)
