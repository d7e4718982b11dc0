"""Running averages of weights."""

import torch


@torch.no_grad()
def update_average(averaged: torch.nn.Module, model: torch.nn.Module, step: int, most: float):
    """Moves the running average of weights toward those of `model`; `most` is its decay in the end."""
    # It forgets faster early on, when the weights still move far.
    decay = min(most, (1 + step) / (10 + step))
    for slow, fast in zip(averaged.parameters(), model.parameters()):
        slow.lerp_(fast, 1 - decay)
