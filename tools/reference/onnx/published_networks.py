"""Miniatures of generators as packages publish them: configured small, with random weights, not written here again.

`diffusers` and `transformers`, and Descript's codec where `dac` can be imported.
"""

import torch
from torch import nn


class Published(nn.Module):
    """A network of a package, called as `call` says, from the code of this name and shape."""

    def __init__(self, network, call, code, output="image", **others):
        super().__init__()
        self.network, self.call, self.code, self.output, self.others = network, call, code, output, others
        with torch.no_grad():
            # Nothing is left at the zeros that gates, biases and last layers start from.
            for parameter in network.parameters():
                parameter += 0.05 * torch.randn_like(parameter)

    def forward(self, code, first=None, second=None):
        """Exporters want inputs one by one: there are at most two beside the code."""
        return self.call(self.network, code, *(first, second)[: len(self.others)])


def decoder(network):
    """Of an autoencoder of diffusers: 4 × 3 × 3 → an image."""
    return Published(network, lambda network, z: network.decode(z, return_dict=False)[0], ("latent_sample", (4, 3, 3)))


def asymmetric_vae():
    from diffusers import AsymmetricAutoencoderKL

    blocks = {"down_block_types": ("DownEncoderBlock2D",) * 2, "up_block_types": ("UpDecoderBlock2D",) * 2}
    widths = {"down_block_out_channels": (4, 8), "up_block_out_channels": (4, 8), "norm_num_groups": 2}
    return decoder(AsymmetricAutoencoderKL(**blocks, **widths, layers_per_down_block=1, layers_per_up_block=1, sample_size=16))


def vq_model():
    from diffusers import VQModel

    blocks = {"down_block_types": ("DownEncoderBlock2D",) * 2, "up_block_types": ("UpDecoderBlock2D",) * 2}
    codebook = {"latent_channels": 4, "vq_embed_dim": 4, "num_vq_embeddings": 8}
    network = VQModel(**blocks, **codebook, block_out_channels=(4, 8), layers_per_block=1, norm_num_groups=2)
    call = lambda network, z: network.decode(z, force_not_quantize=True, return_dict=False)[0]
    return Published(network, call, ("latent_sample", (4, 3, 3)))


def tiny_vae():
    from diffusers import AutoencoderTiny

    widths = {"encoder_block_out_channels": (6, 6), "decoder_block_out_channels": (6, 6)}
    return decoder(AutoencoderTiny(**widths, num_encoder_blocks=(1, 1), num_decoder_blocks=(1, 1), upsampling_scaling_factor=2))


def deep_compression_vae():
    """Linear attention over several scales, root mean square normalisation."""
    from diffusers import AutoencoderDC

    sides = {}
    for side in ("encoder", "decoder"):
        sides |= {f"{side}_block_types": ("ResBlock", "EfficientViTBlock"), f"{side}_block_out_channels": (8, 8)}
        sides |= {f"{side}_layers_per_block": (1, 1), f"{side}_qkv_multiscales": ((), (5,))}
    options = {"upsample_block_type": "interpolate", "downsample_block_type": "conv", "decoder_act_fns": "silu"}
    return decoder(AutoencoderDC(**sides, **options, latent_channels=4, attention_head_dim=4, decoder_norm_types="rms_norm"))


def unet_2d():
    from diffusers import UNet2DModel

    blocks = {"down_block_types": ("DownBlock2D", "AttnDownBlock2D"), "up_block_types": ("AttnUpBlock2D", "UpBlock2D")}
    network = UNet2DModel(**blocks, sample_size=8, block_out_channels=(4, 8), layers_per_block=1, norm_num_groups=2, attention_head_dim=4)
    call = lambda network, x, t: network(x, t, return_dict=False)[0]
    return Published(network, call, ("sample", (3, 6, 6)), "noise", timestep=torch.tensor([7]))


def dit_2d():
    from diffusers import DiTTransformer2DModel

    widths = {"num_attention_heads": 2, "attention_head_dim": 4, "num_layers": 2, "norm_num_groups": 2}
    network = DiTTransformer2DModel(**widths, in_channels=4, out_channels=8, sample_size=4, patch_size=2, num_embeds_ada_norm=5)
    call = lambda network, x, t, y: network(x, timestep=t, class_labels=y, return_dict=False)[0]
    others = {"timestep": torch.tensor([7]), "class_labels": torch.tensor([3])}
    return Published(network, call, ("hidden_states", (4, 4, 4)), "noise", **others)


def dac_decoder():
    """Of Descript's codec: snakes, transposed convolutions with weight norm."""
    from transformers import DacConfig, DacModel

    rates = {"downsampling_ratios": [2, 4], "upsampling_ratios": [4, 2]}
    config = DacConfig(**rates, encoder_hidden_size=2, decoder_hidden_size=8, n_codebooks=2, codebook_size=8, codebook_dim=4)
    network = DacModel(config)
    return Published(network.decoder, lambda network, z: network(z), ("quantized", (network.config.hidden_size, 4)), "audio")


def encodec_decoder():
    from transformers import EncodecConfig, EncodecModel

    widths = {"num_filters": 2, "hidden_size": 6, "codebook_size": 8, "codebook_dim": 6, "num_lstm_layers": 1}
    network = EncodecModel(EncodecConfig(**widths, upsampling_ratios=[2, 2], sampling_rate=800, target_bandwidths=[1.5]))
    return Published(network.decoder, lambda network, z: network(z), ("embeddings", (6, 6)), "audio")


VOCODER = {"upsample_initial_channel": 8, "upsample_rates": [2, 2], "upsample_kernel_sizes": [4, 4], "resblock_kernel_sizes": [3, 5], "resblock_dilation_sizes": [[1, 3]] * 2}


def speech_hifigan():
    """The vocoder of SpeechT5, with its normalisation of the spectrogram: [times, bands]."""
    from transformers import SpeechT5HifiGan, SpeechT5HifiGanConfig

    network = SpeechT5HifiGan(SpeechT5HifiGanConfig(**VOCODER, model_in_dim=6))
    return Published(network, lambda network, spectrogram: network(spectrogram), ("spectrogram", (5, 6)), "waveform")


def vits():
    from transformers import VitsConfig, VitsModel

    widths = {"vocab_size": 5, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "ffn_dim": 8, "flow_size": 6, "spectrogram_bins": 5}
    flows = {"prior_encoder_num_flows": 2, "prior_encoder_num_wavenet_layers": 2, "posterior_encoder_num_wavenet_layers": 2}
    return VitsModel(VitsConfig(**VOCODER, **widths, **flows, wavenet_dilation_rate=1))


def vits_flow():
    """From the prior's sample through the flow, read backwards, to the waveform."""

    def call(network, z):
        mask = torch.ones_like(z[:, :1])
        return network.decoder(network.flow(z, mask, reverse=True))

    return Published(vits(), call, ("prior_latents", (6, 5)), "waveform")


PUBLISHED_NETWORKS = {
    "asymmetric_vae": asymmetric_vae,
    "vq_model": vq_model,
    "tiny_vae": tiny_vae,
    "deep_compression_vae": deep_compression_vae,
    "unet_2d": unet_2d,
    "dit_2d": dit_2d,
    "dac": dac_decoder,
    "encodec_published": encodec_decoder,
    "speech_hifigan": speech_hifigan,
    "vits_flow": vits_flow,
}
