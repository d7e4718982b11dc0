"""Small files in every format that is read, with the values that are in them.

    python tools/reference/checkpoints/formats.py packages/checkpoints/test/fixtures

Writes views.pt and views_legacy.pt (views of shared storages, transposed, sliced, repeated, of every element type),
views_tar.pt (before version 0.1.11), shards.index.json with shard_0.safetensors and shard_1.safetensors, all with views.npz; protocol_0.pkl … protocol_5.pkl
(numbers, texts, containers, arrays and an object, by Python's own pickle) with protocol.npz; float8.safetensors and
float8.pt (all numbers of eight bits) with float8.npz.
"""

import collections
import io
import json
import pickle
import struct
import tarfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from golden import folder_of_fixtures


class Settings:
    """An object of a class that nobody else has."""

    def __init__(self):
        self.weight = np.arange(6, dtype=np.float32).reshape(2, 3) / 7
        self.epsilon = 1e-3


def tensors() -> dict:
    torch.manual_seed(1)
    base = torch.randn(4, 6)
    return {
        "whole": base,
        "transposed": base.T,
        "slice": base[1:3, 2:5],
        "every_second": base[:, ::2],
        "column": base[:, 1],
        "repeated": torch.randn(3, 1).expand(3, 4),
        "scalar": torch.tensor(1.5),
        "empty": torch.zeros(0, 3),
        "half": torch.randn(3, 2).half(),
        "bfloat16": torch.randn(3, 2).bfloat16(),
        "double": torch.randn(3, dtype=torch.float64),
        "long": torch.arange(-2, 3),
        "int": torch.arange(-2, 3, dtype=torch.int32),
        "bytes": torch.arange(250, 256).to(torch.uint8),
        "bool": torch.tensor([True, False, True]),
        # Types that have no storages of their own.
        "halves_of_words": torch.arange(5, dtype=torch.int32).to(torch.uint16)[1:],
        "words": torch.arange(3).to(torch.uint32),
        "parameter": torch.nn.Parameter(base[0]),
    }


TARRED = ("whole", "transposed", "slice", "every_second", "column", "double", "long", "bytes", "empty")


def write_tar(content: dict, path: Path):
    """A file as PyTorch wrote them before version 0.1.11; today's reads them still, and reads this one in `main`.

    With the storage that `slice` is a view of cut out of the one that is written, as an old one could be.
    """
    storages, tensors, keys = io.BytesIO(), io.BytesIO(), {}
    chosen = {name: tensor for name, tensor in content["state"].items() if name in TARRED}
    typed = {tensor.untyped_storage().data_ptr(): tensor for tensor in chosen.values()}
    pickle.dump(len(typed), storages, 2)
    for key, (pointer, tensor) in enumerate(typed.items()):
        keys[pointer] = key
        kind = {torch.float32: torch.FloatStorage, torch.float64: torch.DoubleStorage, torch.int64: torch.LongStorage, torch.uint8: torch.ByteStorage}[tensor.dtype]
        pickle.dump((key, "cpu", kind), storages, 2)
        data = bytes(tensor.untyped_storage())
        storages.write(struct.pack("<q", len(data) // tensor.element_size()) + data)
    cut, (root, start) = 1000, (keys[chosen["slice"].untyped_storage().data_ptr()], chosen["slice"].storage_offset())
    pickle.dump([(cut, root, start, 9)], storages, 2)
    pickle.dump(len(chosen), tensors, 2)
    for i, (name, tensor) in enumerate(chosen.items()):
        key = cut if name == "slice" else keys[tensor.untyped_storage().data_ptr()]
        offset = 0 if name == "slice" else tensor.storage_offset()
        pickle.dump((2000 + i, key, type(tensor)), tensors, 2)
        tensors.write(struct.pack(f"<ii{2 * tensor.dim() + 1}q", tensor.dim(), 0, *tensor.shape, *tensor.stride(), offset))

    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            named = [i for i, tensor in enumerate(chosen.values()) if tensor is value]
            return str(2000 + named[0]) if named else None

    text = io.BytesIO()
    Pickler(text, 2).dump({"state": chosen, "step": content["step"]})
    with tarfile.open(path, "w:", format=tarfile.PAX_FORMAT) as archive:
        for name, stream in (("sys_info", io.BytesIO(pickle.dumps({"protocol_version": 1000}, 2))), ("pickle", text), ("tensors", tensors), ("storages", storages)):
            member = tarfile.TarInfo(name)
            member.size = len(stream.getvalue())
            archive.addfile(member, io.BytesIO(stream.getvalue()))


def content() -> dict:
    return {
        "numbers": [0, -1, 255, 256, 65536, -(2**31), 2**40, 2**70, 1.5, -1e300, True, False, None],
        "texts": {"ascii": "a.b", "other": "ψ \n \\ ", "bytes": b"\x00\xff", "long": "x" * 300},
        "containers": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), {1, 2}, frozenset([3]), {}, collections.OrderedDict(a=1)],
        "array": np.linspace(0, 1, 6).reshape(2, 3),
        "fortran": np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
        "halves": np.arange(4, dtype=np.float16),
        "object": Settings(),
    }


if __name__ == "__main__":
    folder = folder_of_fixtures()
    state = tensors()
    torch.save({"state": state, "step": 3}, folder / "views.pt")
    torch.save({"state": state, "step": 3}, folder / "views_legacy.pt", _use_new_zipfile_serialization=False)
    write_tar({"state": state, "step": 3}, folder / "views_tar.pt")
    assert all(torch.equal(value, torch.load(folder / "views_tar.pt", weights_only=False)["state"][name]) for name, value in state.items() if name in TARRED)
    np.savez_compressed(folder / "views.npz", **{name: value.detach().float().numpy() for name, value in state.items()})
    copies = {name: value.detach().contiguous().clone() for name, value in state.items()}
    names = list(copies)
    for i, part in enumerate((names[:8], names[8:])):
        save_file({name: copies[name] for name in part}, folder / f"shard_{i}.safetensors", {"format": "pt"})
    where = {name: f"shard_{int(i >= 8)}.safetensors" for i, name in enumerate(names)}
    (folder / "shards.index.json").write_text(json.dumps({"metadata": {}, "weight_map": where}))

    every = torch.arange(256, dtype=torch.uint8)
    eight = {str(kind).removeprefix("torch."): every.clone().view(kind) for kind in (torch.float8_e4m3fn, torch.float8_e5m2)}
    save_file(eight, folder / "float8.safetensors")
    torch.save(eight, folder / "float8.pt")
    np.savez_compressed(folder / "float8.npz", **{name: tensor.float().numpy() for name, tensor in eight.items()})

    values = content()
    for protocol in range(6):
        (folder / f"protocol_{protocol}.pkl").write_bytes(pickle.dumps(values, protocol))
    arrays = {"array": values["array"], "fortran": values["fortran"], "halves": values["halves"], "object.weight": values["object"].weight}
    np.savez_compressed(folder / "protocol.npz", **{name: array.astype(np.float32) for name, array in arrays.items()})
