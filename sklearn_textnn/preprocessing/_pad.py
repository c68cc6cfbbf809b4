"""Token ids of any lengths to a matrix of one width."""

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
_ROUNDING = 1e-9  # tokens; far below one token, far above the error of a quantile in float64


class PadTransformer(
    CallbackSupportMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator
):
    """Cut and pad token ids to one length.

    What Keras' `pad_sequences` does, as a transformer that learns the length from the training
    texts. The padding value is 0, the id that the networks mask.

    Ragged input is taken as it is: the ragged output of :class:`KerasTokenizerTransformer`, a list
    of sequences, an object array, a Series or another library's column of sequences. Arrays and
    frames of shape (n_samples, width) are read as padded: zeros at the end of a row are no
    content, zeros inside and in front are.

    Parameters
    ----------
    maxlen : int from 1 to 2**31 - 1, float in (0, 1] or None, default=None
        Tokens per text in the output. None learns the length of the longest training text, a float
        that quantile of the training lengths, rounded up; both give at least 1. An int is taken
        as it is, however far beyond the texts: TokenIds take 4 bytes for each token of the texts,
        and only a plain array takes them for each column.
        It needs no training texts either: :meth:`transform` works without :meth:`fit`.
    padding : {"pre", "post"}, default="post"
        Where the zeros go. Keras' own default is "pre".
    truncating : {"pre", "post"}, default="pre"
        Where a text that is too long loses tokens.

    Attributes
    ----------
    maxlen_ : int
        Tokens per text in the output.
    n_features_in_ : int
        Width of the input of :meth:`fit`. Only defined when that was not ragged.
    feature_names_in_ : ndarray of str of shape (`n_features_in_`,)
        Column names of the input of :meth:`fit`. Only defined when that was a frame whose column
        names are all strings.

    See Also
    --------
    KerasTokenizerTransformer : Makes token ids from texts.

    Notes
    -----
    TokenIds in, TokenIds out, with the same vocabulary; plain ids in, a plain int32 array out.
    After ``set_output(transform="pandas")``, or "polars", the output is a frame, which has no
    vocabulary.

    An id is never changed: ids that are fractional, not finite or beyond 32 bits are errors.
    Negative ids pass, they are the classifier's to judge.

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
            If a parameter is outside of its range, ``maxlen=0`` or ``maxlen=True`` among them.
        ValueError
            If there are no texts, or `X` holds something that is no token id.
        """
        self._fit(X)
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X, y=None):
        """Learn the length, then cut and pad the same texts; see :meth:`transform`.

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
        """Cut and pad.

        Parameters
        ----------
        X : TokenIds, sequence of sequences of int, or array-like of shape (n_samples, width)
            Token ids. When both the training ids and these are not ragged, their widths must agree.

        Returns
        -------
        TokenIds or ndarray of int32 of shape (n_samples, `maxlen_`)
            The padded ids; TokenIds, with the vocabulary of `X`, if `X` is TokenIds.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`, unless `maxlen` is an int.
        ValueError
            If `X` holds something that is no token id, or has another width than in :meth:`fit`.
        MemoryError
            If the padded texts do not fit into memory; the message says how long most texts are.
        """
        if not hasattr(self, "maxlen_"):  # else one text waits longest for scikit-learn's tags
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

    _n_features_out = _width  # the name that scikit-learn asks for

    def __sklearn_is_fitted__(self):
        return hasattr(self, "maxlen_") or not self._learns

    @property
    def _learns(self):
        return not isinstance(self.maxlen, Integral)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = self._learns
        tags.input_tags.categorical = True
        tags.transformer_tags.preserves_dtype = []  # ids are int32, whatever came
        return tags


def _learn_maxlen(lengths, maxlen):
    if isinstance(maxlen, Integral):
        return int(maxlen)
    quantile = np.quantile(lengths, 1.0 if maxlen is None else maxlen)
    return max(1, int(np.ceil(quantile - _ROUNDING)))


def _pad_ids(flat, maxlen, padding, truncating):
    """Cut documents to a length, and give them the width of the matrix that they will be."""
    if flat.padding == "pre" and flat.width is not None:
        if padding == "pre" or maxlen <= flat.width:
            return _pad_again(flat, maxlen, truncating)
        flat = FlatIds.of_matrix(flat.lay_out())  # zeros on both sides have no shorter form
    lengths = np.diff(flat.offsets)
    if lengths.max(initial=0) <= maxlen:  # as they are, without a copy
        return FlatIds(flat.ids, flat.offsets, maxlen, padding)
    kept = np.minimum(lengths, maxlen)  # (n_samples,)
    first = flat.offsets[:-1] if truncating == "post" else flat.offsets[1:] - kept
    return flat.with_parts(first, kept, width=maxlen, padding=padding)


def _pad_again(flat, maxlen, truncating):
    """Give documents with zeros in front, which are content, more of them or fewer columns."""
    lengths = np.diff(flat.offsets)
    if maxlen >= flat.width:
        return replace(flat, width=maxlen)
    if truncating == "post":
        kept, first = np.clip(maxlen - flat.leads(), 0, lengths), flat.offsets[:-1]
    else:
        kept = np.minimum(lengths, maxlen)
        first = flat.offsets[1:] - kept
    return flat.with_parts(first, kept, width=maxlen)
