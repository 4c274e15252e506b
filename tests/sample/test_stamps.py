"""Objects of the sample archive have their light where they are."""

import numpy as np

from acsql.sample.stamps import add_points, add_spectra


def test_a_star_is_brightest_at_its_place_and_twice_as_bright_with_twice_the_light() -> None:
    once, twice = np.zeros((2, 40, 50))
    add_points(once, np.array([20.0]), np.array([10.0]), np.array([1000.0]))
    add_points(twice, np.array([20.0]), np.array([10.0]), np.array([2000.0]))
    assert np.unravel_index(once.argmax(), once.shape) == (10, 20)
    np.testing.assert_allclose(twice, 2 * once, rtol=1e-5)
    assert 0.9 < once.sum() / 1000 < 1.6


def test_a_star_outside_leaves_the_image_alone() -> None:
    rate = np.zeros((40, 50))
    add_points(rate, np.array([500.0]), np.array([10.0]), np.array([10.0]))
    assert not rate.any()


def test_a_spectrum_lies_along_the_rows() -> None:
    rate = np.zeros((40, 90))
    add_spectra(rate, np.array([20.0]), np.array([20.0]), np.array([50.0]))
    rows, columns = np.nonzero(rate > rate.max() / 4)
    assert np.ptp(columns) > 3 * np.ptp(rows)
