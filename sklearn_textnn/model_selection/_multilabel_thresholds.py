"""MultilabelThresholdClassifierCV: one threshold per label, chosen by cross-validation."""

from numbers import Integral

import numpy as np
from scipy.sparse import issparse
from sklearn import get_config
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.model_selection import KFold, check_cv
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from .._arrays import log_odds
from .._compat import (
    HasMethods,
    InvalidParameterError,
    StrOptions,
    fit_context,
    num_samples,
    safe_indexing,
)
from .._labels import check_labels, check_lengths, require_labels
from .._saved_state import array, instance_of
from .._validation import expect
from ..preprocessing import check_texts_for
from ._best_threshold import best_threshold, f1


class MultilabelThresholdClassifierCV(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """Multilabel classifier with a decision threshold per label, tuned by cross-validation.

    Multilabel classifiers predict a label if its probability is at least 0.5. For rare labels that
    is seldom best: F1 is often largest at a lower threshold, and costs smallest if a missed label
    costs more than a wrong one. The thresholds are chosen on held-out probabilities; then the
    classifier is fitted on all the data.

    For two classes use :class:`sklearn.model_selection.TunedThresholdClassifierCV`.

    Parameters
    ----------
    estimator : classifier
        A multilabel classifier with `predict_proba`; wrap others in
        :class:`sklearn.multiclass.OneVsRestClassifier`.
    scoring : {"f1", "cost"}, default="f1"
        What to optimize for each label: the largest F1, or the smallest cost.
    cost : array-like of shape (2,) or (n_labels, 2), default=(1.0, 1.0)
        The costs of a false positive and of a false negative, 0 or more; the same for all labels,
        or one row per label. Only used with ``scoring="cost"``.
    cv : int, splitter or iterable of (train, test), default=5
        The folds. An int means KFold, shuffled by `random_state`. Each sample must be held out in
        one fold.
    n_jobs : int, default=None
        How many folds to fit at the same time, by joblib.
    random_state : int, RandomState instance or None, default=None
        Shuffles the samples if `cv` is a number.

    Attributes
    ----------
    estimator_ : classifier
        Fitted on all the data.
    thresholds_ : ndarray of shape (n_labels,)
        A label is predicted if its probability is at least its threshold.
    scores_ : ndarray of shape (n_labels,)
        F1, or the negative mean cost per sample, on the held-out samples at these thresholds;
        slightly optimistic, since the thresholds were chosen on the same samples.
    classes_ : ndarray of shape (n_labels,)
        The column numbers.

    See Also
    --------
    sklearn.model_selection.TunedThresholdClassifierCV : The same for two classes.

    Notes
    -----
    The threshold of a label that no sample or every sample has is 0.5. Thresholds of labels with
    only a few samples are noisy; an outer cross-validation shows their spread.

    References
    ----------
    Y. Yang, "A Study on Thresholding Strategies for Text Categorization", SIGIR 2001 (a threshold
    for each label, chosen on held-out texts).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.feature_extraction.text import CountVectorizer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.multiclass import OneVsRestClassifier
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_textnn.datasets import load_reviews
    >>> from sklearn_textnn.model_selection import MultilabelThresholdClassifierCV
    >>> texts, y = load_reviews(return_X_y=True)
    >>> labels = np.column_stack([y, [len(text) > 100 for text in texts]])  # praise; long
    >>> pipeline = make_pipeline(CountVectorizer(), OneVsRestClassifier(LogisticRegression()))
    >>> tuned = MultilabelThresholdClassifierCV(pipeline, random_state=0).fit(texts, labels)
    >>> tuned.thresholds_.shape, tuned.predict(texts[:3]).shape
    ((2,), (3, 2))
    """

    _parameter_constraints = {
        "estimator": [HasMethods(["fit", "predict_proba"])],
        "scoring": [StrOptions({"f1", "cost"})],
        "cost": ["array-like"],
        "cv": ["cv_object"],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }

    _saved_state = {
        "estimator_": instance_of(object),
        "classes_": array("label", None),
        "thresholds_": array("float", None),
        "scores_": array("float", None),
    }

    def __init__(
        self,
        estimator,
        *,
        scoring="f1",
        cost=(1.0, 1.0),
        cv=5,
        n_jobs=None,
        random_state=None,
    ):
        self.estimator = estimator
        self.scoring = scoring
        self.cost = cost
        self.cv = cv
        self.n_jobs = n_jobs
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, **params):
        """Choose the thresholds, and fit the classifier on all the data.

        Parameters
        ----------
        X : sequence of length n_samples
            Input of the classifier, such as texts.
        y : array-like or sparse matrix of shape (n_samples, n_labels)
            Indicator of labels, 0 and 1.
        **params : dict
            Passed to the classifier's `fit`, rows selected where the length is n_samples; with
            metadata routing enabled, passed to whatever requests them. `sample_weight` is also
            used to choose the thresholds.

        Returns
        -------
        MultilabelThresholdClassifierCV
            The fitted classifier.

        Raises
        ------
        ValueError
            If y is not a label indicator, costs are negative or not one row per label, or a sample
            is never held out.
        """
        X = check_texts_for([self.estimator], X)
        require_labels(y, type(self).__name__)
        check_lengths(X, {"y": y})
        y = _check_indicator(y)
        gains = self._gains(y.shape[1])
        fit_params, split_params = self._route(params)
        probabilities = self._held_out_probabilities(X, y, fit_params, split_params)
        weight = params.get("sample_weight")
        weight = np.ones(len(y)) if weight is None else np.asarray(weight, dtype=float)
        chosen = [
            _choose(probabilities[:, i], y[:, i], gain, weight) for i, gain in enumerate(gains)
        ]
        fitted = clone(self.estimator).fit(X, _as_target(y), **fit_params)
        self.estimator_ = fitted
        self.classes_ = np.arange(y.shape[1])
        self.thresholds_, self.scores_ = map(np.array, zip(*chosen, strict=True))
        return self

    def _gains(self, n_labels):
        """Return the gain of each label, for `best_threshold`."""
        if self.scoring == "f1":
            return [f1] * n_labels
        costs = np.asarray(self.cost, dtype=float)
        costs = np.tile(costs, (n_labels, 1)) if costs.shape == (2,) else costs
        if costs.shape != (n_labels, 2) or not (costs >= 0).all():
            raise InvalidParameterError(
                "The 'cost' parameter of MultilabelThresholdClassifierCV is "
                f"{self.cost!r}, expected two numbers of 0 or more, or two for each of {n_labels} "
                "labels: of a wrongly predicted and of a missed label."
            )

        def minus(wrong, missed):
            return lambda tp, fp, fn: -(wrong * fp + missed * fn)

        return [minus(*of_label) for of_label in costs]

    def _route(self, params):
        """Return the parameters for the classifier's fit and for the splitter."""
        if not get_config()["enable_metadata_routing"]:
            return params, {}
        routed = process_routing(self, "fit", **params)
        return routed.estimator.fit, routed.splitter.split

    def _held_out_probabilities(self, X, y, fit_params, split_params):
        cv = self.cv
        if isinstance(cv, Integral):
            cv = KFold(cv, shuffle=True, random_state=self.random_state)
        folds = list(check_cv(cv, y, classifier=True).split(X, y, **split_params))
        n_samples = num_samples(X)

        def held_out(train, test):
            params = {k: _rows_of(v, train, n_samples) for k, v in fit_params.items()}
            fitted = clone(self.estimator)
            fitted.fit(safe_indexing(X, train), _as_target(y[train]), **params)
            return _label_probabilities(fitted, safe_indexing(X, test), y.shape[1])

        parts = Parallel(n_jobs=self.n_jobs)(delayed(held_out)(*fold) for fold in folds)
        found = np.full(y.shape, np.nan)
        for (_, test), part in zip(folds, parts, strict=True):
            found[test] = part
        if len(missing := np.flatnonzero(np.isnan(found).any(axis=1))):
            raise ValueError(
                f"{len(missing)} of {len(y)} samples have no held-out probability, the first is "
                f"number {missing[0]}; expected a cv that holds out each sample in one fold, and "
                "a classifier without nan."
            )
        return found

    def predict(self, X):
        """Predict the labels whose probability reaches its threshold.

        Parameters
        ----------
        X : sequence of length n_samples
            As in `fit`.

        Returns
        -------
        ndarray of int of shape (n_samples, n_labels)
            0 and 1.
        """
        return (self.predict_proba(X) >= self.thresholds_).astype(int)

    def predict_proba(self, X):
        """Return the label probabilities, which do not depend on the thresholds.

        Parameters
        ----------
        X : sequence of length n_samples
            As in `fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_labels)
        """
        check_is_fitted(self)
        X = check_texts_for([self.estimator_], X)
        return _label_probabilities(self.estimator_, X, len(self.classes_))

    def decision_function(self, X):
        """Return the log-odds of the labels minus those of their thresholds: 0 at a threshold.

        Parameters
        ----------
        X : sequence of length n_samples
            As in `fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_labels)
        """
        return log_odds(self.predict_proba(X)) - log_odds(self.thresholds_)

    @property
    def n_features_in_(self):
        """The number of columns of X, if the classifier has it; texts have no columns."""
        return self.estimator_.n_features_in_

    def get_metadata_routing(self):
        """Return the metadata routing of the classifier and the splitter.

        Returns
        -------
        MetadataRouter
        """
        return (
            MetadataRouter(owner=type(self).__name__)
            .add(
                estimator=self.estimator,
                method_mapping=MethodMapping().add(caller="fit", callee="fit"),
            )
            .add(
                splitter=self.cv,
                method_mapping=MethodMapping().add(caller="fit", callee="split"),
            )
        )

    def _check_saved(self):
        if "estimator_" not in vars(self):
            return
        is_fitted = hasattr(self.estimator_, "predict_proba")
        expect(is_fitted, "its estimator_ is no classifier with predict_proba")
        sizes = {len(self.classes_), len(self.thresholds_), len(self.scores_)}
        expect(len(sizes) == 1, "its numbers of labels, thresholds and scores differ")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.estimator).input_tags
        tags.classifier_tags.multi_class = False
        tags.classifier_tags.multi_label = True
        tags.target_tags.single_output = False
        tags.target_tags.multi_output = True
        return tags


def _check_indicator(y):
    """Return y as an array of 0 and 1."""
    y = check_labels(y, "y")
    check_classification_targets(y)
    kind = type_of_target(y)
    if issparse(y):
        y = y.toarray()
    y = np.asarray(y)
    is_column = y.ndim == 2 and y.shape[1] == 1 and set(np.unique(y).tolist()) <= {0, 1}
    if kind == "multilabel-indicator" or is_column:
        return (y == 1).astype(int)
    instead = {
        "binary": "for two classes use sklearn.model_selection.TunedThresholdClassifierCV",
        "multiclass": "mutually exclusive classes have no thresholds",
    }.get(kind, "MultiLabelBinarizer makes one of lists of labels")
    raise ValueError(
        f"y is {kind}, expected an indicator of labels, 0 and 1, of shape (n_samples, n_labels); "
        f"{instead}."
    )


def _as_target(y):
    """Return a single label as the target of a binary classifier."""
    return y.ravel() if y.shape[1] == 1 else y


def _label_probabilities(fitted, X, n_labels):
    """Return the label probabilities, of shape (n_samples, n_labels)."""
    found = fitted.predict_proba(X)
    if not isinstance(found, list):
        found = np.asarray(found)
        if n_labels > 1 and found.shape[1] == n_labels:
            return found
        found, classes = [found], [fitted.classes_]
    else:
        classes = fitted.classes_
    columns = [_column_of_one(of_label, c) for of_label, c in zip(found, classes, strict=True)]
    return np.column_stack(columns)


def _column_of_one(probabilities, classes):
    """Return the column of class 1; zeros if it was absent in training."""
    places = np.flatnonzero(np.asarray(classes) == 1)
    return probabilities[:, places[0]] if len(places) else np.zeros(len(probabilities))


def _choose(probabilities, y, gain, weight):
    """Return the threshold and score of one label."""
    kept = weight > 0
    probabilities, y, weight = probabilities[kept], y[kept], weight[kept]
    total = weight.sum() if gain is not f1 else 1.0
    if y.min() < y.max():
        threshold, best = best_threshold(probabilities, y, gain, weight)
        return threshold, best / total
    found = weight[probabilities >= 0.5]
    hits = y[probabilities >= 0.5]
    tp, fp = (found * hits).sum(), (found * (1 - hits)).sum()
    at_half = gain(*(np.array([v], dtype=float) for v in (tp, fp, (weight * y).sum() - tp)))
    return 0.5, float(at_half[0]) / total


def _rows_of(value, rows, n_samples):
    """Select rows of anything with one row per sample; return anything else as it is."""
    if not hasattr(value, "__len__") and not hasattr(value, "shape"):
        return value
    is_by_sample = not isinstance(value, str) and num_samples(value) == n_samples
    return safe_indexing(value, rows) if is_by_sample else value
