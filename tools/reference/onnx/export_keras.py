"""Exports a small Keras generator (channels last) by tf2onnx, and as Keras does by itself, with its derivative in float64.

    python tools/reference/onnx/export_keras.py packages/onnx/test/fixtures
"""

import sys
from pathlib import Path

import numpy as np
import onnx
import tensorflow as tf
import tf2onnx

keras = tf.keras


def build():
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((6,), name="z"),
            layers.Dense(2 * 2 * 8, use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(negative_slope=0.3),
            layers.Reshape((2, 2, 8)),
            layers.Conv2DTranspose(6, 5, strides=2, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(negative_slope=0.3),
            layers.UpSampling2D(2, interpolation="bilinear"),
            layers.Conv2D(3, 3, padding="same", activation="tanh"),
        ]
    )


def main(folder):
    keras.utils.set_random_seed(7)
    network = build()
    rng = np.random.default_rng(7)
    weights = [w * (1 + 0.3 * rng.random(w.shape)) + 0.1 * rng.random(w.shape) for w in network.get_weights()]
    weights = [w.astype(np.float32) for w in weights]
    network.set_weights(weights)

    signature = [tf.TensorSpec((None, 6), tf.float32, name="z")]
    function = tf.function(lambda z: tf.identity(network(z, training=False), name="y"), input_signature=signature)
    model, _ = tf2onnx.convert.from_function(function, input_signature=signature, opset=15)
    onnx.checker.check_model(model)
    onnx.save(model, folder / "keras.onnx")
    network.export(folder / "keras_exported.onnx", format="onnx", verbose=False)
    for name in ("keras", "keras_exported"):
        model = onnx.load(folder / f"{name}.onnx")
        print(name, len(model.SerializeToString()), [node.op_type for node in model.graph.node])

    keras.backend.set_floatx("float64")
    exact = build()
    exact.set_weights([w.astype(np.float64) for w in weights])
    z = rng.standard_normal((2, 6)).astype(np.float32).astype(np.float64)
    y, jacobian = [], []
    for point in z:
        x = tf.constant(point)
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = tf.reshape(exact(x[None], training=False), [-1])
        # As the network lays its image out: channels last.
        y.append(value.numpy())
        jacobian.append(tape.jacobian(value, x).numpy())
    np.savez(folder / "keras.npz", z=z, y=np.stack(y), J=np.stack(jacobian))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
