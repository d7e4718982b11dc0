"""Training that can be interrupted: what a step leaves behind, and what the next run takes up."""

from pathlib import Path

import torch


def restored(checkpoint: Path, model, averaged, optimiser) -> tuple[int, float]:
    """Takes up what the checkpoint holds, if it is there; returns the steps and the seconds done."""
    if not checkpoint.exists():
        return 0, 0.0
    state = torch.load(checkpoint, weights_only=True)
    model.load_state_dict(state["model"])
    averaged.load_state_dict(state["averaged"])
    optimiser.load_state_dict(state["optimiser"])
    return state["step"], state["seconds"]


def save(checkpoint: Path, model, averaged, optimiser, step: int, seconds: float):
    """Leaves what `restored` takes up: `step` steps are done, in so many seconds."""
    state = {"model": model.state_dict(), "averaged": averaged.state_dict(), "optimiser": optimiser.state_dict()}
    torch.save({**state, "step": step, "seconds": seconds}, checkpoint)
