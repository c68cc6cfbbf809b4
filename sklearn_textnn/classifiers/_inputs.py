"""The door of the classifier: X as an id matrix or a feature matrix, checked once."""

import warnings

import numpy as np
from scipy import sparse
from sklearn.utils.validation import check_array, validate_data

from ..embeddings import EmbeddedTokens
from ..preprocessing import TokenIds, content_lengths

_IDS_NEEDED = "Put KerasTokenizerTransformer() and PadTransformer() before it in a Pipeline."


_TOKENS = (TokenIds, EmbeddedTokens)


def vocabulary_of(X):
    """Return the words that travel with X, or None."""
    return X.vocabulary if isinstance(X, _TOKENS) else None


def table_of(X):
    """Return the vectors that came with X, a row for each id, or None."""
    if isinstance(X, EmbeddedTokens):
        return X.table
    if _is_tensor(X):
        flat = np.asarray(X, dtype=np.float32).reshape(-1, X.shape[2])
        return np.concatenate([np.zeros_like(flat[:1]), flat])
    return None


def check_vectors(spec, words, table, name):
    """Check that vectors, or their absence, mean what they meant in fit."""
    dim, tensors = spec.vector_dim, spec.reads_tensors
    if tensors and table is None:
        raise ValueError(
            f"{name} holds token ids, but the classifier was fitted with a plain tensor, whose "
            "vectors belong to no ids. Pass the output of the step that fit saw."
        )
    if table is not None and words is None and not tensors:
        raise ValueError(
            f"{name} is a plain tensor, but the classifier was fitted with token ids, whose "
            'words a tensor does not tell. Pass the output of GloVeEmbedder(output="sequence").'
        )
    if table is not None and dim not in (None, table.shape[1]):
        raise ValueError(
            f"{name} comes with vectors of length {table.shape[1]}, but the classifier was "
            f"fitted with length {dim}."
        )


def first_rows(table, n_tokens, words):
    """Return the rows of the known words, with zeros for ids that no word has."""
    n_known = n_tokens if words is None else words.n_known
    return np.pad(table[:n_known], ((0, n_tokens - n_known), (0, 0)))


def reads_ids(X):
    """Whether X looks like token ids rather than features, for models that do not say."""
    if isinstance(X, _TOKENS) or _is_ragged(X):
        return True
    return not sparse.issparse(X) and np.asarray(X).dtype.kind in "iu"


def check_ids(estimator, X, *, reset, name="X"):
    """Check a matrix of token ids, unknown ids left as they are.

    Parameters
    ----------
    estimator : estimator
        Whose ``n_features_in_`` is set or compared.
    X : TokenIds, EmbeddedTokens or array-like of shape (n_samples, maxlen)
        Ids; floats are truncated. Or a tensor of shape (n_samples, maxlen, dim): every token gets
        an id of its own, its row in `table_of`.
    reset : bool
        True in fit.
    name : str, default="X"
        For messages.

    Returns
    -------
    ndarray of int64 of shape (n_samples, maxlen)
        Ids that no int64 can hold become -1: unknown.

    Raises
    ------
    ValueError
        For texts, ragged ids and whatever scikit-learn refuses.
    """
    _refuse_texts(X, name, _IDS_NEEDED)
    if hasattr(X, "iloc") and X.ndim == 1:  # a Series of lists
        X = X.tolist()
    if _is_ragged(X):
        raise ValueError(
            f"{name} holds documents of different lengths, expected a matrix of token ids: put "
            "PadTransformer() between the tokenizer and the classifier."
        )
    if sparse.issparse(X):
        raise TypeError(
            f"{name} is a sparse matrix, as of counts, but the network reads token ids. Use "
            "DenseNetwork for sparse features, or KerasTokenizerTransformer() and "
            "PadTransformer() in the place of CountVectorizer()."
        )
    if _is_tensor(X):
        tensor = _validated(estimator, X, name, reset=reset, allow_nd=True, dtype="numeric")
        return _ids_of_tensor(tensor)
    plain = X.ids if isinstance(X, _TOKENS) else X
    ids = _validated(estimator, plain, name, reset=reset, dtype="numeric")
    if ids.dtype.kind == "O":  # of a list with None, or integers beyond 64 bits
        ids = check_array(ids, input_name=name, estimator=estimator)
    if ids.dtype.kind in "iub":
        return ids.astype(np.int64, copy=False)
    if ids.dtype.kind != "f":
        raise ValueError(f"{name} holds values of type {ids.dtype}, expected token ids: integers.")
    ids = ids.astype(np.float64, copy=False)  # in float16 there is no 2**62
    whole = np.trunc(ids)
    if np.any(whole != ids):
        row, column = np.argwhere(whole != ids)[0]
        warnings.warn(
            f"{name} holds {ids[row, column]} in row {row}, which is no token id: fractions are "
            "cut off. Use a network that reads features, such as DenseNetwork, for numbers that "
            "are not ids.",
            stacklevel=2,
        )
    return np.where(np.abs(whole) < 2**62, whole, -1).astype(np.int64)


def _ids_of_tensor(tensor):
    """Give every token of a tensor an id, from 1; vectors of zeros at the end are padding."""
    ids = np.arange(1, tensor[..., 0].size + 1, dtype=np.int64).reshape(tensor.shape[:2])
    lengths = content_lengths(tensor.any(axis=2))
    return np.where(np.arange(ids.shape[1]) < lengths[:, None], ids, 0)


def map_unknown(ids, n_tokens, oov_id, handle_unknown, name="X"):
    """Give every id without a row of the table the id that stands for unknown words.

    Parameters
    ----------
    ids : ndarray of int of shape (n_samples, maxlen)
        Any integers.
    n_tokens : int
        Rows of the table.
    oov_id : int or None
        Where unknown ids go; None for 0, the padding.
    handle_unknown : {"oov", "error"}
        Whether to map them or to raise.
    name : str, default="X"
        For messages.

    Returns
    -------
    ndarray of int32 of shape (n_samples, maxlen)
        Ids from 0 to ``n_tokens - 1``.
    """
    unknown = (ids < 0) | (ids >= n_tokens)
    if not unknown.any():
        return ids.astype(np.int32)
    if handle_unknown == "error":
        row, column = np.argwhere(unknown)[0]
        negative = ids[row, column] < 0
        raise ValueError(
            f"{name} holds token id {ids[row, column]} in row {row}, but the table has {n_tokens} "
            f"rows (ids 0 to {n_tokens - 1}). "
            + ("Negative values in data are never token ids. " if negative else "")
            + "Transform with the tokenizer that fit saw, "
            + ("" if negative else "set n_tokens, ")
            + 'or set handle_unknown="oov".'
        )
    return np.where(unknown, oov_id or 0, ids).astype(np.int32)


def check_features(estimator, X, *, reset, dtype, takes_tensors=False, name="X"):
    """Check a matrix of float features, sparse (then CSR) or dense.

    Parameters
    ----------
    estimator : estimator
        Whose ``n_features_in_`` is set or compared.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Counts, tf-idf, pooled vectors.
    reset : bool
        True in fit.
    dtype : str
        Float type of the network.
    takes_tensors : bool, default=False
        Whether a tensor, (n_samples, maxlen, dim), may stand for features.
    name : str, default="X"
        For messages.

    Returns
    -------
    ndarray or CSR of shape (n_samples, n_features)
    """
    _refuse_texts(X, name, "Put CountVectorizer() or TfidfVectorizer() before it in a Pipeline.")
    if isinstance(X, TokenIds):
        raise ValueError(
            f"{name} holds token ids, but the network reads features. Use a network that reads "
            "ids, such as PoolingNetwork or ConvolutionalNetwork, or put CountVectorizer() in the "
            "place of tokenizer and padding."
        )
    if not takes_tensors and (isinstance(X, EmbeddedTokens) or _is_tensor(X)):
        raise ValueError(
            f"{name} holds a vector for every token, shape {X.shape}, but the network reads one "
            'row of features per text. Use GloVeEmbedder(output="mean"), or a network that reads '
            "tokens, such as PoolingNetwork or ConvolutionalNetwork."
        )
    return _validated(
        estimator, X, name, reset=reset, accept_sparse="csr", dtype=dtype, allow_nd=takes_tensors
    )


def _validated(estimator, X, name, **how):
    """Check as scikit-learn does, whose messages speak of X whatever the name."""
    try:
        return validate_data(estimator, X, **how)
    except ValueError as error:
        if name != "X":
            error.add_note(f"What is called X here is {name}.")
        raise


def _refuse_texts(X, name, cure):
    if not _holds_texts(X):
        return
    if name == "X_val":
        cure = (
            "In a Pipeline X_val has to pass the earlier steps too: "
            "sklearn.set_config(enable_metadata_routing=True), then Pipeline(..., "
            'transform_input=["X_val"]) and '
            "KerasTextClassifier(...).set_fit_request(X_val=True, y_val=True)."
        )
    raise ValueError(f"{name} holds texts, expected numbers. {cure}")


def _holds_texts(X):
    if isinstance(X, (str, bytes)):
        return True
    if isinstance(X, _TOKENS) or sparse.issparse(X) or not hasattr(X, "__len__"):
        return False
    if hasattr(X, "iloc"):
        first = X.iloc[:1].to_numpy().ravel()
    elif hasattr(X, "dtype"):
        first = np.asarray(X[:1]).ravel() if np.ndim(X) else ()
    else:
        first = list(X[:1]) if isinstance(X, (list, tuple)) else ()
        first = first[0] if first and isinstance(first[0], (list, tuple)) else first
    return len(first) > 0 and isinstance(first[0], (str, bytes))


def _is_tensor(X):
    return getattr(X, "ndim", 2) == 3 and not isinstance(X, _TOKENS)


def _is_ragged(X):
    if isinstance(X, _TOKENS):
        return X.ndim == 1
    if isinstance(X, np.ndarray):
        X = X if X.dtype == object and X.ndim == 1 else ()
    if not isinstance(X, (list, tuple, np.ndarray)):
        return False
    return len({len(row) for row in X if hasattr(row, "__len__")}) > 1
