"""Miniatures of generators of sounds and of music: recurrent decoders, a vocoder, the decoder of a codec."""

import torch
from torch import nn
from torch.nn import functional as F


class MusicVae(nn.Module):
    """Hierarchical recurrent decoder of MusicVAE (Roberts et al. 2018): an LSTM over bars, a GRU over the notes of each.

    Logits of 6 notes at 2 × 3 steps.
    """

    code = ("z", (8,))
    output = "logits"

    def __init__(self):
        super().__init__()
        self.start = nn.Linear(8, 2 * 2 * 6)
        self.conductor = nn.LSTM(8, 6, num_layers=2, batch_first=True)
        self.embed = nn.Linear(6, 6)
        self.notes = nn.GRU(6, 6, batch_first=True)
        self.end = nn.Linear(6, 6)

    def forward(self, z):
        h, c = torch.tanh(self.start(z)).reshape(-1, 2, 2, 6).permute(1, 2, 0, 3).unbind(0)
        bars, _ = self.conductor(z[:, None].expand(-1, 2, -1), (h.contiguous(), c.contiguous()))
        notes = []
        for bar in bars.unbind(1):
            e = torch.tanh(self.embed(bar))
            steps, _ = self.notes(bar[:, None].expand(-1, 3, -1), e[None])
            notes.append(self.end(steps))
        return torch.cat(notes, dim=1)


def write_notes(z, h, c, steps: int, input, state, end):
    """Steps of an LSTM cell that reads the code and the softmax of what it wrote last: [n, steps, notes]."""
    last = z[:, : end.shape[0]] * 0
    notes = []
    for _ in range(steps):
        gates = F.linear(torch.cat([z, last], dim=1), input) + F.linear(h, state)
        i, f, g, o = gates.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        last = torch.softmax(F.linear(h, end), dim=1)
        notes.append(last)
    return torch.stack(notes, dim=1)


class Melody(nn.Module):
    """Recurrent decoder that is fed what it wrote; its steps are written out by the exporters, or `looped` as a Loop."""

    code = ("z", (6,))
    output = "probabilities"

    def __init__(self, looped):
        super().__init__()
        self.start = nn.Linear(6, 16)
        matrix = lambda rows, columns: nn.Parameter(torch.randn(rows, columns) / columns**0.5)
        self.input, self.state, self.end = matrix(32, 6 + 5), matrix(32, 8), matrix(5, 8)
        self.write_notes = torch.jit.script(write_notes) if looped else write_notes

    def forward(self, z):
        h, c = torch.tanh(self.start(z)).chunk(2, dim=1)
        return self.write_notes(z, h, c, 4, self.input, self.state, self.end)


class HifiGan(nn.Module):
    """HiFi-GAN's generator (Kong et al. 2020) without weight norm: a spectrogram of 6 bands at 5 times → 1 × 40 samples."""

    code = ("mel", (6, 5))
    output = "audio"

    def __init__(self):
        super().__init__()
        self.start = nn.Conv1d(6, 8, 7, padding=3)
        self.ups = nn.ModuleList([nn.ConvTranspose1d(8, 6, 8, 4, 2), nn.ConvTranspose1d(6, 4, 4, 2, 1)])
        dilated = lambda c, k: nn.ModuleList([nn.Conv1d(c, c, k, dilation=d, padding=d * (k - 1) // 2) for d in (1, 3)])
        self.blocks = nn.ModuleList([nn.ModuleList([dilated(c, k) for k in (3, 5)]) for c in (6, 4)])
        self.end = nn.Conv1d(4, 1, 7, padding=3)

    def residual(self, x, layers):
        for conv in layers:
            x = x + conv(F.leaky_relu(x, 0.1))
        return x

    def forward(self, mel):
        x = self.start(mel)
        for up, blocks in zip(self.ups, self.blocks):
            x = up(F.leaky_relu(x, 0.1))
            x = sum(self.residual(x, layers) for layers in blocks) / 2
        return torch.tanh(self.end(F.leaky_relu(x)))


class EncodecDecoder(nn.Module):
    """Decoder of EnCodec (Défossez et al. 2022): causal convolutions, reflected at the edge, a residual LSTM, ELUs."""

    code = ("embeddings", (6, 4))
    output = "audio_values"

    def __init__(self):
        super().__init__()
        self.start = nn.Conv1d(6, 8, 3)
        self.lstm = nn.LSTM(8, 8, num_layers=1)
        self.ups = nn.ModuleList([nn.ConvTranspose1d(8, 6, 4, 2), nn.ConvTranspose1d(6, 4, 4, 2)])
        self.narrow = nn.ModuleList([nn.Conv1d(c, c // 2, 3) for c in (6, 4)])
        self.wide = nn.ModuleList([nn.Conv1d(c // 2, c, 1) for c in (6, 4)])
        self.shortcuts = nn.ModuleList([nn.Conv1d(c, c, 1) for c in (6, 4)])
        self.end = nn.Conv1d(4, 1, 3)

    def causal(self, conv, x):
        return conv(F.pad(x, (conv.kernel_size[0] - 1, 0), mode="reflect"))

    def forward(self, embeddings):
        x = self.causal(self.start, embeddings)
        steps = x.permute(2, 0, 1)
        x = (self.lstm(steps)[0] + steps).permute(1, 2, 0)
        for up, narrow, wide, shortcut in zip(self.ups, self.narrow, self.wide, self.shortcuts):
            # What a causal transposed convolution has too much is cut off at the end.
            x = up(F.elu(x))[..., :-2]
            x = shortcut(x) + wide(F.elu(self.causal(narrow, F.elu(x))))
        return self.causal(self.end, F.elu(x))


SOUND_NETWORKS = {"music_vae": MusicVae, "melody": lambda: Melody(looped=False), "melody_loop": lambda: Melody(looped=True), "hifigan": HifiGan, "encodec": EncodecDecoder}
