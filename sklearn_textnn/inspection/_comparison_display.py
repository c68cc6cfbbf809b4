"""Plot of the scores of several classifiers on the same folds."""

import textwrap

import numpy as np

from ._matplotlib import BLUE, VERMILION, import_pyplot

ROW_HEIGHT = 0.62  # inches
LABEL_WIDTH = 28  # characters
MOST_LINES = 12  # with more folds, lines would hide the dots
# Heights within a classifier's row, which is 1 high, downwards: folds above the mean.
FOLDS_FROM, FOLDS_TO, MEAN = -0.34, 0.06, 0.28


class ComparisonDisplay:
    """Visualization of the outer scores of a comparison: folds, mean and standard deviation.

    It is recommended to use :meth:`from_comparison`.

    Parameters
    ----------
    scores : DataFrame of shape (n_folds, n_classifiers)
        Scores by fold, one column per classifier.
    metric : str
        The name of the metric.

    Attributes
    ----------
    scores : DataFrame of shape (n_folds, n_classifiers)
        As above.
    metric : str
        As above.
    figure_ : matplotlib Figure
        Figure with the plot; set by :meth:`plot`, as are the following.
    ax_ : matplotlib Axes
        Axes with the plot.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_textnn.inspection import ComparisonDisplay
    >>> scores = pd.DataFrame({"LR": [0.78, 0.80, 0.81], "CNN": [0.82, 0.81, 0.85]})
    >>> display = ComparisonDisplay(scores, metric="accuracy")
    >>> display.plot().figure_.savefig("scores.png")  # doctest: +SKIP
    """

    def __init__(self, scores, metric):
        self.scores = scores
        self.metric = metric

    @classmethod
    def from_comparison(cls, comparison, metric=None):
        """Create a display of the scores of a comparison, without drawing it.

        Parameters
        ----------
        comparison : ClassifierComparison
            Returned by :func:`~sklearn_textnn.model_selection.compare_classifiers`.
        metric : str, default=None
            The metric to plot; None means the first.

        Returns
        -------
        ComparisonDisplay
            Call its :meth:`plot`.

        Raises
        ------
        TypeError
            If `comparison` is something else.
        ValueError
            If there is no such metric.
        """
        if not hasattr(comparison, "metrics"):
            raise TypeError(
                f"comparison is a {type(comparison).__name__}, expected what compare_classifiers "
                "returns."
            )
        metric = comparison.metrics[0] if metric is None else metric
        if metric not in comparison.metrics:
            raise ValueError(f"Got metric={metric!r}, expected one of {comparison.metrics}.")
        scores = comparison.scores.pivot_table(  # the mean over seeds, where there are several
            index="fold",
            columns="classifier",
            values=f"test_{metric}",
            aggfunc=lambda values: np.mean(values.to_numpy()),
            dropna=False,
        )
        return cls(scores[comparison.classifiers], metric)

    def plot(self, ax=None):
        """Draw a row for each classifier, the first at the top.

        Folds are in the same order in each row, the first at the top. If there are at most 12,
        thin lines connect them: parallel lines mean that classifiers differ by the same amount in
        all folds.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to plot on; None creates a new figure.

        Returns
        -------
        ComparisonDisplay
            The display itself, with `figure_` and `ax_`.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        plt = import_pyplot("ComparisonDisplay.plot")
        n_classifiers = self.scores.shape[1]
        if ax is None:
            size = (7.5, 1.3 + ROW_HEIGHT * n_classifiers)
            _, ax = plt.subplots(figsize=size, layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        self._plot_folds(ax)
        self._plot_means(ax)
        names = [textwrap.fill(name, LABEL_WIDTH) for name in self.scores]
        ax.set_yticks(np.arange(n_classifiers), names)
        ax.set_ylim(n_classifiers - 0.5, -0.5)  # the first at the top
        ax.set_xlabel(f"{self.metric.replace('_', ' ')} on the held-out part of each fold")
        ax.grid(axis="x", color="0.9")
        ax.set_axisbelow(True)
        ax.spines[["top", "right", "left"]].set_visible(False)
        ax.tick_params(axis="y", length=0)
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False)
        return self

    def _plot_folds(self, ax):
        """Draw a dot per fold, and lines that connect the same fold of all classifiers."""
        n_folds, n_classifiers = self.scores.shape
        heights = np.linspace(FOLDS_FROM, FOLDS_TO, n_folds) if n_folds > 1 else [FOLDS_FROM / 2]
        rows = np.arange(n_classifiers)
        for place, (height, fold) in enumerate(zip(heights, self.scores.to_numpy(), strict=True)):
            ax.plot(
                fold,
                rows + height,
                color="0.75",
                linewidth=0.8 if n_folds <= MOST_LINES else 0,
                marker="o",
                markersize=5.5,
                markerfacecolor=BLUE,
                markeredgecolor="white",
                markeredgewidth=0.6,
                label="a fold" if place == 0 else None,
            )

    def _plot_means(self, ax):
        """Draw mean and standard deviation below the folds, and print them at the right."""
        means, sds = self.scores.mean(skipna=False), self.scores.std(ddof=1, skipna=False)
        heights = np.arange(len(means)) + MEAN
        ax.errorbar(
            means,
            heights,
            xerr=sds,
            fmt="D",
            color=VERMILION,
            markersize=6,
            markeredgecolor="black",
            elinewidth=2,
            capsize=4,
            capthick=2,
            label="mean ± sd",
        )
        for row, (mean, sd) in enumerate(zip(means, sds, strict=True)):
            summary = f"{mean:.3f}" if np.isfinite(mean) else "a fold failed"
            summary += f" ± {sd:.3f}" if np.isfinite(sd) else ""
            ax.text(1.02, row, summary, transform=ax.get_yaxis_transform(), va="center")
