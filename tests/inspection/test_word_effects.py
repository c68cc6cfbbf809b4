import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklearn_textnn.inspection import word_effects

TEXTS = ["good food", "bad food", "Good good service", "bad service"]


@pytest.fixture(scope="module")
def linear():
    return make_pipeline(CountVectorizer(), LogisticRegression()).fit(TEXTS, [1, 0, 1, 0])


def test_the_effect_of_a_linear_model_is_coefficient_times_mean_count(linear):
    effects = word_effects(linear, TEXTS)
    good = effects[(effects["class"] == 1) & (effects["word"] == "good")].iloc[0]
    coefficient = linear[-1].coef_[0, linear[0].vocabulary_["good"]]
    np.testing.assert_allclose(good["mean_effect"], 1.5 * coefficient)  # counts of 1 and 2
    np.testing.assert_allclose(good["sd_effect"], np.std([1, 2], ddof=1) * coefficient)
    assert good["n_texts"] == 2


def test_the_strongest_word_of_each_class_comes_first(linear):
    effects = word_effects(linear, TEXTS)
    assert effects.groupby("class")["word"].first().to_dict() == {0: "bad", 1: "good"}


def test_rare_words_can_be_left_out(linear):
    effects = word_effects(linear, [*TEXTS, "zebra"], min_texts=2)
    assert set(effects["word"]) == {"good", "bad", "food", "service"}
    assert word_effects(linear, []).empty
