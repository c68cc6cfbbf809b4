import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from sklearn_textnn.model_selection._statistics import corrected_resampled_t, holm


def test_the_interval_is_that_of_nadeau_and_bengio():
    # Differences 0.04, 0.03, 0.05 on 3 folds of 400 + 200: mean 0.04, sd 0.01, so that
    # error = 0.01 * sqrt(1/3 + 200/400) = 0.01 * sqrt(5/6); t = 4.302653 at 2 degrees of freedom.
    result = corrected_resampled_t(np.array([0.04, 0.03, 0.05]), np.full(3, 400), np.full(3, 200))
    margin = 4.302653 * 0.01 * math.sqrt(5 / 6)
    assert result.mean == pytest.approx(0.04)
    assert result.sd == pytest.approx(0.01)
    assert (result.low, result.high) == pytest.approx((0.04 - margin, 0.04 + margin), abs=1e-8)


def test_the_p_value_is_the_level_at_which_the_interval_reaches_zero():
    differences, n_train, n_test = np.array([0.04, 0.01, 0.05]), np.full(3, 80), np.full(3, 40)
    p_value = corrected_resampled_t(differences, n_train, n_test).p_value
    assert 0.05 < p_value < 0.5
    at_level = corrected_resampled_t(differences, n_train, n_test, confidence=1 - p_value)
    assert at_level.low == pytest.approx(0, abs=1e-12)


def test_without_test_samples_it_is_the_ordinary_t_test():
    differences = np.array([0.1, -0.2, 0.4, 0.3, 0.05])
    result = corrected_resampled_t(differences, np.full(5, 100), np.zeros(5))
    reference = stats.ttest_1samp(differences, 0)
    assert result.p_value == pytest.approx(reference.pvalue)
    assert (result.low, result.high) == pytest.approx(tuple(reference.confidence_interval(0.95)))


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=20), st.integers(1, 100))
def test_swapping_the_classifiers_mirrors_the_interval(differences, n_test):
    differences, sizes = np.array(differences), np.full(len(differences), n_test)
    # else there is no interval to mirror
    assume(np.ptp(differences) > 1e-12 * np.max(np.abs(differences)))
    assume(np.std(differences, ddof=1) > 0)
    one = corrected_resampled_t(differences, 2 * sizes, sizes)
    other = corrected_resampled_t(-differences, 2 * sizes, sizes)
    assert (other.low, other.high) == (-one.high, -one.low)
    assert other.p_value == one.p_value
    assert 0 <= one.p_value <= 1
    assert one.low <= one.mean <= one.high


def test_classifiers_that_agree_in_every_fold_do_not_differ():
    result = corrected_resampled_t(np.zeros(4), np.full(4, 30), np.full(4, 10))
    assert (result.low, result.high, result.p_value) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize("noise", [0, 1e-16])
def test_equal_differences_give_no_interval(noise):
    differences = 0.25 + noise * np.arange(4)
    result = corrected_resampled_t(differences, np.full(4, 30), np.full(4, 10))
    assert (result.mean, result.sd) == (pytest.approx(0.25), 0.0)
    assert np.isnan([result.low, result.high, result.p_value]).all()


def test_one_fold_gives_a_mean_and_nothing_else():
    result = corrected_resampled_t(np.array([0.1]), np.array([30]), np.array([10]))
    assert result.mean == 0.1
    assert np.isnan(result[1:]).all()


def test_holm_multiplies_by_the_number_of_remaining_comparisons():
    # sorted: 0.01 * 4, 0.02 * 3, 0.03 * 2 raised to the one before, 0.5 * 1
    np.testing.assert_allclose(holm([0.03, 0.01, 0.5, 0.02]), [0.06, 0.04, 0.5, 0.06])
    np.testing.assert_allclose(holm([0.4, np.nan, 0.6]), [0.8, np.nan, 0.8])
    assert holm([0.7]) == [0.7]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_lies_between_the_p_values_and_bonferroni(p_values):
    p_values = np.array(p_values)
    adjusted = holm(p_values)
    assert (adjusted >= p_values).all()
    assert (adjusted <= np.minimum(1, len(p_values) * p_values)).all()
    order = np.argsort(p_values)
    assert (np.diff(adjusted[order]) >= 0).all()
