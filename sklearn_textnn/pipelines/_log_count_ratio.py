"""Naive Bayes weighting of counts."""

from numbers import Real

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.preprocessing import label_binarize
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, check_non_negative, validate_data

from .._compat import CallbackSupportMixin, Interval, fit_context
from .._saved_state import COLUMNS, array, integer

_FLOATS = (np.float64, np.float32)  # of X; other numbers become the first


class LogCountRatioTransformer(
    CallbackSupportMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator
):
    """Multiply word counts by their log-count ratios.

    The log-count ratio of a word is the logarithm of its relative frequency in one class over that
    in the others. Wang and Manning call a linear classifier on the reweighted counts NBSVM. The
    ratios are learned from y: in a pipeline, cross-validation learns them without the test fold.

    Parameters
    ----------
    alpha : float, default=1.0
        Smoothing added to each count, above 0.

    Attributes
    ----------
    log_count_ratio_ : ndarray of shape (n_blocks, `n_features_in_`)
        For two classes one row, of ``classes_[1]`` against ``classes_[0]``; otherwise one row for
        each class or label, against the rest.
    n_features_in_ : int
        The number of columns of X.

    Notes
    -----
    For more than two classes the output has a block of columns per class, each with its own
    ratios. With ``OneVsRestClassifier(make_pipeline(LogCountRatioTransformer(), ...))`` the
    classifier of each class sees its own block only.

    References
    ----------
    S. Wang and C. D. Manning, `Baselines and bigrams: simple, good sentiment and topic
    classification <https://aclanthology.org/P12-2018/>`_, ACL 2012.

    Examples
    --------
    >>> from sklearn_textnn.pipelines import LogCountRatioTransformer
    >>> X = [[2, 0], [0, 1]]  # "good good", "bad"
    >>> LogCountRatioTransformer().fit(X, [1, 0]).log_count_ratio_.round(2)
    array([[ 0.81, -0.98]])
    """

    _parameter_constraints = {"alpha": [Interval(Real, 0, None, closed="neither")]}

    _saved_state = {
        "n_features_in_": integer(1),
        "feature_names_in_": COLUMNS["feature_names_in_"],
        "log_count_ratio_": array("float", None, "n_features_in_"),
    }

    def __init__(self, alpha=1.0):
        self.alpha = alpha

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y):
        """Learn the log-count ratios.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Counts, or binary indicators, of words: 0 or more.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Labels, or a 0/1 indicator matrix.

        Returns
        -------
        LogCountRatioTransformer
            The fitted transformer.

        Raises
        ------
        ValueError
            If a count is negative.
        """
        task = self._init_callback_context().call_on_fit_task_begin(estimator=self, X=X)
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse="csr",
            dtype=_FLOATS,
            multi_output=True,
        )
        check_non_negative(X, f"{type(self).__name__}.fit")
        check_classification_targets(y)
        if not type_of_target(y).startswith("multilabel"):
            y = label_binarize(y, classes=np.unique(y))  # one column for two classes
        inside = np.asarray(y.T.astype(np.float64) @ X)  # (n_blocks, n_features)
        outside = np.asarray(X.sum(axis=0, dtype=np.float64)).reshape(1, -1) - inside
        self.log_count_ratio_ = self._log_share(inside) - self._log_share(outside)
        task.call_on_fit_task_end(estimator=self, X=X)
        return self

    def transform(self, X):
        """Multiply counts by the ratios.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Counts.

        Returns
        -------
        ndarray or CSR matrix of shape (n_samples, n_blocks * n_features)
            The products, block by block; sparse or float32 if X is.
        """
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=_FLOATS, reset=False)
        ratios = self.log_count_ratio_.astype(X.dtype)
        if not sparse.issparse(X):
            return np.hstack([X * row for row in ratios])
        blocks = [X.copy() for _ in ratios]
        for block, row in zip(blocks, ratios, strict=True):  # a matrix product would be slow
            block.data *= row[block.indices]
        return blocks[0] if len(blocks) == 1 else sparse.hstack(blocks, format="csr")

    def _log_share(self, counts):
        smooth = counts + self.alpha
        return np.log(smooth / smooth.sum(axis=1, keepdims=True))

    @property
    def _n_features_out(self):
        return self.log_count_ratio_.size

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.positive_only = True
        tags.target_tags.required = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
