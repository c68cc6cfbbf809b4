from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sklearn_textnn.inspection import ComparisonDisplay

NAMES = [
    "counts of words and word pairs + logistic regression",
    "tf-idf + logistic regression",
    "dense network on counts",
    "pooled embeddings (maximum and average)",
    "convolutional network with kernels of 3, 4 and 5 words",
]


@pytest.fixture
def scores():
    values = 0.8 + np.arange(25).reshape(5, 5) % 7 / 100
    return pd.DataFrame(values, index=pd.RangeIndex(1, 6, name="fold"), columns=NAMES)


@pytest.fixture
def comparison(scores):
    """Return an object with what from_comparison uses, with unordered rows."""
    table = scores.melt(ignore_index=False, var_name="classifier", value_name="test_accuracy")
    table = table.reset_index().assign(test_f1=lambda t: t["test_accuracy"] / 2)
    return SimpleNamespace(scores=table[::-1], metrics=["accuracy", "f1"], classifiers=NAMES)


def test_the_first_metric_is_the_default(comparison, scores):
    display = ComparisonDisplay.from_comparison(comparison)
    assert display.metric == "accuracy"
    np.testing.assert_array_equal(display.scores, scores)
    assert list(display.scores) == NAMES
    halved = ComparisonDisplay.from_comparison(comparison, metric="f1").scores
    np.testing.assert_array_equal(halved, scores / 2)


def test_an_unknown_metric_is_refused(comparison):
    with pytest.raises(ValueError, match=r"metric='auc', expected one of \['accuracy', 'f1'\]"):
        ComparisonDisplay.from_comparison(comparison, metric="auc")


def test_each_fold_is_a_dot_in_the_row_of_its_classifier(pyplot, scores):
    display = ComparisonDisplay(scores, "accuracy")
    assert display.plot() is display
    lines = [line for line in display.ax_.lines if line.get_marker() == "o"]
    assert len(lines) == 5
    for line, fold in zip(lines, scores.to_numpy(), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), fold)
        np.testing.assert_array_equal(np.round(line.get_ydata()), [0, 1, 2, 3, 4])
    heights = np.array([line.get_ydata() - np.arange(5) for line in lines])
    np.testing.assert_allclose(heights, heights[:, :1] + np.zeros((1, 5)))  # equal in all rows
    assert len(np.unique(heights[:, 0].round(6))) == 5  # none hides another


def test_mean_and_sd_are_marked_and_written(pyplot):
    scores = pd.DataFrame({"LR": [0.78, 0.80, 0.82], "CNN": [0.84, 0.85, 0.83]})
    ax = ComparisonDisplay(scores, "accuracy").plot().ax_
    (errorbar,) = ax.containers
    marks, _, (bars,) = errorbar
    np.testing.assert_allclose(marks.get_xdata(orig=False), [0.80, 0.84])
    ends = [np.asarray(segment, dtype=float)[:, 0] for segment in bars.get_segments()]
    np.testing.assert_allclose(ends, [[0.78, 0.82], [0.83, 0.85]])  # sd 0.02 and 0.01
    assert [text.get_text() for text in ax.texts] == ["0.800 ± 0.020", "0.840 ± 0.010"]


def test_the_first_classifier_is_at_the_top(pyplot, scores):
    ax = ComparisonDisplay(scores, "accuracy").plot().ax_
    low, high = ax.get_ylim()
    assert low > high
    assert ax.get_yticklabels()[0].get_text().startswith("counts of words")


def test_the_metric_is_named_on_the_axis(pyplot, scores):
    ax = ComparisonDisplay(scores, "balanced_accuracy").plot().ax_
    assert ax.get_xlabel().startswith("balanced accuracy")


def test_five_long_names_do_not_overlap_and_stay_inside(pyplot, scores):
    display = ComparisonDisplay(scores, "accuracy").plot()
    figure, ax = display.figure_, display.ax_
    figure.canvas.draw()
    texts = [*ax.get_yticklabels(), *ax.texts, *ax.get_legend().get_texts(), ax.xaxis.label]
    texts += ax.get_xticklabels()
    boxes = [text.get_window_extent() for text in texts]
    for place, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[place + 1 :])
        assert figure.bbox.x0 <= box.x0
        assert box.x1 <= figure.bbox.x1


def test_a_failed_fold_is_shown_instead_of_a_mean(pyplot, scores):
    scores.iloc[2, 1] = np.nan
    ax = ComparisonDisplay(scores, "accuracy").plot().ax_
    assert ax.texts[1].get_text() == "a fold failed"


def test_one_classifier_and_one_fold_can_be_drawn(pyplot):
    ax = ComparisonDisplay(pd.DataFrame({"LR": [0.8]}), "accuracy").plot().ax_
    assert [text.get_text() for text in ax.texts] == ["0.800"]


@pytest.mark.parametrize(("n_folds", "width"), [(12, 0.8), (13, 0)])
def test_many_folds_are_not_joined(pyplot, n_folds, width):
    scores = pd.DataFrame(np.random.default_rng(0).random((n_folds, 2)), columns=["a", "b"])
    ax = ComparisonDisplay(scores, "accuracy").plot().ax_
    assert ax.lines[0].get_linewidth() == width


def test_it_draws_on_given_axes(pyplot, scores):
    figure, ax = pyplot.subplots()
    display = ComparisonDisplay(scores, "accuracy").plot(ax=ax)
    assert (display.figure_, display.ax_) == (figure, ax)
    assert pyplot.get_fignums() == [figure.number]


def test_without_matplotlib_the_error_has_a_hint(without_matplotlib, scores):
    with pytest.raises(ImportError, match=r"pip install 'sklearn_textnn\[plot\]'"):
        ComparisonDisplay(scores, "accuracy").plot()
