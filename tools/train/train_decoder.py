"""Trains a small convolutional VAE on the project's cartoon faces, on one CPU thread: its decoder is the smooth
generator of the benchmarks.

    python train_decoder.py              # the run that made tools/bench/data/decoder.onnx
    python train_decoder.py --steps 200  # a quick trial

Interrupt it at will: the same command goes on from the last checkpoint. Every step draws its batch and
its noise from (seed, step), so a resumed run sees what an unbroken one would have seen.
"""

import argparse
import copy
import json
import math
import time
from pathlib import Path

import torch

from averaging import update_average
from checkpoint import restored, save
from data import HELD, images_of, indices_of
from faces import sheet
from factors import sample_factors
from measure import evaluate, factor_scores, kl_to_prior, laplacian_l1, posterior_moments, prior_sheet, sharpness, to_bytes
from model import LATENT, Decoder, Encoder

HERE = Path(__file__).parent


def batch_of(images, step: int, args):
    """Batch and noise of one step, from (seed, step) alone."""
    generator = torch.Generator().manual_seed(args.seed * 1_000_003 + step)
    chosen = torch.randint(len(images), (args.batch,), generator=generator)
    batch = (images[chosen].float() / 255).contiguous(memory_format=torch.channels_last)
    return batch, torch.randn(args.batch, LATENT, generator=generator)


def train(args):
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    args.folder.mkdir(parents=True, exist_ok=True)
    images = images_of("train", args.seed, args.images, args.folder)
    held_out = images_of("test", args.seed, 2000, args.folder)

    model = torch.nn.ModuleDict({"encoder": Encoder(), "decoder": Decoder()}).to(memory_format=torch.channels_last)
    averaged = copy.deepcopy(model)
    optimiser = torch.optim.AdamW(model.parameters(), lr=args.rate, betas=(0.9, 0.99), weight_decay=1e-4)
    checkpoint = args.folder / "checkpoint.pt"
    first, seconds = restored(checkpoint, model, averaged, optimiser)

    started = time.perf_counter()
    for step in range(first, args.steps):
        ramp = min(1.0, (step + 1) / args.warm_up)
        for group in optimiser.param_groups:
            group["lr"] = args.rate * ramp * 0.5 * (1 + math.cos(math.pi * step / args.steps))
        batch, noise = batch_of(images, step, args)
        mean, log_variance = model["encoder"](batch)
        image = model["decoder"](mean + (log_variance / 2).exp() * noise)
        reconstruction = laplacian_l1(image, batch)
        kl = kl_to_prior(mean, log_variance).sum(1).mean()
        # The KL term comes in slowly: at full strength from the start it would empty most dimensions.
        loss = reconstruction + args.beta * min(1.0, step / (args.steps * 0.2)) * kl
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        update_average(averaged, model, step, args.average)
        if (step + 1) % args.every == 0 or step + 1 == args.steps:
            seconds += time.perf_counter() - started
            started = time.perf_counter()
            print(f"step {step + 1}  pyramid {reconstruction.item():.4f}  KL {kl.item():.1f}  {seconds:.0f} s", flush=True)
            save(checkpoint, model, averaged, optimiser, step + 1, seconds)

    figures = {"steps": args.steps, "seconds": round(seconds), **finish(averaged, images, held_out, args)}
    (args.folder / "figures.json").write_text(json.dumps(figures, indent=2))
    print(json.dumps(figures, indent=2))


@torch.no_grad()
def finish(model, images, held_out, args) -> dict:
    """Writes decoder.pt and two sheets to look at; returns the figures of the run."""
    encoder, decoder = model["encoder"], model["decoder"]
    target = held_out.float() / 255
    rebuilt = torch.cat([decoder(encoder(part)[0]) for part in target.split(250)])
    pairs = torch.stack([target[:48], rebuilt[:48]], 1).flatten(0, 1)
    sheet(to_bytes(pairs), 12, 2).save(args.folder / "reconstructions.png")

    mean, root = posterior_moments(encoder, images, args.seed)
    decoder.absorb(mean, root)
    torch.save(decoder.state_dict(), args.folder / "decoder.pt")
    prior_sheet(decoder, args.seed, 8, 12, 2).save(args.folder / "samples.png")
    z = torch.randn(len(held_out), LATENT, generator=torch.Generator().manual_seed(args.seed))
    drawn = torch.cat([decoder(part) for part in z.split(250)])

    known = sample_factors(args.seed, indices_of("train", len(images)), HELD)
    unseen = sample_factors(args.seed, indices_of("test", len(held_out)), HELD)
    return {
        "test": evaluate(target, rebuilt, encoder),
        "posterior_deviations": torch.linalg.eigvalsh(root).tolist(),
        "factor_scores": factor_scores(encoder, images, known, held_out, unseen),
        "sharpness": {"faces": sharpness(target), "reconstructions": sharpness(rebuilt), "samples": sharpness(drawn)},
    }


def main():
    parser = argparse.ArgumentParser(description="Train the smooth decoder.")
    parser.add_argument("--folder", type=Path, default=HERE / "checkpoints", help="for images, checkpoints and sheets")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--images", type=int, default=40_000, help="distinct training faces")
    parser.add_argument("--steps", type=int, default=9_000)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=1.5e-3, help="peak learning rate, cosine to 0")
    parser.add_argument("--warm-up", type=int, default=300, help="steps of linear warm-up of the rate")
    parser.add_argument("--beta", type=float, default=5e-4, help="weight of the KL term (nats) against the pyramid loss")
    parser.add_argument("--average", type=float, default=0.999, help="decay of the moving average of the weights")
    parser.add_argument("--every", type=int, default=500, help="steps between checkpoints")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
