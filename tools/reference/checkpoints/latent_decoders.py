"""Small decoders of autoencoders for latent diffusion, by diffusers.

    python tools/reference/checkpoints/latent_decoders.py packages/checkpoints/test/fixtures

Writes folders as diffusers saves them, of which the encoder is left out: sd_vae (4 channels, convolutions around the
latents, scaling), flux_vae (16 channels, scaling and shift, in bfloat16), taesd; sd_vae_earlier (means and deviations of
the latents in place of a shift; the names of projections that earlier versions of diffusers had), vq (a quantising
autoencoder, whose codes are latents behind the quantiser), vq_embed (the same, whose codes have channels of their own); sd_vae_ldm.ckpt (the same weights as
sd_vae under the names of latent diffusion, in a whole model's state) and taesd_decoder.pth (the original's names), with
a golden .npz each. The codes of the goldens are those of the diffusion model.
"""

import re

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, VQModel
from safetensors.torch import load_file, save_file

from golden import folder_of_fixtures, write_golden

SD = dict(block_out_channels=(4, 8), layers_per_block=1, norm_num_groups=2, latent_channels=4, sample_size=8, scaling_factor=0.18215)
FLUX = dict(block_out_channels=(4, 8), layers_per_block=2, norm_num_groups=4, latent_channels=16, sample_size=8, scaling_factor=0.3611, shift_factor=0.1159, use_quant_conv=False, use_post_quant_conv=False)
TINY = dict(encoder_block_out_channels=(6, 6), decoder_block_out_channels=(6, 6), num_encoder_blocks=(1, 1), num_decoder_blocks=(2, 1))


def moved(model, seed):
    """Scales and shifts of normalisations are one and zero at first."""
    torch.manual_seed(seed)
    for name, tensor in model.named_parameters():
        if "norm" in name or name.endswith("bias"):
            tensor.data.add_(0.3 * torch.randn_like(tensor))
    return model.eval().requires_grad_(False)


def autoencoder(folder, name, settings, seed, dtype=torch.float32):
    torch.manual_seed(seed)
    blocks = len(settings["block_out_channels"])
    kinds = dict(down_block_types=("DownEncoderBlock2D",) * blocks, up_block_types=("UpDecoderBlock2D",) * blocks)
    model = moved(AutoencoderKL(**settings, **kinds), seed).to(dtype)
    save_without_encoder(model, folder / name)
    double = model.double()
    shift = settings.get("shift_factor", 0)
    image = lambda z: double.decode(z / settings["scaling_factor"] + shift).sample
    write_golden(folder / f"{name}.npz", image, (settings["latent_channels"], 4, 4), codes=2)
    return double


def save_without_encoder(model, folder, renamed={}):
    """`renamed`: parts of names, and what stands in their place in the file."""
    model.save_pretrained(folder)
    weights = folder / "diffusion_pytorch_model.safetensors"
    kept = {name: tensor for name, tensor in load_file(weights).items() if not name.startswith(("encoder.", "quant_conv."))}
    for name in list(kept):
        here = name
        for new, old in renamed.items():
            here = here.replace(new, old)
        kept[here] = kept.pop(name)
    save_file(kept, weights, {"format": "pt"})


def ldm_names(state, blocks):
    """diffusers' names in the words of latent diffusion's code; projections are convolutions of single pixels."""
    for name, tensor in state.items():
        name = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", name)
        name = re.sub(r"up_blocks\.(\d)\.resnets\.(\d)", lambda m: f"up.{blocks - 1 - int(m[1])}.block.{m[2]}", name)
        name = re.sub(r"up_blocks\.(\d)\.upsamplers\.0", lambda m: f"up.{blocks - 1 - int(m[1])}.upsample", name)
        for ours, theirs in {"conv_norm_out": "norm_out", "conv_shortcut": "nin_shortcut", "mid_block.attentions.0": "mid.attn_1", "group_norm": "norm", "to_out.0": "proj_out"}.items():
            name = name.replace(ours, theirs)
        name = re.sub(r"to_([qkv])", r"\1", name)
        if "attn_1" in name and tensor.ndim == 2:
            tensor = tensor[:, :, None, None]
        yield f"first_stage_model.{name}", tensor


if __name__ == "__main__":
    folder = folder_of_fixtures()
    sd = autoencoder(folder, "sd_vae", SD, 1)
    autoencoder(folder, "flux_vae", FLUX, 2, torch.bfloat16)

    statistics = dict(latents_mean=[0.1, -0.2, 0.3, 0.4], latents_std=[1.0, 2.0, 3.0, 0.5])
    torch.manual_seed(5)
    kinds = dict(down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2)
    earlier = moved(AutoencoderKL(**SD, **kinds, **statistics), 5)
    save_without_encoder(earlier, folder / "sd_vae_earlier", {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"})
    earlier = earlier.double()
    means, deviations = (torch.tensor(statistics[name]).double().reshape(1, 4, 1, 1) for name in ("latents_mean", "latents_std"))
    write_golden(folder / "sd_vae_earlier.npz", lambda z: earlier.decode(z * deviations / SD["scaling_factor"] + means).sample, (4, 4, 4), codes=2)

    settings = {name: value for name, value in SD.items() if name != "latent_channels"}
    for name, width, seed in (("vq", None, 6), ("vq_embed", 5, 7)):
        torch.manual_seed(seed)
        quantising = moved(VQModel(**settings, **kinds, latent_channels=3, num_vq_embeddings=8, vq_embed_dim=width), seed)
        save_without_encoder(quantising, folder / name)
        quantising = quantising.double()
        write_golden(folder / f"{name}.npz", lambda z: quantising.decode(z / SD["scaling_factor"], force_not_quantize=True).sample, (width or 3, 4, 4), codes=2, jacobian=False)

    # 32 groups, as latent diffusion's code has always had them.
    torch.manual_seed(4)
    settings = dict(SD, block_out_channels=(32,), norm_num_groups=32, scaling_factor=1.0, sample_size=4)
    kinds = dict(down_block_types=("DownEncoderBlock2D",), up_block_types=("UpDecoderBlock2D",))
    wide = moved(AutoencoderKL(**settings, **kinds), 4).half().float()
    kept = {name: tensor for name, tensor in wide.state_dict().items() if name.startswith(("decoder.", "post_quant"))}
    state = {name: tensor.half() for name, tensor in ldm_names(kept, 1)}
    torch.save({"state_dict": state | {"model.diffusion_model.out.weight": torch.zeros(2)}, "global_step": 9}, folder / "sd_vae_ldm.ckpt")
    double = wide.double()
    write_golden(folder / "sd_vae_ldm.npz", lambda z: double.decode(z).sample, (4, 4, 4), codes=2)

    torch.manual_seed(3)
    tiny = moved(AutoencoderTiny(**TINY, latent_channels=4), 3)
    save_without_encoder(tiny, folder / "taesd")
    # The original has a layer more before the first, and images from 0 to 1.
    original = {}
    for name, tensor in tiny.decoder.state_dict().items():
        index, rest = re.fullmatch(r"layers\.(\d+)\.(.*)", name).groups()
        original[f"{int(index) + 1}.{rest}"] = tensor
    torch.save(original, folder / "taesd_decoder.pth")
    tiny = tiny.double()
    write_golden(folder / "taesd.npz", lambda z: tiny.decode(z).sample, (4, 4, 4), codes=2)
    write_golden(folder / "taesd_decoder.npz", lambda z: (tiny.decode(z).sample + 1) / 2, (4, 4, 4), codes=2, jacobian=False)
