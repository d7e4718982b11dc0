"""Small checkpoints of PGGAN, BigGAN-deep and a β-VAE, by their published code.

    python tools/reference/checkpoints/published_gans.py packages/checkpoints/test/fixtures ZOO DISVAE

ZOO is a checkout of facebookresearch/pytorch_GAN_zoo, DISVAE one of YannDubs/disentangling-vae; pytorch-pretrained-biggan
is installed. Writes pggan.pt (netG, netD and avgG, as training writes it), biggan.bin (a state dictionary) and
beta_vae.pt (a whole VAE), with golden .npz files.
"""

import sys
from pathlib import Path

import numpy as np
import torch

from golden import folder_of_fixtures, import_patched, write_golden


def moved(module, seed, scale=0.5):
    """Biases are zero at first."""
    torch.manual_seed(seed)
    for name, tensor in module.named_parameters():
        if name.endswith("bias"):
            tensor.data.add_(scale * torch.randn_like(tensor))
    return module.eval().requires_grad_(False)


def pggan(folder: Path):
    from models.networks.progressive_conv_net import GNet

    def network(seed):
        net = GNet(5, 8)
        net.addScale(8)
        net.addScale(7)
        return moved(net, seed, 0.2)

    torch.manual_seed(1)
    trained, averaged = network(2), network(3)
    state = {"config": {"depth": 3}, "shapes": None, "netG": trained.state_dict(), "netD": {"a.weight": torch.zeros(2)}}
    torch.save(state | {"avgG": averaged.state_dict()}, folder / "pggan.pt", _use_new_zipfile_serialization=False)
    write_golden(folder / "pggan.npz", averaged.double(), (5,))


def biggan(folder: Path):
    from pytorch_pretrained_biggan import BigGAN, BigGANConfig

    layers = [(bool(i % 2), 16 >> i // 2, 16 >> (i + 1) // 2) for i in range(8)]
    torch.manual_seed(4)
    config = BigGANConfig(output_dim=64, z_dim=4, class_embed_dim=4, channel_width=3, num_classes=4, layers=layers, attention_layer_position=2, n_stats=5)
    model = moved(BigGAN(config), 5)
    for name, tensor in model.state_dict().items():
        if name.endswith("running_means"):
            tensor.normal_(0, 0.3)
        elif name.endswith(("running_vars", "generator.bn.weight")):
            tensor.uniform_(0.5, 1.5)
        elif name.endswith("gamma"):
            tensor.fill_(0.7)
    # The singular vectors of the weights are found while it is trained.
    model.train()
    for _ in range(20):
        model(torch.randn(1, 4), torch.eye(4)[:1], 1.0)
    model.eval()
    torch.save(model.state_dict(), folder / "biggan.bin")
    double = model.double()
    for name, label, truncation in (("biggan", 2, 1.0), ("biggan_truncated", 0, 0.4)):
        chosen = lambda z: torch.nn.functional.one_hot(torch.tensor([label] * len(z)), 4).double()
        write_golden(folder / f"{name}.npz", lambda z: double(z, chosen(z), truncation), (4,))


def beta_vae(folder: Path, checkout: Path):
    # NumPy's product is prod today, and the published widths are large.
    changes = (r"np\.product", "np.prod"), (r"hid_channels = 32", "hid_channels = 5"), (r"hidden_dim = 256", "hidden_dim = 12")
    decoders = import_patched(checkout / "disvae" / "models" / "decoders.py", "decoders", *changes)
    torch.manual_seed(6)
    decoder = moved(decoders.DecoderBurgess((1, 64, 64), 4), 7)
    encoder = {"encoder.conv1.weight": torch.zeros(5, 1, 4, 4), "encoder.mu_logvar_gen.weight": torch.zeros(8, 12)}
    torch.save(encoder | {f"decoder.{name}": tensor for name, tensor in decoder.state_dict().items()}, folder / "beta_vae.pt")
    write_golden(folder / "beta_vae.npz", decoder.double(), (4,), codes=2)


if __name__ == "__main__":
    folder = folder_of_fixtures()
    zoo, disvae = map(Path, sys.argv[2:4])
    beta_vae(folder, disvae)
    biggan(folder)
    sys.path.insert(0, str(zoo))
    pggan(folder)
