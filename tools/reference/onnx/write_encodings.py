"""Writes a small model that uses the less common encodings of ONNX, and what the Python package reads in it.

    python tools/reference/onnx/write_encodings.py packages/onnx/test/fixtures

`encodings.onnx` holds every initialiser twice: `<name>` in the typed field of its type, `<name>_raw` as raw
bytes. `encodings.json` lists the values, node attributes, shapes and types as Python sees them.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

INT64_MAX = 2**63 - 1

VALUES = {
    "float": (TensorProto.FLOAT, [1.5, -2.25, 3e-39, 1e38]),
    "double": (TensorProto.DOUBLE, [1 / 3, -1e300, 5e-324]),
    "half": (TensorProto.FLOAT16, [1.5, -2.25, 6e-8, 65504.0]),
    "int64": (TensorProto.INT64, [-1, 0, 2**40, -(2**40)]),
    "int64_end": (TensorProto.INT64, [INT64_MAX, -(2**63)]),
    "int32": (TensorProto.INT32, [-(2**31), 2**31 - 1, -1]),
    "int16": (TensorProto.INT16, [-(2**15), 2**15 - 1]),
    "int8": (TensorProto.INT8, [-128, 127, -1]),
    "uint8": (TensorProto.UINT8, [0, 255, 128]),
    "uint16": (TensorProto.UINT16, [0, 65535]),
    "uint32": (TensorProto.UINT32, [0, 2**32 - 1]),
    "uint64": (TensorProto.UINT64, [0, 2**53]),
    "bool": (TensorProto.BOOL, [True, False, True]),
    "scalar": (TensorProto.FLOAT, 0.5),
    "empty": (TensorProto.INT64, []),
}


def initializers():
    for name, (data_type, values) in VALUES.items():
        array = np.array(values, dtype=helper.tensor_dtype_to_np_dtype(data_type))
        yield helper.make_tensor(name, data_type, array.shape, array.flatten().tolist())
        yield numpy_helper.from_array(array, f"{name}_raw")


def build():
    inner = helper.make_graph(
        [helper.make_node("Neg", ["z"], ["inner_out"])], "inner", [], [helper.make_tensor_value_info("inner_out", 1, None)]
    )
    odd = helper.make_node(
        "Odd",
        ["z", "", "float"],
        ["odd"],
        name="odd_node",
        domain="com.example",
        doc_string="documentation of a node",
        negative=-5,
        zero=0,
        largest=INT64_MAX,
        ratio=0.25,
        nothing=0.0,
        text="grüße",
        no_text="",
        numbers=[-1, 0, INT64_MAX],
        ratios=[0.5, -1.0],
        texts=["a", ""],
        value=numpy_helper.from_array(np.array([1, 2], np.int32), "attribute_tensor"),
        branch=inner,
    )
    odd.attribute.append(helper.make_attribute("no_numbers", [], attr_type=onnx.AttributeProto.INTS))
    odd.attribute.append(helper.make_attribute("a_type", helper.make_tensor_type_proto(1, [2])))
    words = helper.make_tensor("words", TensorProto.STRING, [2], [b"first", b"second"])
    tail = helper.make_node("Add", ["z", "scalar"], ["y"])
    sparse = onnx.SparseTensorProto()
    sparse.dims.extend([4])
    sparse.values.CopyFrom(numpy_helper.from_array(np.array([2.5], np.float32), "sparse"))
    sparse.indices.CopyFrom(numpy_helper.from_array(np.array([1], np.int64), "sparse_indices"))
    graph = helper.make_graph(
        [odd, tail],
        "encodings",
        [helper.make_tensor_value_info("z", 1, ["batch", None, 4])],
        [helper.make_tensor_value_info("y", 1, None), helper.make_tensor_value_info("odd", 1, [])],
        [*initializers(), words],
        doc_string="documentation of the graph",
        value_info=[helper.make_tensor_sequence_value_info("sequence", 1, [3])],
        sparse_initializer=[sparse],
    )
    function = helper.make_function("com.example", "Odd", ["a", "b", "c"], ["d"], [helper.make_node("Neg", ["a"], ["d"])], [helper.make_opsetid("", 18)])
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("com.example", 3)]
    model = helper.make_model(graph, opset_imports=opsets, functions=[function], producer_name="odd", producer_version="1.2")
    model.ir_version = 8
    model.model_version = 7
    model.doc_string = "documentation of the model"
    helper.set_model_props(model, {"key": "value", "empty": ""})
    return model


def describe(model):
    """Values as strings, since JSON's numbers would round the large ones."""
    tensors = {
        tensor.name: {
            "dims": list(tensor.dims),
            "type": tensor.data_type,
            "values": [str(value) for value in numpy_helper.to_array(tensor).flatten().tolist()],
        }
        for tensor in model.graph.initializer
        if tensor.data_type != TensorProto.STRING
    }
    attributes = {}
    for attribute in model.graph.node[0].attribute:
        value = helper.get_attribute_value(attribute)
        if attribute.type in (onnx.AttributeProto.TENSOR, onnx.AttributeProto.GRAPH, onnx.AttributeProto.TYPE_PROTO):
            continue
        if isinstance(value, bytes):
            value = value.decode()
        elif not isinstance(value, (int, float)):
            value = [item.decode() if isinstance(item, bytes) else str(item) for item in value]
        attributes[attribute.name] = value if isinstance(value, list) else str(value)
    return {"tensors": tensors, "attributes": attributes}


def main(folder):
    model = build()
    (folder / "encodings.onnx").write_bytes(model.SerializeToString())
    (folder / "encodings.json").write_text(json.dumps(describe(model), indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
