"""The exported features have LPIPS as their squared distance, for every backbone, range and shape. Nothing is downloaded."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from lpips_features import LpipsFeatures, load, main

torch.set_num_threads(1)


def run(path, image):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {"image": image.numpy()})[0].astype(np.float64)


@pytest.mark.parametrize("net", ["alex", "vgg", "squeeze"])
def test_squared_distance_is_lpips(net, tmp_path):
    path = tmp_path / "features.onnx"
    main(["--net", net, "--size", "40x64", "--random", "3", "--out", str(path)])
    a, b = 2 * torch.rand(2, 4, 3, 40, 64, generator=torch.Generator().manual_seed(7)) - 1
    truth = load(net, 3)(a, b).flatten().numpy()
    np.testing.assert_allclose(((run(path, a) - run(path, b)) ** 2).sum(1), truth, rtol=1e-5)


def test_other_ranges_are_mapped_to_that_of_lpips(tmp_path):
    path = tmp_path / "features.onnx"
    main(["--net", "squeeze", "--size", "32", "--range", "0,255", "--random", "3", "--out", str(path)])
    a, b = torch.rand(2, 2, 3, 32, 32, generator=torch.Generator().manual_seed(8))
    truth = load("squeeze", 3)(a, b, normalize=True).flatten().numpy()
    np.testing.assert_allclose(((run(path, 255 * a) - run(path, 255 * b)) ** 2).sum(1), truth, rtol=1e-5)


def test_half_weights_halve_the_file_and_stay_near(tmp_path):
    full, half = tmp_path / "full.onnx", tmp_path / "half.onnx"
    for path, options in [(full, []), (half, ["--half"])]:
        main(["--net", "squeeze", "--size", "32", "--random", "3", "--out", str(path), *options])
    assert half.stat().st_size < 0.6 * full.stat().st_size
    a, b = 2 * torch.rand(2, 2, 3, 32, 32, generator=torch.Generator().manual_seed(9)) - 1
    distances = [((run(path, a) - run(path, b)) ** 2).sum(1) for path in (full, half)]
    assert 0 < np.abs(distances[1] / distances[0] - 1).max() < 5e-3


def test_the_small_constant_survives_the_export(tmp_path):
    path = tmp_path / "features.onnx"
    main(["--net", "squeeze", "--size", "32", "--random", "3", "--out", str(path)])
    graph = onnx.load(path).graph
    constants = [a.t for node in graph.node for a in node.attribute if a.name == "value"] + list(graph.initializer)
    values = [onnx.numpy_helper.to_array(tensor) for tensor in constants]
    assert any(value.size == 1 and abs(float(value.reshape(()) - 1e-10)) < 1e-16 for value in values)


def test_pixels_that_are_zero_in_all_channels_have_a_derivative():
    metric = load("squeeze", 3)
    for parameter in metric.net.parameters():
        parameter.fill_(-1)
    image = torch.zeros(1, 3, 32, 32, requires_grad=True)
    LpipsFeatures(metric)(image).sum().backward()
    assert torch.isfinite(image.grad).all()


def test_negative_weights_are_refused():
    metric = load("squeeze", 3)
    metric.lins[0].model[-1].weight.data[0, 0] = -1
    with pytest.raises(ValueError, match="non-negative"):
        LpipsFeatures(metric)
