"""The result of a comparison: a table of scores, and statistics of it."""

import math
import textwrap
from numbers import Real

import numpy as np
import pandas as pd

from .._atomic import atomic_write
from .._compat import Interval, validate_params
from ._findings import find_in_scores
from ._format import align, describe_params, most_chosen
from ._scores_file import SEED, as_csv, as_json, column_order, metric_columns, read_scores
from ._statistics import corrected_resampled_t, holm


class ClassifierComparison:
    """Scores of several classifiers on the same folds.

    Returned by :func:`compare_classifiers`, and by :meth:`read` from a file.

    Parameters
    ----------
    scores : DataFrame
        One row for each classifier and fold; every classifier has the same folds. The columns:

        ``classifier``
            Its name.
        ``fold``
            Number of the outer fold, from 1.
        ``seed``, if there are several
            Number of the seed, from 1.
        ``n_train``, ``n_test``
            Samples in the two parts of the fold.
        ``test_<metric>``
            Score on the held-out part, one column per metric; NaN where the fit failed.
        ``train_<metric>``, if measured
            The same on the training part.
        ``inner_score``
            ``best_score_`` of the classifier's own search; NaN without a search.
        ``fit_time``, ``score_time``
            Seconds; ``fit_time`` includes the classifier's own search.
        ``params``
            ``best_params_`` of that search, a dict; empty without a search.
    estimators : dict of list, default=None
        The fitted classifiers by name, in the order of the folds.
    best_estimator : estimator, default=None
        The best classifier, fitted on all the data.
    more_findings : sequence of Finding, default=()
        Findings about data, searches and probabilities.

    Attributes
    ----------
    scores : DataFrame
        As above, sorted by classifier (in the order given), fold and seed.
    classifiers : list of str
        The names, in order.
    metrics : list of str
        The names of the metrics; the first one decides which classifier is the best.
    n_folds : int
        Number of outer folds.
    n_seeds : int
        Number of seeds; a classifier without a ``random_state`` has one.
    best_name_ : str
        Name of the classifier with the highest mean score.
    estimators_, best_estimator_ : object
        The parameters `estimators` and `best_estimator`.

    Raises
    ------
    ValueError
        If `scores` has other columns, no rows, or classifiers with different folds.

    Notes
    -----
    The mean score of each classifier is an unbiased estimate, because its search never saw the
    held-out folds. That of the *best* of several is slightly optimistic, as any maximum of noisy
    numbers is; more so, the more classifiers are compared and the closer they are.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_textnn.model_selection import ClassifierComparison
    >>> scores = pd.DataFrame({
    ...     "classifier": ["LR", "LR", "CNN", "CNN"], "fold": [1, 2, 1, 2],
    ...     "n_train": 300, "n_test": 300, "test_accuracy": [0.78, 0.80, 0.82, 0.88],
    ...     "inner_score": [0.77, 0.81, 0.83, 0.85], "fit_time": [1.0, 1.5, 30.0, 20.0],
    ...     "score_time": 0.1, "params": [{"clf__C": 1}, {"clf__C": 1}, {}, {}],
    ... })
    >>> comparison = ClassifierComparison(scores)
    >>> comparison
    ClassifierComparison(2 classifiers, 2 folds, best by accuracy: 'CNN' 0.850)
    >>> print(comparison)
    classifier       accuracy  inner  fit time  chosen parameters
    LR          0.790 ± 0.014  0.790     1.2 s  C=1 (2 of 2 folds)
    CNN         0.850 ± 0.042  0.840    25.0 s
    <BLANKLINE>
    Worth a second look:
    - CNN: accuracy differs from that of 'LR' by +0.060, 95 % interval [-0.380, +0.500], while it
      takes 25.0 s instead of 1.2 s to fit. Take 'LR', or more texts, folds or tuning to show a
      difference.
    >>> comparison.differences(baseline="LR")["mean"]
    classifier
    CNN    0.06
    Name: mean, dtype: float64
    """

    def __init__(self, scores, *, estimators=None, best_estimator=None, more_findings=()):
        self.scores = _check_scores(scores)
        self.estimators_ = estimators
        self.best_estimator_ = best_estimator
        self._more_findings = list(more_findings)

    @property
    def classifiers(self):
        """Names of the classifiers, in order."""
        return list(self.scores["classifier"].unique())

    @property
    def metrics(self):
        """Names of the metrics."""
        return [column.removeprefix("test_") for column in metric_columns(self.scores.columns)]

    @property
    def n_folds(self):
        """Number of outer folds."""
        return self.scores["fold"].nunique()

    @property
    def n_seeds(self):
        """Largest number of seeds of a classifier."""
        return self.scores[SEED].nunique() if SEED in self.scores else 1

    @property
    def best_name_(self):
        """Name of the classifier with the highest mean score; the first in case of a tie."""
        means = self.to_frame()[f"mean_test_{self.metrics[0]}"]
        if means.isna().all():
            raise ValueError("No classifier has a score in every fold, so none is the best.")
        return means.idxmax()

    def to_frame(self):
        """Summarize the scores, one row per classifier.

        Returns
        -------
        DataFrame
            Indexed by classifier, in order. ``mean_test_<metric>`` and ``sd_test_<metric>``
            (``ddof=1``) for each metric: mean and spread over folds, after averaging over seeds;
            with several seeds also ``sd_seeds_test_<metric>``, the spread over seeds within a fold
            (root of the mean variance, ``ddof=1``). ``mean_train_<metric>`` if measured;
            ``mean_inner_score``; ``mean_fit_time``, ``sum_fit_time`` and ``mean_score_time`` in
            seconds; ``params``, those chosen most often (the earliest in case of a tie), and
            ``params_folds``, how often. If a fold failed, the mean is NaN, since it would not be
            comparable.
        """
        summaries = [self._summary(rows) for rows in self._by_classifier().values()]
        return pd.DataFrame(summaries, index=pd.Index(self.classifiers, name="classifier"))

    def _summary(self, rows):
        summary = {}
        for metric in self.metrics:
            column = f"test_{metric}"
            by_fold = rows.groupby("fold")[column]
            test_scores = _fold_means(rows, column)
            summary[f"mean_{column}"] = np.mean(test_scores)
            summary[f"sd_{column}"] = _sd(test_scores)
            if SEED in rows:
                summary[f"sd_seeds_{column}"] = np.sqrt(by_fold.var(ddof=1).mean(skipna=False))
            if f"train_{metric}" in rows:
                summary[f"mean_train_{metric}"] = np.mean(rows[f"train_{metric}"].to_numpy())
        summary["mean_inner_score"] = np.mean(rows["inner_score"].to_numpy())
        summary["mean_fit_time"] = np.mean(rows["fit_time"].to_numpy())
        summary["sum_fit_time"] = np.sum(rows["fit_time"].to_numpy())
        summary["mean_score_time"] = np.mean(rows["score_time"].to_numpy())
        summary["params"], summary["params_folds"] = most_chosen(list(rows["params"]))
        return summary

    @validate_params(
        {
            "baseline": [str, None],
            "metric": [str, None],
            "confidence": [Interval(Real, 0, 1, closed="neither")],
        },
        prefer_skip_nested_validation=True,
    )
    def differences(self, baseline=None, *, metric=None, confidence=0.95):
        """Compare every other classifier with a baseline, fold by fold.

        The scores are paired: the differences of a classifier to the baseline on the same folds
        vary less than the scores do. The interval is the corrected resampled t interval [1]_,
        which allows for training sets that overlap: the variance of the mean difference over
        ``k`` folds is taken to be ``(1 / k + n_test / n_train)`` times the variance of the
        differences, with ``k - 1`` degrees of freedom.

        Parameters
        ----------
        baseline : str, default=None
            Name of the classifier to compare with; None is the first one.
        metric : str, default=None
            Which score to compare; None is the first one.
        confidence : float, default=0.95
            Confidence level of the interval, in (0, 1).

        Returns
        -------
        DataFrame
            Indexed by classifier, without the baseline: ``mean`` and ``sd`` (``ddof=1``) of the
            differences, positive where the classifier is better; bounds ``low`` and ``high`` of
            the interval; two-sided ``p_value`` of no difference; ``p_holm``, the same corrected
            for the number of comparisons. NaN if a fold failed; with a single fold all but the
            mean is NaN. Scores are averaged over seeds first.

        Raises
        ------
        ValueError
            If there is no such classifier or metric, or only one classifier.

        Notes
        -----
        The interval assumes that the differences are about normally distributed and that their
        correlation between folds is that of random splits with the same shares, for which the
        factor was derived; for the disjoint test sets of k-fold cross-validation it is an
        approximation, in common use [2]_. Three folds leave two degrees of freedom: wide
        intervals, in which real differences hide. To pick the largest of several differences,
        read ``p_holm``, which Holm's method [3]_ corrects for their number; the intervals are
        those of single comparisons.

        References
        ----------
        .. [1] C. Nadeau and Y. Bengio, "Inference for the Generalization Error", Machine
           Learning 52, 2003. https://doi.org/10.1023/A:1024068626366
        .. [2] R. R. Bouckaert and E. Frank, "Evaluating the Replicability of Significance Tests
           for Comparing Learning Algorithms", PAKDD 2004.
        .. [3] S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian
           Journal of Statistics 6, 1979.
        """
        baseline = self._check_name("baseline", baseline, self.classifiers)
        metric = self._check_name("metric", metric, self.metrics)
        if len(self.classifiers) < 2:
            raise ValueError(f"There is only {baseline!r}; a difference needs two classifiers.")
        groups = self._by_classifier()
        reference = groups.pop(baseline)
        column = f"test_{metric}"
        differences = [
            corrected_resampled_t(
                _fold_means(rows, column) - _fold_means(reference, column),
                _fold_means(rows, "n_train"),
                _fold_means(rows, "n_test"),
                confidence,
            )
            for rows in groups.values()
        ]
        frame = pd.DataFrame(differences, index=pd.Index(groups, name="classifier"))
        return frame.assign(p_holm=holm(frame["p_value"]))

    def findings(self):
        """Return reasons to doubt the result.

        Seven things are checked: (near) duplicates between the training and the held-out part of a
        fold; classes with fewer samples than folds; more than 5 % of texts without any word that
        the training part knows; a best value at the edge of the searched range, in more than half
        of the folds; confidence that differs from accuracy by more than chance and more than 0.05;
        a training score of 0.98 or more with a held-out score that is 0.15 lower; and a classifier
        that takes at least twice as long to fit as the cheapest one, and half a second longer, and
        is not better by more than its interval.

        Returns
        -------
        list of Finding
            Each with ``check``, ``subject`` (a classifier or "data"), ``evidence`` and
            ``advice``; empty if nothing was found. ``print(comparison)`` shows them as well.

        Notes
        -----
        Texts are checked if `X` is a sequence of str, probabilities if there is `predict_proba`,
        ranges if the classifier is a search. Files hold scores only: after :meth:`read` only the
        last two checks are made.
        """
        return [*self._more_findings, *find_in_scores(self)]

    def _by_classifier(self):
        """Return the rows of each classifier by its name, in order."""
        return dict(iter(self.scores.groupby("classifier", sort=False)))

    @staticmethod
    def _check_name(parameter, name, names):
        if name is None:
            return names[0]
        if name not in names:
            raise ValueError(f"Got {parameter}={name!r}, expected one of {names}.")
        return name

    def to_text(self):
        """Return a readable table: scores, times and the parameters chosen most often.

        Returns
        -------
        str
            Aligned columns, mean ± standard deviation over folds, with several seeds also the
            standard deviation over those; below, the :meth:`findings`. ``print(comparison)`` shows
            the same.
        """
        return "\n\n".join([self._table(), *self._findings_text()])

    def _findings_text(self):
        same = {}  # by check and advice, which are then printed once
        for finding in self.findings():
            same.setdefault((finding.check, finding.advice), []).append(finding)
        lines = []
        for (check, advice), findings in same.items():
            if len(findings) == 1:
                lines.append(_wrapped(f"- {findings[0]}", "  "))
                continue
            lines.append(_wrapped(f"- {check}, in {len(findings)} cases. {advice}.", "  "))
            lines += [_wrapped(f"  - {f.subject}: {f.evidence}", "    ") for f in findings]
        return ["\n".join(["Worth a second look:", *lines])] if lines else []

    def _table(self):
        summary = self.to_frame()
        searched = bool(summary["mean_inner_score"].notna().any())
        names = []
        for metric in self.metrics:
            names += [metric, *["± seeds"] * (self.n_seeds > 1)]
        header = ["classifier", *names, *["inner"] * searched, "fit time"]
        rows = [[*header, "chosen parameters" if searched else ""]]
        for name, row in summary.iterrows():
            cells = [name]
            for metric in self.metrics:
                mean, sd = row[f"mean_test_{metric}"], row[f"sd_test_{metric}"]
                cells.append(f"{mean:.3f}" + ("" if math.isnan(sd) else f" ± {sd:.3f}"))
                if self.n_seeds > 1:
                    sd = row[f"sd_seeds_test_{metric}"]
                    cells.append("" if math.isnan(sd) else f"{sd:.3f}")
            if searched:
                inner = row["mean_inner_score"]
                cells.append("" if math.isnan(inner) else f"{inner:.3f}")
            cells.append(f"{row['mean_fit_time']:.1f} s")
            chosen = describe_params(row["params"])
            n_searches = (self.scores["classifier"] == name).sum()
            of = f"{n_searches} {'folds' if self.n_seeds == 1 else 'fits'}"
            cells.append(f"{chosen} ({row['params_folds']} of {of})" * bool(chosen))
            rows.append(cells)
        return align(rows, wrapped_width=64)

    def to_csv(self, path):
        """Write the scores to a CSV file, replacing it.

        One line for each classifier and fold, as in `scores`; the parameters are a cell of JSON.
        The fitted classifiers are not written.

        Parameters
        ----------
        path : str or path-like
            File to write, in an existing folder. It is written under another name first, so that
            it is never incomplete.

        Notes
        -----
        :meth:`read` returns parameters as JSON can hold them: lists as tuples, and anything but
        numbers, texts, bools, None, lists and dicts of these (a network, a function, infinity) as
        its repr.
        """
        _write(path, as_csv(self.scores))

    def to_json(self, path):
        """Write the scores to a JSON file, replacing it.

        The same limits hold as for :meth:`to_csv`.

        Parameters
        ----------
        path : str or path-like
            File to write, in an existing folder.
        """
        _write(path, as_json(self.scores))

    @classmethod
    def read(cls, path):
        """Read scores written by :meth:`to_csv` or :meth:`to_json`.

        Parameters
        ----------
        path : str or path-like
            File to read; the format is detected from its content.

        Returns
        -------
        ClassifierComparison
            With equal scores, parameters as described in :meth:`to_csv`, and no fitted
            classifiers.

        Raises
        ------
        ValueError
            If the file holds something else; the message names it and what was expected.
        OSError
            If it cannot be read.
        """
        scores = read_scores(path)
        try:
            return cls(scores)
        except ValueError as error:
            raise ValueError(f"{path} does not hold a comparison: {error}") from error

    def __repr__(self):
        metric = self.metrics[0]
        means = self.to_frame()[f"mean_test_{metric}"]
        best = f"'{means.idxmax()}' {means.max():.3f}" if means.notna().any() else "none"
        return (
            f"{type(self).__name__}({len(self.classifiers)} classifiers, {self.n_folds} folds, "
            f"best by {metric}: {best})"
        )

    def __str__(self):
        return self.to_text()


def _fold_means(rows, column):
    """Return the mean over seeds for each fold; NaN if one of them is NaN."""
    return rows.groupby("fold")[column].agg(lambda fold: np.mean(fold.to_numpy())).to_numpy()


def _sd(values):
    return np.std(values, ddof=1) if len(values) > 1 else math.nan


def _write(path, text):
    with atomic_write(path) as file:
        file.write(text.encode())


def _check_scores(scores):
    """Return the table with its columns and rows in order."""
    if not isinstance(scores, pd.DataFrame):
        raise TypeError(f"scores must be a DataFrame, got {type(scores).__name__}.")
    metric_columns(scores.columns)  # refuses others
    if scores.empty:
        raise ValueError("scores has no rows; expected one for each classifier and fold.")
    seeds = scores[SEED] if SEED in scores else pd.Series(1, scores.index)
    expected = sorted(set(scores["fold"].loc[scores["classifier"] == scores["classifier"].iloc[0]]))
    for (name, seed), folds in scores["fold"].groupby([scores["classifier"], seeds], sort=False):
        if sorted(folds) != expected:
            of_seed = f" for seed {seed}" if SEED in scores else ""
            raise ValueError(
                f"{name!r} has the folds {sorted(folds)}{of_seed}; expected each of {expected} "
                "once, for every classifier."
            )
    order = np.lexsort([seeds, scores["fold"], pd.factorize(scores["classifier"])[0]])
    return scores[column_order(scores.columns)].iloc[order].reset_index(drop=True)


def _wrapped(line, indent):
    return textwrap.fill(line, 95, subsequent_indent=indent)
