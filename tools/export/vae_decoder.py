"""Exports any decoder that is a PyTorch module, such as a variational autoencoder's, as ONNX.

    python vae_decoder.py my_models:make_decoder --checkpoint vae.pt --prefix decoder. --shape 32 -o decoder.onnx

The module comes from a function (or class) of yours without arguments. The file goes z → tensors named by --name → image;
outputs of submodules become spaces under the names you give them.
"""

import argparse
import importlib
from pathlib import Path

import torch
from torch import nn

from onnx_export import add_options, read_state, write


class Decoder(nn.Module):
    """z [n, …] → outputs of the submodules in `names` (name → path in the module) and image, by name.

    Where the module returns several values, or an object, the first tensor, or `sample`, is the image.
    """

    def __init__(self, module: nn.Module, names: dict[str, str] | None = None):
        super().__init__()
        self.decoder = module
        self.names = names or {}
        known = dict(module.named_modules())
        for name, path in self.names.items():
            if path not in known:
                raise SystemExit(f"--name {name}={path}: the module has no submodule of that name.")

    def forward(self, z):
        tensors = {}
        hooks = [
            self.decoder.get_submodule(path).register_forward_hook(lambda _, __, output, name=name: tensors.update({name: output}))
            for name, path in self.names.items()
        ]
        try:
            image = self.decoder(z)
        finally:
            for hook in hooks:
                hook.remove()
        image = getattr(image, "sample", image)
        return {**tensors, "image": image[0] if isinstance(image, (tuple, list)) else image}


def make(function: str) -> nn.Module:
    """The module that `package.module:function` returns."""
    module, _, name = function.partition(":")
    if not name:
        raise SystemExit(f'"{function}": expected MODULE:FUNCTION, such as my_models:make_decoder.')
    return getattr(importlib.import_module(module), name)()


def name_and_path(text: str) -> tuple[str, str]:
    name, separator, path = text.partition("=")
    if not (name and separator and path):
        raise argparse.ArgumentTypeError("expected NAME=SUBMODULE, such as features=layers.2")
    return name, path


def extents(text: str) -> tuple[int, ...]:
    sides = tuple(int(side) for side in text.split("x"))
    if min(sides) < 1:
        raise argparse.ArgumentTypeError("expected positive extents, such as 128 or 4x8x8")
    return sides


def main(arguments: list[str] | None = None):
    parser = argparse.ArgumentParser(description="Export a decoder that is a PyTorch module as ONNX.")
    parser.add_argument("function", help="MODULE:FUNCTION, found on PYTHONPATH, that returns the decoder")
    parser.add_argument("--shape", type=extents, required=True, help="of one code: 128, or 4x8x8 for a code with pixels")
    parser.add_argument("--checkpoint", type=Path, help="state dictionary to load into the decoder")
    parser.add_argument("--prefix", default="", help="of the decoder's names in the checkpoint, such as decoder.")
    parser.add_argument("--name", type=name_and_path, action="append", default=[], help="NAME=SUBMODULE: a space within; repeatable")
    add_options(parser)
    args = parser.parse_args(arguments)

    module = make(args.function)
    if args.checkpoint:
        state = read_state(args.checkpoint, "state_dict")
        module.load_state_dict({k.removeprefix(args.prefix): v for k, v in state.items() if k.startswith(args.prefix)})
    decoder = Decoder(module.float(), dict(args.name)).eval().requires_grad_(False)
    write(decoder, {"z": args.shape}, args)


if __name__ == "__main__":
    main()
