"""Counts weighted as naive Bayes would weigh them."""

from numbers import Real

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.preprocessing import label_binarize
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, check_non_negative, validate_data

from .._compat import CallbackSupportMixin, Interval, fit_context
from .._saved_state import COLUMNS, array, integer
from .._sklearn_callbacks import as_task

_FLOATS = (np.float64, np.float32)  # of X; other numbers become the first


class LogCountRatioTransformer(
    CallbackSupportMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator
):
    """Multiply counts of words by their log-count ratios.

    The ratio of a word is the logarithm of its share among the words of one class over its share
    among those of the others. A linear classifier on the products is what Wang and Manning call
    NBSVM. The ratios are learnt from y, in a pipeline hence inside of each fold.

    Parameters
    ----------
    alpha : float, default=1.0
        Added to each count, above 0.

    Attributes
    ----------
    log_count_ratio_ : ndarray of shape (n_blocks, `n_features_in_`)
        For two classes one row, of ``classes_[1]`` against ``classes_[0]``; else one row for each
        class, or label, against the rest.
    n_features_in_ : int
        Columns of X.

    Notes
    -----
    For more than two classes the output holds a block of columns for each class, as each has
    ratios of its own. ``OneVsRestClassifier(make_pipeline(LogCountRatioTransformer(), ...))``
    shows each class's classifier only its own block.

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
    @as_task
    def fit(self, X, y):
        """Learn the ratios.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Counts, or whether a word is there: 0 or more.
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
        return self

    def transform(self, X):
        """Multiply.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Counts.

        Returns
        -------
        ndarray or CSR matrix of shape (n_samples, n_blocks * n_features)
            The products, one block after the other; sparse if X is, float32 if X is.
        """
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=_FLOATS, reset=False)
        ratios = self.log_count_ratio_.astype(X.dtype)
        if not sparse.issparse(X):
            return np.hstack([X * row for row in ratios])
        blocks = [X.copy() for _ in ratios]
        for block, row in zip(blocks, ratios, strict=True):  # a product of matrices takes long
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
