"""Small checkpoints of PGGAN, BigGAN-deep and a β-VAE, by their published code.

    python tools/reference/checkpoints/published_gans.py packages/checkpoints/test/fixtures ZOO DISVAE

ZOO is a checkout of facebookresearch/pytorch_GAN_zoo, DISVAE one of YannDubs/disentangling-vae; pytorch-pretrained-biggan
is installed. Writes pggan.pt (netG, netD and avgG), pggan_bounded.pt (as training writes it, with another slope, plain layers
and a tanh, which its configuration says), biggan.bin (a state dictionary), biggan_configured (with other blocks and another ε, which the configuration beside it
says) and beta_vae.pt (a whole VAE), with golden .npz files.
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


def pggan_bounded(folder: Path):
    from models.progressive_gan import ProgressiveGAN

    # PyTorch takes no integers as their rates today; nothing is trained.
    ProgressiveGAN.getOptimizerD = ProgressiveGAN.getOptimizerG = lambda self: torch.optim.Adam(self.netG.parameters())
    torch.manual_seed(8)
    model = ProgressiveGAN(5, 8, leakyness=0.1, equalizedlR=False, lossMode="DCGAN", useGPU=False)
    model.addScale(7)
    averaged = moved(model.avgG, 9, 0.2)
    # The networks beside it are as large, and not what is read.
    state = {name: part for name, part in model.getStateDict().items() if name in ("config", "avgG")}
    torch.save(state, folder / "pggan_bounded.pt", _use_new_zipfile_serialization=False)
    write_golden(folder / "pggan_bounded.npz", averaged.double(), (5,))


def biggan_of(**settings):
    from pytorch_pretrained_biggan import BigGAN, BigGANConfig

    torch.manual_seed(4)
    config = BigGANConfig(z_dim=4, class_embed_dim=4, channel_width=3, num_classes=4, n_stats=5, **settings)
    model = moved(BigGAN(config), 5)
    for name, tensor in model.state_dict().items():
        if name.endswith("running_means"):
            tensor.normal_(0, 0.3)
        elif name.endswith(("running_vars", "generator.bn.weight")):
            tensor.uniform_(0.5, 1.5)
        elif name.endswith("gamma"):
            tensor.fill_(0.7)
        elif name.endswith("generator.bn.bias"):
            # The published code leaves it as the memory was.
            tensor.normal_(0, 0.3)
    # The singular vectors of the weights are found while it is trained.
    model.train()
    for _ in range(20):
        model(torch.randn(1, 4), torch.eye(4)[:1], 1.0)
    return model.eval()


def biggan(folder: Path):
    layers = [(bool(i % 2), 16 >> i // 2, 16 >> (i + 1) // 2) for i in range(8)]
    model = biggan_of(output_dim=64, layers=layers, attention_layer_position=2)
    torch.save(model.state_dict(), folder / "biggan.bin")
    chosen = lambda z, label: torch.nn.functional.one_hot(torch.tensor([label] * len(z)), 4).double()
    double = model.double()
    for name, label, truncation in (("biggan", 2, 1.0), ("biggan_truncated", 0, 0.4)):
        write_golden(folder / f"{name}.npz", lambda z: double(z, chosen(z, label), truncation), (4,))

    beside = folder / "biggan_configured"
    beside.mkdir(exist_ok=True)
    layers = [(True, 16, 8), (True, 8, 8), (False, 8, 4), (False, 4, 2), (True, 2, 1)]
    model = biggan_of(output_dim=32, layers=layers, attention_layer_position=1, eps=0.01)
    torch.save(model.state_dict(), beside / "pytorch_model.bin")
    (beside / "config.json").write_text(model.config.to_json_string())
    double_configured = model.double()
    write_golden(folder / "biggan_configured.npz", lambda z: double_configured(z, chosen(z, 1), 0.5), (4,))


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
    pggan_bounded(folder)
