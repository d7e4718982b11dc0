"""Small checkpoints of plain stacks, in modules of PyTorch's under the names that published code has.

    python tools/reference/checkpoints/stacks.py packages/checkpoints/test/fixtures

Writes dcgan.pth (the names and layers of pytorch/examples, dcgan/main.py; the state dictionary alone), dcgan_half.pt
(in half precision, with a discriminator beside it), decoder_module.pth (a whole module of dense layers and transposed convolutions, whose
strides it has with it), activation_first.pt (activations in front of batch normalisation), dense_convolution.pt (a
convolution behind a dense layer) and averaged.pt (averages under latent diffusion's names, without their points, beside the
weights that they are of), state dictionaries, with a golden .npz each; unlike/*.pth, whole modules that are no plain stacks, and
unlike/torchscript.pt, a program, whose activations only its code says.
"""

import torch
from torch import nn

from golden import folder_of_fixtures, write_golden


def settled(module: nn.Module, seed: int) -> nn.Module:
    """Random statistics and affine parts of the normalisations, as after training."""
    torch.manual_seed(seed)
    for layer in module.modules():
        if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d)):
            layer.running_mean.normal_(0, 0.2)
            layer.running_var.uniform_(0.5, 1.5)
            layer.weight.data.uniform_(0.5, 1.5)
            layer.bias.data.normal_(0, 0.2)
    return module.eval().requires_grad_(False)


class Dcgan(nn.Module):
    def __init__(self, z=5, width=3, colours=3):
        super().__init__()
        layers, channels = [nn.ConvTranspose2d(z, 4 * width, 4, 1, 0, bias=False)], 4 * width
        for wide in (2 * width, width):
            layers += [nn.BatchNorm2d(channels), nn.ReLU(True), nn.ConvTranspose2d(channels, wide, 4, 2, 1, bias=False)]
            channels = wide
        layers += [nn.BatchNorm2d(channels), nn.ReLU(True), nn.ConvTranspose2d(channels, colours, 4, 2, 1, bias=False), nn.Tanh()]
        self.main = nn.Sequential(*layers)

    def forward(self, z):
        return self.main(z.reshape(*z.shape[:2], 1, 1))


def decoder() -> nn.Module:
    return nn.Sequential(
        nn.Linear(4, 7),
        nn.LeakyReLU(0.2),
        nn.Linear(7, 6 * 16),
        nn.BatchNorm1d(6 * 16),
        nn.LeakyReLU(0.2),
        nn.Unflatten(1, (6, 4, 4)),
        nn.ConvTranspose2d(6, 5, 3, stride=2, padding=1, output_padding=1),
        nn.BatchNorm2d(5, eps=1e-3),
        nn.LeakyReLU(0.2),
        nn.ConvTranspose2d(5, 5, 5, stride=1, padding=2),
        nn.LeakyReLU(0.2),
        nn.Conv2d(5, 1, 3, padding=1),
        nn.Sigmoid(),
    )


def activation_first() -> nn.Module:
    return nn.Sequential(
        nn.Linear(4, 4 * 16),
        nn.LeakyReLU(0.2),
        nn.BatchNorm1d(4 * 16),
        nn.Unflatten(1, (4, 4, 4)),
        nn.ConvTranspose2d(4, 3, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.BatchNorm2d(3),
        nn.ConvTranspose2d(3, 1, 4, 2, 1),
        nn.Tanh(),
    )


def dense_convolution() -> nn.Module:
    """Both numbers of channels of the convolution would make squares of the dense layer's."""
    return nn.Sequential(
        nn.Linear(4, 16 * 16),
        nn.ReLU(),
        nn.Unflatten(1, (16, 4, 4)),
        nn.Conv2d(16, 4, 3, padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(4, 3, 4, 2, 1),
        nn.Tanh(),
    )


def averaged_under_flat_names(network: nn.Module, average: nn.Module) -> dict[str, torch.Tensor]:
    """As LitEma of latent diffusion (ldm/modules/ema.py) has them: parameters alone, their names without points."""
    flat = {f"model_ema.{name.replace('.', '')}": tensor for name, tensor in average.named_parameters()}
    counts = {"model_ema.decay": torch.tensor(0.9999), "model_ema.num_updates": torch.tensor(5)}
    return {f"generator.{name}": tensor for name, tensor in network.state_dict().items()} | counts | flat


def unlike() -> dict[str, list[nn.Module]]:
    """What may stand where a plain stack has its last layers, and is not what the shapes alone would say."""
    return {
        "padding": [nn.Conv2d(2, 1, 3, padding=0), nn.Tanh()],
        "stride": [nn.Conv2d(2, 1, 3, stride=2, padding=1), nn.Tanh()],
        "reflect": [nn.Conv2d(2, 1, 3, padding=1, padding_mode="reflect"), nn.Tanh()],
        "upsample": [nn.Upsample(scale_factor=2), nn.Conv2d(2, 1, 3, padding=1), nn.Tanh()],
        "instance_norm": [nn.InstanceNorm2d(2), nn.Conv2d(2, 1, 3, padding=1), nn.Tanh()],
        "gelu": [nn.GELU(), nn.Conv2d(2, 1, 3, padding=1), nn.Tanh()],
        "spectral_norm": [nn.utils.spectral_norm(nn.Conv2d(2, 1, 3, padding=1)), nn.Tanh()],
        "two_activations": [nn.Conv2d(2, 2, 3, padding=1), nn.LeakyReLU(0.3), nn.Conv2d(2, 1, 3, padding=1), nn.Tanh()],
    }


if __name__ == "__main__":
    folder = folder_of_fixtures()
    torch.manual_seed(1)
    dcgan = settled(Dcgan(), 2)
    torch.save(dcgan.state_dict(), folder / "dcgan.pth", _use_new_zipfile_serialization=False)
    beside = {"netD.main.0.weight": torch.randn(3, 3, 4, 4)}
    torch.save({"netG": dcgan.half().state_dict(), "netD": beside, "epoch": 4}, folder / "dcgan_half.pt")
    dcgan = settled(Dcgan(), 2)
    dcgan.load_state_dict(torch.load(folder / "dcgan.pth"))
    write_golden(folder / "dcgan.npz", dcgan.double(), (5,))
    write_golden(folder / "dcgan_half.npz", dcgan.half().double(), (5,), jacobian=False)

    torch.manual_seed(3)
    module = settled(decoder(), 4)
    torch.save(module, folder / "decoder_module.pth")
    write_golden(folder / "decoder_module.npz", module.double(), (4,))

    for make in (activation_first, dense_convolution):
        torch.manual_seed(5)
        module = settled(make(), 6)
        torch.save(module.state_dict(), folder / f"{make.__name__}.pt")
        write_golden(folder / f"{make.__name__}.npz", module.double(), (4,))

    torch.manual_seed(7)
    network, average = settled(Dcgan(), 8), settled(Dcgan(), 9)
    # Statistics are no parameters, and those of the network are all that there are.
    average.load_state_dict(dict(average.state_dict()) | dict(network.named_buffers()))
    torch.save({"state_dict": averaged_under_flat_names(network, average)}, folder / "averaged.pt")
    write_golden(folder / "averaged.npz", average.double(), (5,))

    (folder / "unlike").mkdir(exist_ok=True)
    for name, tail in unlike().items():
        module = nn.Sequential(nn.ConvTranspose2d(2, 2, 4), nn.ReLU(), nn.ConvTranspose2d(2, 2, 4, 2, 1), nn.ReLU(), *tail)
        torch.save(module.eval(), folder / "unlike" / f"{name}.pth")

    program = nn.Sequential(nn.ConvTranspose2d(2, 2, 4), nn.ELU(), nn.ConvTranspose2d(2, 1, 4, 2, 1), nn.Sigmoid())
    torch.jit.save(torch.jit.script(program.eval()), folder / "unlike" / "torchscript.pt")
