"""The pictures are the same for the same seed and index, and every factor moves them."""

import numpy as np

from pictures import FAMILIES, PLANTED_SHARE, batch, draw, planted, unseen


def test_a_batch_depends_on_seed_and_index_alone():
    np.testing.assert_array_equal(batch(3, 5, 64), batch(3, 5, 64))
    assert (batch(3, 6, 64) != batch(3, 5, 64)).any()
    assert (batch(4, 5, 64) != batch(3, 5, 64)).any()


def test_every_family_has_as_many_directions_as_factors():
    random = np.random.default_rng(0)
    for family in FAMILIES:
        at = np.repeat(random.uniform(0.2, 0.8, (1, 6)), 7, 0)
        at[np.arange(6), np.arange(6)] += 1e-3
        pictures = draw(family, at).astype(np.float64)
        values = np.linalg.svd((pictures[:6] - pictures[6]) / 1e-3, compute_uv=False)
        factors = len(family.ranges)
        assert (values[:factors] > 1).all() and (values[factors:] == 0).all(), family.name


def test_planted_pictures_come_again_and_the_others_do_not():
    again = planted(0)
    pictures = batch(0, 0, 200)
    equal = [any((picture == one).all() for one in again) for picture in pictures]
    assert sum(equal) == round(PLANTED_SHARE * 200)
    assert not any((picture == one).all() for picture in unseen(0, 20).reshape(-1, 256) for one in again)
