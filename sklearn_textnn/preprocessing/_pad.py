"""Padding and truncation of token ids to a common length."""

from dataclasses import replace
from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from .._compat import (
    CallbackSupportMixin,
    Interval,
    IntNotBool,
    RealNotInt,
    StrOptions,
    check_parameters,
    fit_context,
)
from .._saved_state import COLUMNS, integer
from ._check_ids import check_ids
from ._containers import TokenIds
from ._flat_ids import FlatIds
from ._pandas_index import with_index

_LONGEST = 2**31 - 1  # tokens; a width is of 32 bits, as in model files
_ROUNDING = 1e-9  # tokens; far below one token, far above rounding errors of a quantile


class PadTransformer(
    CallbackSupportMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator
):
    """Truncate and pad token ids to a common length.

    Keras' `pad_sequences` as a transformer, which learns the length from the training texts. The
    padding value is 0, the id that the networks mask.

    Ragged input is used as it is: the ragged output of :class:`KerasTokenizerTransformer`, a list
    of sequences, an object array, a Series or another library's column of sequences. Arrays and
    frames of shape (n_samples, width) are considered padded: trailing zeros are ignored; leading
    and inner zeros are content.

    Parameters
    ----------
    maxlen : int from 1 to 2**31 - 1, float in (0, 1] or None, default=None
        The number of tokens per text in the output. None means the length of the longest training
        text. A float means that quantile of the training lengths, rounded up. Both are at least 1.
        An int is used as it is, even if it is far larger than the length of any text: TokenIds,
        unlike a plain array, use no memory for padding. With an int, :meth:`transform` works
        without :meth:`fit`.
    padding : {"pre", "post"}, default="post"
        The side to pad. The default of Keras is "pre".
    truncating : {"pre", "post"}, default="pre"
        The side to truncate.

    Attributes
    ----------
    maxlen_ : int
        The number of tokens per text in the output.
    n_features_in_ : int
        The width of the input of :meth:`fit`. Only defined if that was not ragged.
    feature_names_in_ : ndarray of str of shape (`n_features_in_`,)
        The column names of the input of :meth:`fit`. Only defined if that was a frame whose column
        names are all strings.

    See Also
    --------
    KerasTokenizerTransformer : Transform texts to token ids.

    Notes
    -----
    For TokenIds the output is TokenIds with the same vocabulary; for plain ids, a plain int32
    array. With ``set_output(transform="pandas")``, or "polars", the output is a frame, which has
    no vocabulary.

    Ids are never changed: ids that are fractional, not finite or beyond 32 bits are errors.
    Negative ids are accepted here; the classifier checks them.

    References
    ----------
    Keras, `pad_sequences <https://keras.io/api/data_loading/timeseries/>`_.

    Examples
    --------
    >>> from sklearn_textnn.preprocessing import PadTransformer
    >>> pad = PadTransformer().fit([[4, 2], [7, 1, 3]])
    >>> pad.maxlen_
    3
    >>> pad.transform([[5], [1, 2, 3, 4]])
    array([[5, 0, 0],
           [2, 3, 4]], dtype=int32)
    """

    _parameter_constraints = {
        "maxlen": [
            None,
            IntNotBool(1, _LONGEST),
            Interval(RealNotInt, 0, 1, closed="right"),
        ],
        "padding": [StrOptions({"pre", "post"})],
        "truncating": [StrOptions({"pre", "post"})],
    }

    _saved_state = {"maxlen_": integer(1), **COLUMNS}

    def __init__(self, maxlen=None, padding="post", truncating="pre"):
        self.maxlen = maxlen
        self.padding = padding
        self.truncating = truncating

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Learn the length.

        Parameters
        ----------
        X : TokenIds, sequence of sequences of int, or array-like of shape (n_samples, width)
            Token ids of the training texts.
        y : None
            Ignored.

        Returns
        -------
        PadTransformer
            The fitted transformer.

        Raises
        ------
        InvalidParameterError
            If a parameter is outside of its range, for example ``maxlen=0`` or ``maxlen=True``.
        ValueError
            If there are no texts, or `X` holds anything but token ids.
        """
        self._fit(X)
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X, y=None):
        """Learn the length, then truncate and pad the same texts; see :meth:`transform`.

        Parameters
        ----------
        X : TokenIds, sequence of sequences of int, or array-like of shape (n_samples, width)
            Token ids of the training texts.
        y : None
            Ignored.

        Returns
        -------
        TokenIds or ndarray of int32 of shape (n_samples, `maxlen_`)
            The padded ids.
        """
        return self._pad(self._fit(X), X)

    def transform(self, X):
        """Truncate and pad token ids.

        Parameters
        ----------
        X : TokenIds, sequence of sequences of int, or array-like of shape (n_samples, width)
            Token ids, of the same width as the training ids unless either are ragged.

        Returns
        -------
        TokenIds or ndarray of int32 of shape (n_samples, `maxlen_`)
            The padded ids; TokenIds, with the vocabulary of `X`, if `X` is TokenIds.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`, unless `maxlen` is an int.
        ValueError
            If `X` holds anything but token ids, or its width differs from that in :meth:`fit`.
        MemoryError
            If the padded texts do not fit into memory; the message states a length that most texts
            do not exceed.
        """
        if not hasattr(self, "maxlen_"):  # computing tags would dominate for a single text
            check_is_fitted(self)
            check_parameters(self)
        flat = check_ids(X, estimator=self)
        if not flat.is_ragged and hasattr(self, "maxlen_"):
            self._check_width(X, reset=False)
        return self._pad(flat, X)

    def _fit(self, X):
        task = self._init_callback_context().call_on_fit_task_begin(estimator=self, X=X)
        flat = check_ids(X, estimator=self)
        lengths = flat.lengths
        if not len(lengths):
            raise ValueError("Found 0 samples in X, expected at least one text to learn from.")
        maxlen = _learn_maxlen(lengths, self.maxlen)
        if flat.is_ragged:
            for name in {"n_features_in_", "feature_names_in_"} & set(vars(self)):
                delattr(self, name)
        else:
            self._check_width(X, reset=True)
        self.maxlen_ = maxlen
        task.call_on_fit_task_end(estimator=self, X=X)
        return flat

    def _check_width(self, X, *, reset):
        validate_data(self, X, skip_check_array=True, reset=reset)

    def _pad(self, flat, X):
        flat = _pad_ids(flat, self._width, self.padding, self.truncating)
        if not isinstance(X, TokenIds):
            return with_index(flat.lay_out(), X, self)
        return with_index(TokenIds._of_flat(flat, X.vocabulary, X.index), X, self)

    @property
    def _width(self):
        return getattr(self, "maxlen_", self.maxlen)

    _n_features_out = _width  # the name that scikit-learn requires

    def __sklearn_is_fitted__(self):
        return hasattr(self, "maxlen_") or not self._learns

    @property
    def _learns(self):
        return not isinstance(self.maxlen, Integral)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = self._learns
        tags.input_tags.categorical = True
        tags.transformer_tags.preserves_dtype = []  # ids are int32, whatever the input
        return tags


def _learn_maxlen(lengths, maxlen):
    if isinstance(maxlen, Integral):
        return int(maxlen)
    quantile = np.quantile(lengths, 1.0 if maxlen is None else maxlen)
    return max(1, int(np.ceil(quantile - _ROUNDING)))


def _pad_ids(flat, maxlen, padding, truncating):
    """Truncate documents to a length, and set the width of the padded matrix."""
    if flat.padding == "pre" and flat.width is not None:
        if padding == "pre" or maxlen <= flat.width:
            return _pad_again(flat, maxlen, truncating)
        flat = FlatIds.of_matrix(flat.lay_out())  # zeros on both sides have no compact form
    lengths = np.diff(flat.offsets)
    if lengths.max(initial=0) <= maxlen:  # unchanged, without a copy
        return FlatIds(flat.ids, flat.offsets, maxlen, padding)
    kept = np.minimum(lengths, maxlen)  # (n_samples,)
    first = flat.offsets[:-1] if truncating == "post" else flat.offsets[1:] - kept
    return flat.with_parts(first, kept, width=maxlen, padding=padding)


def _pad_again(flat, maxlen, truncating):
    """Pad or truncate documents with leading zeros, which are content."""
    lengths = np.diff(flat.offsets)
    if maxlen >= flat.width:
        return replace(flat, width=maxlen)
    if truncating == "post":
        kept, first = np.clip(maxlen - flat.leads(), 0, lengths), flat.offsets[:-1]
    else:
        kept = np.minimum(lengths, maxlen)
        first = flat.offsets[1:] - kept
    return flat.with_parts(first, kept, width=maxlen)
