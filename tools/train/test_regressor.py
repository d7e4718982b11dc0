"""The exported regressor is the network, says where its factors lie, and reads faces it has never seen."""

import json

import numpy as np
import onnx
import torch

from data import HELD, indices_of
from faces import dataset
from factors import FACTORS
from regressor import FEATURES, OUTPUTS, WIDTH, Regressor, description, export, open_session, read, scores, to_input
from train_regressor import DATA, distort


def test_the_file_equals_the_network(tmp_path):
    torch.manual_seed(3)
    regressor = Regressor()
    model = export(regressor, tmp_path / "regressor.onnx")
    assert [port.name for port in model.graph.output] == ["factors", "features"]
    assert all(node.domain in ("", "ai.onnx") for node in model.graph.node)
    session = open_session(tmp_path / "regressor.onnx")
    for n in (1, 3, 8):
        image = torch.rand(n, 3, 64, 64) * 2 - 1
        factors, features = session.run(["factors", "features"], {"image": image.numpy()})
        with torch.no_grad():
            truth = regressor(image)
        assert factors.shape == (n, WIDTH) and features.shape == (n, FEATURES)
        np.testing.assert_allclose(factors, truth[0], atol=2e-5)
        np.testing.assert_allclose(features, truth[1], atol=2e-5)


def test_factors_are_a_linear_function_of_the_features():
    torch.manual_seed(4)
    regressor = Regressor()
    with torch.no_grad():
        factors, features = regressor(torch.rand(2, 3, 64, 64))
        torch.testing.assert_close(factors, regressor.factors(features))


def test_columns_tile_the_output_and_name_every_varying_factor():
    entries = description()
    assert [column for entry in entries for column in entry["columns"]] == list(range(WIDTH))
    assert {entry["name"] for entry in entries} == {factor.name for factor in FACTORS} - set(HELD)
    for entry, output in zip(entries, OUTPUTS):
        assert FACTORS[output.column].name == entry["name"]
        assert len(entry["columns"]) == len(entry.get("choices", ["the number"]))


def test_scores_of_perfect_constant_and_wrong_guesses():
    table = dataset(5, range(60), HELD)[1]
    guess = np.zeros((60, WIDTH))
    for output in OUTPUTS:
        truth = table[:, output.column]
        guess[:, output.columns] = np.eye(output.width)[truth.astype(int)] if output.factor.choices else truth[:, None]
    assert all(next(iter(score.values())) == 1 for score in scores(guess, table).values())
    yaw = OUTPUTS[0]
    guess[:, yaw.first] = table[:, yaw.column].mean(dtype=np.float64)
    assert abs(scores(guess, table)["yaw"]["r2"]) < 1e-12
    style = next(output for output in OUTPUTS if output.factor.name == "hair_style")
    guess[:, style.columns] = np.roll(guess[:, style.columns], 1, axis=1)
    assert scores(guess, table)["hair_style"]["accuracy"] == 0


def test_distortion_is_seeded_and_slight():
    images = to_input(torch.from_numpy(dataset(0, range(16), HELD)[0]))
    torch.manual_seed(1)
    first = distort(images)
    torch.manual_seed(1)
    torch.testing.assert_close(distort(images), first, rtol=0, atol=0)
    difference = (first - images).square().mean((1, 2, 3)).sqrt()
    assert 0.01 < difference.min() and difference.max() < 0.35


def test_the_committed_regressor_reads_unseen_faces_as_well_as_it_says():
    path = DATA / "regressor.onnx"
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert path.stat().st_size <= 600_000
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(metadata["vielbein.factors"]) == description()
    said = json.loads((DATA / "regressor.json").read_text())["scores"]
    first = indices_of("test", 0).start + 20_000
    images, table = dataset(0, range(first, first + 300), HELD)
    for name, score in scores(read(open_session(path), torch.from_numpy(images))[0], table).items():
        (figure, value), = score.items()
        assert abs(value - said[name][figure]) < 0.04, f"{name}: {value:.3f}, the file says {said[name][figure]:.3f}"


def test_the_committed_features_are_those_of_the_test_faces():
    stored = np.load(DATA / "real-features.npz")
    images, table = dataset(0, indices_of("test", 40), HELD)
    features = read(open_session(DATA / "regressor.onnx"), torch.from_numpy(images))[1]
    np.testing.assert_allclose(stored["features"][:40], features, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(stored["factors"][:40], table[:, [output.column for output in OUTPUTS]], atol=5e-4)
    rows = stored["features"].astype(np.float64)
    np.testing.assert_allclose(stored["mean"], rows.mean(0), atol=2e-4)
    np.testing.assert_allclose(stored["covariance"], np.cov(rows.T), atol=1e-3)
