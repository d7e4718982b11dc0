"""What the scripts here share: the image of random codes and the Jacobian at the first, in float64, beside a checkpoint."""

import importlib.util
import re
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

CODES = 3
LONGEST, TANGENTS, MOST_VALUES = 16, 4, 1000
# More take longer for networks as small as these.
torch.set_num_threads(1)


def folder_of_fixtures() -> Path:
    """The first argument."""
    if len(sys.argv) < 2:
        raise SystemExit(__import__("__main__").__doc__)
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def import_patched(source: Path, name: str, *changes: tuple[str, str]):
    """A published module with some of its text replaced: its precision, or widths that a miniature has not."""
    text = source.read_text()
    for old, new in changes:
        if not re.search(old, text):
            raise SystemExit(f"{source}: {old} is not in it; another version?")
        text = re.sub(old, new, text)
    file = Path(tempfile.mkdtemp()) / f"{name}.py"
    file.write_text(text)
    spec = importlib.util.spec_from_file_location(name, file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def write_golden(path: Path, function, shape: tuple[int, ...], seed=7, codes=CODES, jacobian=True):
    """`function` takes codes [n, *shape] in float64 and returns images [n, …]. Codes are exact in float32.

    Of large images only every so many values are kept, so many that they have no divisor in common with the sides.
    """
    generator = torch.Generator().manual_seed(seed)
    z = torch.randn(codes, *shape, generator=generator, dtype=torch.float32).double()
    with torch.no_grad():
        image = function(z).flatten(1).numpy()
    every = next(n for n in (1, 5, 13, 29) if image.shape[1] / n <= MOST_VALUES)
    kept = lambda rows: rows[:, ::every].astype(np.float32)
    arrays = {"z": z.numpy().astype(np.float32), "image": kept(image), "every": np.int32(every)}
    if jacobian:
        size = int(np.prod(shape))
        flat = lambda code: function(code.reshape(1, *shape)).flatten()[::every]
        columns = torch.autograd.functional.jacobian(flat, z[0].reshape(size)).numpy()
        # Of long codes, what the Jacobian does to a few tangents.
        tangents = np.eye(size, dtype=np.float32) if size <= LONGEST else np.random.default_rng(seed).standard_normal((TANGENTS, size)).astype(np.float32)
        arrays |= {"tangents": tangents, "pushed": (tangents.astype(np.float64) @ columns.T).astype(np.float32)}
    np.savez_compressed(path, **arrays)
    print(f"{path}: {image.shape[1]} values, {path.stat().st_size} bytes")
