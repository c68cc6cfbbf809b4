import pickle

import numpy as np
import pandas as pd
import pytest

from sklearn_textnn.model_selection import ClassifierComparison


@pytest.fixture
def comparison(scores):
    return ClassifierComparison(scores)


def test_to_frame_summarises_each_classifier(comparison):
    frame = comparison.to_frame()
    assert list(frame.index) == ["LR", "CNN", "NB"]
    lr = frame.loc["LR"]
    assert lr["mean_test_accuracy"] == pytest.approx(0.80)  # (0.80 + 0.82 + 0.78) / 3
    assert lr["sd_test_accuracy"] == pytest.approx(0.02)  # sqrt((0 + 0.02**2 + 0.02**2) / (3 - 1))
    assert lr["mean_inner_score"] == pytest.approx(0.80)
    assert lr["mean_fit_time"] == 2
    assert lr["sum_fit_time"] == 6
    assert lr["mean_score_time"] == pytest.approx(0.01)
    assert lr["params"] == {"clf__C": 10.0, "counts__ngram_range": (1, 2)}
    assert lr["params_folds"] == 2
    nb = frame.loc["NB"]
    assert np.isnan(nb["mean_inner_score"])
    assert (nb["params"], nb["params_folds"]) == ({}, 0)


def test_rows_come_in_the_order_of_classifiers_and_folds(scores):
    shuffled = scores.iloc[[0, 8, 5, 1, 2, 7, 3, 4, 6]]  # LR first, then NB, then CNN
    comparison = ClassifierComparison(shuffled)
    assert comparison.classifiers == ["LR", "NB", "CNN"]
    assert list(comparison.scores["fold"]) == 3 * [1, 2, 3]
    assert list(comparison.scores.index) == list(range(9))


def test_the_best_has_the_highest_mean_of_the_first_metric(scores):
    assert ClassifierComparison(scores).best_name_ == "CNN"
    scores.insert(4, "test_f1", [0.9] * 3 + [0.1] * 6)
    two = ClassifierComparison(scores)
    assert two.metrics == ["f1", "accuracy"]
    assert two.best_name_ == "LR"


def test_a_failed_fold_gives_no_mean(scores):
    scores.loc[4, "test_accuracy"] = np.nan
    comparison = ClassifierComparison(scores)
    assert np.isnan(comparison.to_frame().loc["CNN", "mean_test_accuracy"])
    assert comparison.best_name_ == "LR"
    assert comparison.differences().loc["CNN"].isna().all()
    assert comparison.differences().loc["NB"].notna().all()


def test_without_complete_scores_there_is_no_best(scores):
    scores.loc[[0, 3, 6], "test_accuracy"] = np.nan
    comparison = ClassifierComparison(scores)
    with pytest.raises(ValueError, match="No classifier has a score in every fold"):
        _ = comparison.best_name_
    assert "none" in repr(comparison)


def test_differences_are_paired_by_fold(comparison):
    differences = comparison.differences("LR")
    assert list(differences.index) == ["CNN", "NB"]
    # 0.84 - 0.80, 0.85 - 0.82, 0.83 - 0.78: the numbers of test_statistics.
    cnn = differences.loc["CNN"]
    margin = 4.302653 * 0.01 * np.sqrt(1 / 3 + 200 / 400)
    np.testing.assert_allclose(
        cnn[["mean", "sd", "low", "high"]], [0.04, 0.01, 0.04 - margin, 0.04 + margin], atol=1e-8
    )
    assert 0 < cnn["p_value"] < 0.05
    assert cnn["p_holm"] == pytest.approx(2 * min(differences["p_value"]))  # of two comparisons


def test_the_first_classifier_is_the_default_baseline(comparison):
    pd.testing.assert_frame_equal(comparison.differences(), comparison.differences("LR"))
    swapped = comparison.differences("CNN").loc["LR"]
    assert swapped["mean"] == pytest.approx(-comparison.differences().loc["CNN", "mean"])


def test_more_confidence_makes_a_wider_interval(comparison):
    narrow, wide = comparison.differences(confidence=0.5), comparison.differences(confidence=0.99)
    assert (wide["low"] < narrow["low"]).all()
    assert (wide["high"] > narrow["high"]).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"baseline": "RNN"}, r"baseline='RNN', expected one of \['LR', 'CNN', 'NB'\]"),
        ({"metric": "f1"}, r"metric='f1', expected one of \['accuracy'\]"),
        ({"confidence": 95}, "confidence"),
    ],
)
def test_differences_refuse_unknown_names(comparison, arguments, message):
    with pytest.raises(ValueError, match=message):
        comparison.differences(**arguments)


def test_a_difference_needs_two_classifiers(scores):
    with pytest.raises(ValueError, match="only 'LR'"):
        ClassifierComparison(scores.iloc[:3]).differences()


def test_a_single_fold_has_means_and_no_spread(scores):
    frame = ClassifierComparison(scores[scores["fold"] == 2]).to_frame()
    assert frame.loc["CNN", "mean_test_accuracy"] == 0.85
    assert frame["sd_test_accuracy"].isna().all()


def test_the_text_is_a_table(comparison):
    assert (
        str(comparison)
        == comparison.to_text()
        == (
            "classifier       accuracy  inner  fit time  chosen parameters\n"
            "LR          0.800 ± 0.020  0.800     2.0 s  C=10, ngram_range=(1, 2) (2 of 3 folds)\n"
            "CNN         0.840 ± 0.010  0.820    20.0 s  epochs=20 (3 of 3 folds)\n"
            "NB          0.720 ± 0.026            0.1 s"
        )
    )


def test_without_searches_the_table_has_no_columns_for_them(scores):
    assert ClassifierComparison(scores.iloc[6:]).to_text() == (
        "classifier       accuracy  fit time\n"  #
        "NB          0.720 ± 0.026     0.1 s"
    )


def test_repr_shows_the_best(comparison):
    assert repr(comparison) == (
        "ClassifierComparison(3 classifiers, 3 folds, best by accuracy: 'CNN' 0.840)"
    )


def test_the_frame_of_the_caller_is_copied(scores):
    comparison = ClassifierComparison(scores)
    scores.loc[:, "test_accuracy"] = 0.0
    assert comparison.best_name_ == "CNN"


def test_a_comparison_can_be_pickled(comparison):
    copy = pickle.loads(pickle.dumps(comparison))
    pd.testing.assert_frame_equal(copy.scores, comparison.scores)
    assert copy.best_name_ == "CNN"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.drop(columns="fold"), "got the columns classifier, n_train.*expected"),
        (lambda s: s.drop(columns="test_accuracy"), "one or more test_<metric>"),
        (lambda s: s.assign(color="red"), "color"),
        (lambda s: s.iloc[:0], "no rows"),
        (lambda s: s.iloc[:-1], r"'NB' has the folds \[1, 2\]; expected each of \[1, 2, 3\]"),
        (lambda s: s.assign(fold=1), r"'LR' has the folds \[1, 1, 1\]; expected each of \[1\]"),
    ],
)
def test_invalid_scores_are_refused(scores, change, message):
    with pytest.raises(ValueError, match=message):
        ClassifierComparison(change(scores))


def test_scores_must_be_a_frame():
    with pytest.raises(TypeError, match="got dict"):
        ClassifierComparison({"classifier": ["LR"]})
