"""Small StyleGAN pickles as NVIDIA's TensorFlow code writes them, with values of that code, which is fetched for the run.

    python tools/reference/checkpoints/stylegan1_tensorflow.py packages/checkpoints/test/fixtures NVIDIA

NVIDIA is a checkout of NVlabs/stylegan. TensorFlow is not needed: the few of its functions that the networks call are done
by PyTorch, in float64. Writes stylegan1_tensorflow.pkl and stylegan1_tensorflow_fused.pkl, whose upsampling is fused with
convolutions as it is from 128 pixels on, with golden .npz files.
"""

import contextlib
import pickle
import sys
import types
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from golden import folder_of_fixtures, import_patched, write_golden

SETTINGS = dict(num_channels=3, resolution=16, label_size=0, latent_size=6, dlatent_size=7, mapping_fmaps=7, mapping_layers=2, fmap_base=48, fmap_max=6)
variables, scopes, random = {}, [], np.random.default_rng(5)


@contextlib.contextmanager
def variable_scope(name):
    scopes.append(name)
    yield
    scopes.pop()


def get_variable(name, shape=None, initializer=None, trainable=True):
    path = "/".join([*scopes, name])
    if path not in variables:
        # Constants and zeros as well: random values show where they go.
        scale = 0.0 if name == "lod" else 30.0 if path.startswith("Dense") else 0.5
        variables[path] = torch.from_numpy(np.asarray(random.normal(size=[int(n) for n in shape or ()]) * scale).astype(np.float32))
    return variables[path].double()


def conv2d(x, w, strides, padding, data_format):
    assert strides == [1, 1, 1, 1] and padding == "SAME" and data_format == "NCHW"
    return F.conv2d(x, w.permute(3, 2, 0, 1), padding=w.shape[0] // 2)


def conv2d_transpose(x, w, shape, strides, padding, data_format):
    y = F.conv_transpose2d(x, w.permute(3, 2, 0, 1), stride=2, padding=(w.shape[0] - 2) // 2)
    assert list(y.shape) == list(shape) and strides == [1, 1, 2, 2] and padding == "SAME"
    return y


def depthwise_conv2d(x, f, strides, padding, data_format):
    assert strides == [1, 1, 1, 1] and padding == "SAME" and f.shape[3] == 1
    return F.conv2d(x, f.permute(2, 3, 0, 1), padding=f.shape[0] // 2, groups=x.shape[1])


def tensorflow():
    tf = types.ModuleType("tensorflow")
    tensor = lambda value, dtype=None, name=None: torch.as_tensor(value, dtype=torch.float64)
    mean = lambda x, axis, keepdims=False: x.mean(axis, keepdim=keepdims)
    pad = lambda x, widths, mode: F.pad(x, [n for pair in reversed(widths) for n in pair])
    initializers = types.SimpleNamespace(**{name: lambda *args: None for name in ("random_normal", "zeros", "ones")})
    nn = types.SimpleNamespace(conv2d=conv2d, conv2d_transpose=conv2d_transpose, depthwise_conv2d=depthwise_conv2d, relu=torch.relu)
    tf.__dict__.update(
        variable_scope=variable_scope, get_variable=get_variable, initializers=initializers, nn=nn, constant=tensor, pad=pad, reduce_mean=mean,
        reshape=torch.reshape, tile=lambda x, times: x.repeat(*times), cast=lambda x, dtype: x, matmul=torch.matmul, transpose=lambda x, axes: x.permute(*axes),
        add_n=sum, maximum=torch.maximum, custom_gradient=lambda function: lambda *args: function(*args)[0], rsqrt=torch.rsqrt, square=torch.square,
        identity=lambda x, name=None: x, shape=lambda x: x.shape, newaxis=None, float32=torch.float64, as_dtype=lambda name: torch.float64, concat=torch.cat,
    )
    return tf


def main(folder: Path, checkout: Path):
    sys.modules["tensorflow"] = tensorflow()
    dnnlib, tflib = types.ModuleType("dnnlib"), types.ModuleType("dnnlib.tflib")
    dnnlib.EasyDict, dnnlib.tflib = dict, tflib
    tflib.lerp_clip = lambda a, b, t: a + (b - a) * torch.clamp(t, 0, 1)
    sys.modules |= {"dnnlib": dnnlib, "dnnlib.tflib": tflib}
    # Tensors of TensorFlow do not change.
    changes = ((r"\w+\.set_shape\(.*\)", "None"), (r"\.value\b", ""), (r"\.shape\.ndims", ".dim()"), (r"x ([-*])= (.*)", r"x = x \1 (\2)"))
    code = import_patched(checkout / "training" / "networks_stylegan.py", "networks_stylegan", *changes)

    class Network:
        def __init__(self, name, values, components={}, **kwargs):
            self.__dict__ |= dict(version=3, name=name, static_kwargs=kwargs, components=dict(components), build_module_src="# the source text", build_func_name=name, variables=values)

    module = types.ModuleType("dnnlib.tflib.network")
    Network.__module__, Network.__qualname__, module.Network = module.__name__, "Network", Network
    sys.modules[module.__name__] = module

    def run(part, parameters, x, **settings):
        global variables
        variables = parameters
        labels = torch.zeros(len(x), 0)
        arguments = (x, labels) if part == "G_mapping" else (x,)
        return getattr(code, part)(*arguments, **SETTINGS, **settings)

    mean = random.normal(size=7).astype(np.float32)
    for file, fused in (("stylegan1_tensorflow", "auto"), ("stylegan1_tensorflow_fused", True)):
        mapping, synthesis = {}, {}

        def image(z):
            w = run("G_mapping", mapping, z.double())
            w = torch.from_numpy(mean) + (w - torch.from_numpy(mean)) * 0.8
            return run("G_synthesis", synthesis, w[:, None].repeat(1, 6, 1), force_clean_graph=True, fused_scale=fused)

        image(torch.zeros(1, 6))
        pairs = lambda values: [(name, tensor.numpy()) for name, tensor in values.items()]
        parts = {"synthesis": Network("G_synthesis", pairs(synthesis)), "mapping": Network("G_mapping", pairs(mapping))}
        settings = SETTINGS | ({"fused_scale": True} if fused is True else {})
        network = Network("G_style", [("lod", np.float32(0)), ("dlatent_avg", mean)], parts, **settings)
        with (folder / f"{file}.pkl").open("wb") as stream:
            pickle.dump((Network("G", []), Network("D", []), network), stream)
        write_golden(folder / f"{file}.npz", image, (6,), jacobian=fused == "auto")


if __name__ == "__main__":
    main(folder_of_fixtures(), Path(sys.argv[2]))
