"""The dataset is deterministic by index, whatever the batch, the order or the chunk."""

import numpy as np

from faces import draw, dataset, sweep
from factors import FACTORS, NAMES, sample_factors


def test_a_face_depends_on_seed_and_index_alone():
    images, table = dataset(7, range(40))
    for index in (0, 13, 39):
        image, row = dataset(7, [index])
        np.testing.assert_array_equal(row[0], table[index])
        np.testing.assert_array_equal(image[0], images[index])
    shuffled, _ = dataset(7, [39, 0, 13])
    np.testing.assert_array_equal(shuffled, images[[39, 0, 13]])
    assert (dataset(8, range(40))[1] != table).any()


def test_chunks_do_not_change_the_drawing():
    table = sample_factors(3, range(20))
    np.testing.assert_array_equal(draw(table, chunk=1), draw(table, chunk=7))
    np.testing.assert_array_equal(draw(table, chunk=1), draw(table, chunk=20))


def test_factors_have_the_documented_ranges_and_odds():
    table = sample_factors(0, range(6000))
    for column, factor in zip(table.T, FACTORS):
        if factor.choices:
            share = np.bincount(column.astype(int), minlength=len(factor.choices)) / len(column)
            np.testing.assert_allclose(share, np.array(factor.weights) / sum(factor.weights), atol=0.03)
        else:
            assert 0 <= column.min() < 0.01 and 0.99 < column.max() < 1
    worst = np.abs(np.corrcoef(table.T) - np.eye(len(FACTORS))).max()
    assert worst < 0.06, f"factors are drawn independently, yet two correlate by {worst:.3f}"


def test_held_factors_leave_the_others_alone():
    free, held = sample_factors(1, range(9)), sample_factors(1, range(9), {"yaw": 0.5})
    yaw = NAMES.index("yaw")
    assert (held[:, yaw] == 0.5).all()
    np.testing.assert_array_equal(np.delete(free, yaw, 1), np.delete(held, yaw, 1))


def test_every_factor_is_visible():
    columns = 9
    rows = draw(sweep(columns)).astype(int).reshape(len(FACTORS), columns, -1)
    for factor, row in zip(FACTORS, rows):
        changed = (np.abs(row[0] - row[-1]) > 24).sum()
        assert changed > 30, f"{factor.name} changes only {changed} of {row.shape[1]} values from end to end"
