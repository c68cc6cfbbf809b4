import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_textnn.inspection import HistoryDisplay

HISTORY = {
    "accuracy": [0.60, 0.80, 0.95, 0.99],
    "loss": [0.68, 0.50, 0.30, 0.10],
    "val_accuracy": [0.58, 0.76, 0.75, 0.78],
    "val_loss": [0.69, 0.55, 0.58, 0.55],
}


class Trained(ClassifierMixin, BaseEstimator):
    """A fitted classifier with a history."""

    def __init__(self, epochs=4):
        self.epochs = epochs

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.history_ = {name: values[: self.epochs] for name, values in HISTORY.items()}
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


X, Y = np.zeros((8, 1)), np.array([0, 1] * 4)


def test_two_panels_show_training_and_validation_from_epoch_1(pyplot):
    display = HistoryDisplay.from_history(HISTORY)
    assert display.plot() is display
    assert [ax.get_ylabel() for ax in display.axes_] == ["accuracy", "loss"]
    for metric, lines in zip(["accuracy", "loss"], display.lines_, strict=True):
        np.testing.assert_array_equal(lines["training"].get_xdata(), [1, 2, 3, 4])
        np.testing.assert_array_equal(lines["training"].get_ydata(), HISTORY[metric])
        np.testing.assert_array_equal(lines["validation"].get_ydata(), HISTORY[f"val_{metric}"])
    assert {ax.get_xlabel() for ax in display.axes_} == {"epoch"}
    assert {ax.figure for ax in display.axes_} == {display.figure_}


@pytest.mark.parametrize(
    ("val_loss", "expected"),
    [
        ([0.69, 0.55, 0.58, 0.55], 2),  # the first of equals
        ([np.nan, 0.55, 0.5, np.inf], 3),
        ([np.nan] * 4, None),
    ],
)
def test_the_best_epoch_has_the_lowest_validation_loss(val_loss, expected):
    assert HistoryDisplay(HISTORY | {"val_loss": val_loss}).best_epoch == expected


def test_the_best_epoch_is_marked_in_every_panel(pyplot):
    display = HistoryDisplay.from_history(HISTORY).plot()
    for ax in display.axes_:
        (line,) = [line for line in ax.lines if line.get_label() == "best epoch: 2"]
        assert list(line.get_xdata()) == [2, 2]
        texts = [text.get_text() for text in ax.get_legend().get_texts()]
        assert texts == ["training", "validation", "best epoch: 2"]


def test_without_validation_no_epoch_is_the_best(pyplot):
    display = HistoryDisplay.from_history({"loss": [0.5, 0.4], "accuracy": [0.7, 0.8]}).plot()
    assert display.best_epoch is None
    assert display.metrics == ["accuracy", "loss"]
    assert [list(lines) for lines in display.lines_] == [["training"], ["training"]]


def test_other_metrics_get_panels_and_the_learning_rate_does_not(pyplot):
    history = {"loss": [1.0], "auc": [0.5], "learning_rate": [0.1], "f1_score": [0.4], "lr": [1]}
    display = HistoryDisplay.from_history(history).plot()
    assert display.metrics == ["auc", "f1_score", "loss"]
    assert [ax.get_ylabel() for ax in display.axes_] == ["auc", "f1 score", "loss"]


@pytest.mark.parametrize("n_epochs", [1, 2, 7, 300])
def test_ticks_are_epochs(pyplot, n_epochs):
    display = HistoryDisplay.from_history({"loss": np.linspace(1, 0, n_epochs)}).plot()
    display.figure_.draw_without_rendering()
    (ax,) = display.axes_
    low, high = ax.get_xlim()
    ticks = [tick for tick in ax.get_xticks() if low <= tick <= high]
    assert ticks
    assert all(tick == int(tick) and 1 <= tick <= n_epochs for tick in ticks)


@pytest.mark.parametrize(
    "estimator",
    [
        Trained(),
        make_pipeline(FunctionTransformer(), Trained()),
        GridSearchCV(Trained(), {"epochs": [4]}, cv=2),
        GridSearchCV(make_pipeline(Trained()), {"trained__epochs": [4]}, cv=2),
        make_pipeline(FunctionTransformer(), GridSearchCV(Trained(), {"epochs": [4]}, cv=2)),
    ],
    ids=["classifier", "pipeline", "search", "search of pipeline", "pipeline of search"],
)
def test_the_history_is_found_in_pipelines_and_searches(estimator):
    display = HistoryDisplay.from_estimator(estimator.fit(X, Y))
    np.testing.assert_array_equal(display.history["val_loss"], HISTORY["val_loss"])


def test_an_unfitted_classifier_is_refused():
    with pytest.raises(NotFittedError):
        HistoryDisplay.from_estimator(Trained())
    with pytest.raises(NotFittedError):
        HistoryDisplay.from_estimator(make_pipeline(FunctionTransformer(), Trained()))


def test_a_classifier_without_history_is_refused():
    fitted = make_pipeline(LogisticRegression()).fit([[0.0], [1.0]], [0, 1])
    with pytest.raises(ValueError, match="LogisticRegression has no history_"):
        HistoryDisplay.from_estimator(fitted)


def test_it_draws_on_given_axes(pyplot):
    figure, axes = pyplot.subplots(2, 1)
    display = HistoryDisplay.from_history(HISTORY).plot(ax=axes)
    assert display.figure_ is figure
    assert list(display.axes_) == list(axes)
    assert pyplot.get_fignums() == [figure.number]


def test_too_few_axes_are_refused(pyplot):
    _, ax = pyplot.subplots()
    with pytest.raises(ValueError, match=r"1 axes for 2 metrics \(accuracy, loss\)"):
        HistoryDisplay.from_history(HISTORY).plot(ax=ax)


@pytest.mark.parametrize(
    ("history", "message"),
    [
        ({}, "no epochs"),
        ({"loss": []}, "no epochs"),
        ({"loss": 0.5}, "no epochs"),
        ({"learning_rate": [0.1]}, "no epochs"),
        ({"loss": [1, 2], "val_loss": [1]}, "equally many epochs, got loss 2, val_loss 1"),
        ([0.5, 0.4], "must be a dict of lists, got list"),
    ],
)
def test_an_invalid_history_is_refused(history, message):
    with pytest.raises(ValueError, match=message):
        HistoryDisplay.from_history(history)


def test_training_and_validation_differ_in_more_than_colour(pyplot):
    lines = HistoryDisplay.from_history(HISTORY).plot().lines_[0]
    for look in ["get_linestyle", "get_marker"]:
        assert getattr(lines["training"], look)() != getattr(lines["validation"], look)()


def test_without_matplotlib_the_error_has_a_hint(without_matplotlib):
    display = HistoryDisplay.from_history(HISTORY)  # needs none
    with pytest.raises(ImportError, match=r"pip install 'sklearn_textnn\[plot\]'"):
        display.plot()
