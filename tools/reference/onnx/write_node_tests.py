"""Writes the backend tests of the installed onnx package as folders, for `npm run conformance`.

    python tools/reference/onnx/write_node_tests.py FOLDER
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test.case.node import collect_testcases


def proto(value, info):
    kind = info.type.WhichOneof("value")
    if isinstance(value, onnx.TensorProto):
        return value
    if kind == "sequence_type":
        return numpy_helper.from_list(value, info.name)
    if kind == "optional_type":
        return numpy_helper.from_optional(value, info.name)
    if kind == "map_type":
        return numpy_helper.from_dict(value, info.name)
    return numpy_helper.from_array(np.asarray(value), info.name)


def write(case, folder):
    data = folder / "test_data_set_0"
    data.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(case.model.SerializeToString())
    inputs, outputs = case.data_sets[0]
    graph = case.model.graph
    for kind, values, infos in (("input", inputs, graph.input), ("output", outputs, graph.output)):
        for i, (value, info) in enumerate(zip(values, infos)):
            (data / f"{kind}_{i}.pb").write_bytes(proto(value, info).SerializeToString())


def main(folder):
    np.random.seed(0)
    cases = [case for case in collect_testcases() if case.model is not None]
    for case in cases:
        write(case, folder / case.name)
    print(len(cases), "cases, onnx", onnx.__version__)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
