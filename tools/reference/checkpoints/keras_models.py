"""Small generators of Keras, on its JAX backend, whose padding is that of TensorFlow.

    KERAS_BACKEND=jax JAX_ENABLE_X64=1 python tools/reference/checkpoints/keras_models.py packages/checkpoints/test/fixtures

Writes keras_dcgan.h5 and keras_dcgan.keras (Sequential, as in TensorFlow's tutorial of DCGANs) and keras_conditional.h5
and keras_conditional.keras (Functional, with the embedding of a class, skips and layers that are off after training),
keras_nested.h5 and keras_nested.keras (models as layers), keras_crossed.h5 and keras_crossed.keras (inputs in another
order than their use, names that meet, a layer that two models share), with golden .npz files: images with the channels first; and
keras_elsewhere, files whose only array has its elements in another file.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_ENABLE_X64", "1")

import h5py
import jax
import keras
import numpy as np
from keras import layers

LABEL = 2


def dcgan():
    return keras.Sequential([
        layers.Input((5,)),
        layers.Dense(4 * 4 * 6, use_bias=False),
        layers.BatchNormalization(),
        layers.LeakyReLU(),
        layers.Reshape((4, 4, 6)),
        layers.Conv2DTranspose(5, 5, strides=1, padding="same", use_bias=False),
        layers.BatchNormalization(),
        layers.LeakyReLU(negative_slope=0.2),
        layers.Conv2DTranspose(4, 5, strides=2, padding="same"),
        layers.Activation("elu"),
        layers.Conv2DTranspose(4, (2, 3), strides=(1, 2), padding="valid", activation="swish"),
        layers.Conv2DTranspose(3, 1, strides=2, padding="same", activation="tanh"),
    ])


def conditional():
    z, label = layers.Input((4,), name="noise"), layers.Input((1,), dtype="int32", name="label")
    embedded = layers.Flatten()(layers.Embedding(4, 3)(label))
    x = layers.Concatenate()([z, embedded])
    x = layers.Dense(3 * 4 * 5, activation="relu")(x)
    x = layers.Dropout(0.3)(x)
    x = layers.Reshape((3, 4, 5))(x)
    x = layers.UpSampling2D()(x)
    y = layers.Conv2D(5, 3, padding="same")(x)
    y = layers.BatchNormalization(scale=False)(y)
    y = layers.ReLU()(y)
    x = layers.Add()([x, y])
    x = layers.GaussianNoise(0.1)(x)
    x = layers.UpSampling2D((2, 2), interpolation="bilinear")(x)
    x = layers.ZeroPadding2D(((1, 2), (0, 1)))(x)
    x = layers.Conv2D(4, (4, 2), strides=1, padding="valid", activation="gelu")(x)
    x = layers.Concatenate()([x, layers.Cropping2D(((1, 1), (2, 0)))(layers.ZeroPadding2D(((1, 1), (2, 0)))(x))])
    x = layers.Conv2D(6, 4, strides=2, padding="same", activation="softplus")(x)
    x = layers.Multiply()([x, layers.Conv2D(1, 1, activation="sigmoid")(x)])
    return keras.Model([z, label], layers.Conv2D(1, 3, padding="same", activation="sigmoid")(x))


def nested():
    """A model whose layers are models: one that is Sequential, and one that is Functional and has another within."""
    up = keras.Sequential([layers.Input((4, 4, 5)), layers.Conv2DTranspose(4, 3, strides=2, padding="same", use_bias=False), layers.BatchNormalization(), layers.LeakyReLU()], name="up")
    deep = keras.Sequential([layers.Input((8, 8, 4)), layers.Conv2D(4, 1), layers.Activation("elu")], name="deep")
    x, y = layers.Input((8, 8, 4)), layers.Input((8, 8, 4))
    residual = keras.Model([x, y], layers.Add()([layers.Conv2D(4, 3, padding="same")(deep(x)), y]), name="residual")
    z = layers.Input((4,))
    x = up(layers.Reshape((4, 4, 5))(layers.Dense(80)(z)))
    x = residual([x, layers.Conv2D(4, 1)(x)])
    return keras.Model(z, layers.Conv2D(3, 3, padding="same", activation="tanh")(x))


def crossed():
    """Inputs whose order is not that of their depth, layers named like a model's ends, one that two models have, and dense layers along the last axis."""
    z, label, other = layers.Input((4,), name="noise"), layers.Input((1,), dtype="int32", name="image"), layers.Input((3,), name="z")
    shared = layers.Dense(4, name="output")
    inside = layers.Input((4,))
    inner = keras.Model(inside, layers.Dense(6)(shared(inside)), name="inner")
    x = layers.Concatenate()([inner(shared(z)), layers.Dense(5, activation="relu")(layers.Dense(4)(other))])
    x = layers.Reshape((4, 4, 2))(layers.Dense(32)(x))
    y = layers.Reshape((4, 4, 1))(layers.Dense(16)(layers.Embedding(4, 3)(label)))
    x = layers.Dense(5, activation="elu")(layers.Concatenate()([x, y]))
    return keras.Model([z, label, other], layers.Conv2D(3, 3, padding="same", activation="tanh")(x))


def settled(model, seed):
    """Random biases and statistics, as after training, exact in single precision."""
    random = np.random.default_rng(seed)
    for variable in model.weights:
        name, values = variable.path.split("/")[-1], np.asarray(variable)
        if name == "moving_variance":
            values = random.uniform(0.5, 1.5, values.shape)
        elif name != "kernel" and name != "seed_generator_state":
            values = values + random.normal(0, 0.3, values.shape)
        variable.assign(values.astype(np.float32) if values.dtype.kind == "f" else values)
    return model


def doubled(make, model):
    """The same network in double precision."""
    keras.config.set_floatx("float64")
    double = make()
    keras.config.set_floatx("float32")
    for ours, theirs in zip(double.weights, model.weights):
        ours.assign(np.asarray(theirs).astype(ours.dtype))
    return double


def write(folder, name, make, dim, seed, further=lambda n: []):
    model = settled(make(), seed)
    model.save(folder / f"{name}.keras")
    model.save(folder / f"{name}.h5")
    double = doubled(make, model)
    z = np.random.default_rng(seed).normal(size=(3, dim)).astype(np.float32)
    image = lambda code: double([jax.numpy.asarray(code), *further(len(code))] if further(1) else code, training=False).transpose(0, 3, 1, 2)
    values = np.asarray(image(z.astype(np.float64)))
    jacobian = jax.jacfwd(lambda code: image(code[None])[0].ravel())(z[0].astype(np.float64))
    golden = {"z": z, "image": values.reshape(3, -1), "every": np.int32(1), "tangents": np.eye(dim), "pushed": np.asarray(jacobian).T}
    np.savez_compressed(folder / f"{name}.npz", **{key: np.float32(value) if np.asarray(value).dtype.kind == "f" else value for key, value in golden.items()})
    print(f"{name}: image {values.shape}")


def write_elsewhere(folder):
    folder.mkdir(exist_ok=True)
    name, shape = "model_weights/dense/kernel", (4, 2)
    with h5py.File(folder / "virtual.h5", "w") as file:
        layout = h5py.VirtualLayout(shape, "f4")
        layout[...] = h5py.VirtualSource("other.h5", name, shape)
        file.create_virtual_dataset(name, layout, fillvalue=0.25)
    with h5py.File(folder / "external.h5", "w") as file:
        file.create_dataset(name, shape, "f4", external=[("other.bin", 0, 32)])


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    folder = Path(sys.argv[1])
    write(folder, "keras_dcgan", dcgan, 5, 1)
    write(folder, "keras_nested", nested, 4, 3)
    write(folder, "keras_conditional", conditional, 4, 2, lambda n: [jax.numpy.full((n, 1), LABEL, jax.numpy.int32)])
    ones = lambda n, dim, value: jax.numpy.full((n, dim), value)
    write(folder, "keras_crossed", crossed, 4, 4, lambda n: [ones(n, 1, jax.numpy.int32(LABEL)), ones(n, 3, 0.5)])
    write_elsewhere(folder / "keras_elsewhere")
