"""Plot of metrics over the epochs of a training run."""

import math
from collections.abc import Mapping

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from ._matplotlib import BLUE, GRAY, VERMILION, import_pyplot

# Logged by Keras' callbacks along with the metrics.
NOT_METRICS = {"learning_rate", "lr"}


class HistoryDisplay:
    """Visualization of a training history: one panel per metric.

    It is recommended to use :meth:`from_estimator` or :meth:`from_history`.

    Parameters
    ----------
    history : dict of str to sequence of float
        Values by epoch, as in Keras' ``History.history``: each metric under its name, and as
        measured on validation data under ``val_<name>``.

    Attributes
    ----------
    history : dict of str to ndarray of shape (n_epochs,)
        As above.
    metrics : list of str
        Names of the metrics; the loss comes last.
    n_epochs : int
        Number of epochs.
    best_epoch : int or None
        The epoch with the lowest ``val_loss``, counted from 1; the first in case of a tie. None
        without validation, since the training loss keeps falling.
    figure_ : matplotlib Figure
        Figure with the plot; set by :meth:`plot`, as are the following.
    axes_ : ndarray of matplotlib Axes, of shape (n_metrics,)
        Axes of the panels.
    lines_ : list of dict
        The lines of each panel by name: ``"training"``, ``"validation"``.

    Raises
    ------
    ValueError
        If the history holds no metric, or metrics with different numbers of epochs.

    Examples
    --------
    >>> from sklearn_textnn.inspection import HistoryDisplay
    >>> display = HistoryDisplay.from_history({
    ...     "accuracy": [0.60, 0.80, 0.95], "loss": [0.68, 0.50, 0.30],
    ...     "val_accuracy": [0.58, 0.76, 0.75], "val_loss": [0.69, 0.55, 0.58],
    ... })
    >>> display.metrics, display.best_epoch
    (['accuracy', 'loss'], 2)
    >>> display.plot().figure_.savefig("history.png")  # doctest: +SKIP
    """

    def __init__(self, history):
        self.history = _check_history(history)

    @classmethod
    def from_estimator(cls, estimator):
        """Create a display of the history of a fitted classifier, without drawing it.

        Parameters
        ----------
        estimator : classifier
            A fitted classifier with an attribute ``history_`` (a dict of lists), a Pipeline that
            ends in one, or a search whose ``best_estimator_`` is one of these.

        Returns
        -------
        HistoryDisplay
            Call its :meth:`plot`.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If there is no ``history_``.
        """
        check_is_fitted(estimator)
        holder = estimator
        while not hasattr(holder, "history_"):
            if hasattr(holder, "best_estimator_"):
                holder = holder.best_estimator_
            elif isinstance(holder, Pipeline):
                holder = holder.steps[-1][1]
            else:
                raise ValueError(
                    f"{type(holder).__name__} has no history_. Expected a classifier that keeps "
                    "the history of its training, such as KerasTextClassifier, or a Pipeline or "
                    "a search that holds one."
                )
        return cls(holder.history_)

    @classmethod
    def from_history(cls, history):
        """Create a display from a dict of lists, such as ``keras.callbacks.History.history``.

        Parameters
        ----------
        history : dict of str to sequence of float
            As for the class.

        Returns
        -------
        HistoryDisplay
            Call its :meth:`plot`.
        """
        return cls(history)

    @property
    def metrics(self):
        """Names of the metrics, the loss last."""
        names = dict.fromkeys(name.removeprefix("val_") for name in self.history)
        return sorted(names, key=lambda name: name == "loss")

    @property
    def n_epochs(self):
        """Number of epochs."""
        return len(next(iter(self.history.values())))

    @property
    def best_epoch(self):
        """The epoch with the lowest ``val_loss``, from 1, or None."""
        losses = self.history.get("val_loss", np.array([]))
        if not np.isfinite(losses).any():
            return None
        return int(np.argmin(np.where(np.isfinite(losses), losses, math.inf))) + 1

    def plot(self, ax=None):
        """Draw one panel per metric, side by side.

        Parameters
        ----------
        ax : array-like of matplotlib Axes, of shape (n_metrics,), default=None
            Axes to plot on; None creates a new figure.

        Returns
        -------
        HistoryDisplay
            The display itself, with `figure_`, `axes_` and `lines_`.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the numbers of axes and metrics differ.
        """
        plt = import_pyplot("HistoryDisplay.plot")
        n_panels = len(self.metrics)
        if ax is None:
            size = (4.6 * n_panels, 3.6)
            _, ax = plt.subplots(1, n_panels, figsize=size, squeeze=False, layout="constrained")
        axes = np.ravel(ax)
        if len(axes) != n_panels:
            raise ValueError(
                f"Got {len(axes)} axes for {n_panels} metrics ({', '.join(self.metrics)}); "
                f"expected one each, as from plt.subplots(1, {n_panels})."
            )
        self.axes_ = axes
        self.figure_ = axes[0].figure
        self.lines_ = [
            self._plot_metric(panel, metric)
            for panel, metric in zip(axes, self.metrics, strict=True)
        ]
        return self

    def _plot_metric(self, ax, metric):
        """Draw training and validation of one metric; return the lines by name."""
        from matplotlib.ticker import MaxNLocator

        looks = {
            "training": (metric, {"color": BLUE, "marker": "o"}),
            "validation": (f"val_{metric}", {"color": VERMILION, "marker": "s", "linestyle": "--"}),
        }
        epochs = np.arange(1, self.n_epochs + 1)
        spacing = max(1, self.n_epochs // 20)  # touching markers would hide the line
        lines = {
            name: ax.plot(
                epochs, self.history[key], label=name, markersize=4, markevery=spacing, **look
            )[0]
            for name, (key, look) in looks.items()
            if key in self.history
        }
        if self.best_epoch is not None:
            self._mark_best(ax, metric)
        ax.set(xlabel="epoch", ylabel=metric.replace("_", " "), xlim=(0.5, self.n_epochs + 0.5))
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        ax.grid(color="0.9")
        ax.set_axisbelow(True)
        ax.legend(frameon=True)
        return lines

    def _mark_best(self, ax, metric):
        """Mark the best epoch by a vertical line, and its value by a ring."""
        best = self.best_epoch
        label = f"best epoch: {best}"
        ax.axvline(best, color=GRAY, linestyle=":", linewidth=1.5, label=label, zorder=1)
        values = self.history.get(f"val_{metric}")
        if values is not None:
            ring = {"markersize": 11, "markerfacecolor": "none", "markeredgecolor": "black"}
            ax.plot(best, values[best - 1], marker="o", linestyle="none", **ring)


def _check_history(history):
    """Return the metrics as arrays of equal length."""
    if not isinstance(history, Mapping):
        raise ValueError(
            f"history must be a dict of lists, got {type(history).__name__}. Of a Keras History "
            "object take the attribute `history`."
        )
    curves = {
        name: np.asarray(values, dtype=float)
        for name, values in history.items()
        if name.removeprefix("val_") not in NOT_METRICS
    }
    lengths = {name: curve.shape for name, curve in curves.items()}
    if not curves or any(shape in {(), (0,)} for shape in lengths.values()):
        raise ValueError(f"history holds no epochs: got {dict(history)!r}.")
    if len(set(lengths.values())) > 1:
        found = ", ".join(f"{name} {len(curve)}" for name, curve in curves.items())
        raise ValueError(f"The metrics must have equally many epochs, got {found}.")
    return curves
