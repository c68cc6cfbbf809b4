"""Validation of X as token ids or features."""

import copy
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import sparse
from sklearn.utils.validation import check_array, validate_data

from .._warnings import warn
from ..embeddings import EmbeddedTokens
from ..preprocessing import FlatIds, TokenIds, Vocabulary, content_lengths

_IDS_NEEDED = "Put KerasTokenizerTransformer() and PadTransformer() before it in a Pipeline."
_TOKENS = (TokenIds, EmbeddedTokens)
_COLUMNS = ("n_features_in_", "feature_names_in_")


@dataclass(frozen=True, eq=False)
class Inputs:
    """The input of a network.

    Parameters
    ----------
    matrix : FlatIds, ndarray or CSR of shape (n_samples, maxlen) or (n_samples, n_features)
        Token ids with a width, or features.
    is_ids : bool
        Whether `matrix` holds ids.
    vocabulary : Vocabulary or None, default=None
        The words of the ids, if X carried them.
    table : ndarray of shape (n_ids, dim) or None, default=None
        The vectors of the ids, if X carried them.
    columns : dict, default={}
        ``n_features_in_``, and ``feature_names_in_`` if the columns have names.
    """

    matrix: object
    is_ids: bool
    vocabulary: Vocabulary | None = None
    table: np.ndarray | None = None
    columns: dict = field(default_factory=dict)

    def take(self, rows):
        """Select samples."""
        return replace(self, matrix=self.matrix[rows])


def read_inputs(estimator, X, *, reads, columns=None, name="X"):
    """Validate X and return its parts.

    Parameters
    ----------
    estimator : KerasTextClassifier
        The classifier, for messages; it is not changed.
    X : TokenIds, EmbeddedTokens, array-like or sparse matrix
        Input of the user.
    reads : {"ids", "features"} or None
        What the network reads; None to guess from X.
    columns : dict, default=None
        The required columns of X, see `Inputs`; None allows any.
    name : str, default="X"
        Name of X in messages.

    Returns
    -------
    Inputs
    """
    if columns and type(X) in _TOKENS and reads == "ids" and _are_checked(X, columns):
        flat = getattr(X, "tokens", X).flat
        return Inputs(flat, True, X.vocabulary, getattr(X, "table", None), columns)
    reader = copy.copy(estimator)  # scikit-learn stores the columns on the estimator passed
    vars(reader).update(columns or {})
    reset = columns is None
    if (reads or _looks_like(X)) == "features":
        model = getattr(estimator, "model", None)
        takes_tensors = callable(model) and not hasattr(model, "reads")
        matrix = _check_features(reader, X, reset, takes_tensors, name)
        return Inputs(matrix, False, columns=columns_of(reader))
    matrix = _check_ids(reader, X, reset, name)
    vocabulary = X.vocabulary if isinstance(X, _TOKENS) else None
    return Inputs(matrix, True, vocabulary, _table_of(X), columns_of(reader))


def _are_checked(X, columns):
    """Return whether X is a container that has already validated its ids."""
    return X.ndim > 1 and len(X) > 0 and X.shape[1] == columns["n_features_in_"]


def columns_of(reader):
    """Return the attributes of a fitted estimator about the columns of X."""
    return {k: v for k, v in vars(reader).items() if k in _COLUMNS}


def _looks_like(X):
    """Guess whether X holds ids or features, for models that do not declare it."""
    if isinstance(X, _TOKENS) or _is_ragged(X):
        return "ids"
    is_ids = not sparse.issparse(X) and np.asarray(X).dtype.kind in "iu"
    return "ids" if is_ids else "features"


def _table_of(X):
    """Return the vectors that X carries, a row per id, or None."""
    if isinstance(X, EmbeddedTokens):
        return X.table
    if _is_tensor(X):
        flat = np.asarray(X, dtype=np.float32).reshape(-1, X.shape[2])
        return np.concatenate([np.zeros_like(flat[:1]), flat])
    return None


def _check_ids(reader, X, reset, name):
    """Return ids with a width, including unknown ones; ids beyond int64 become -1.

    Each token of a tensor, (n_samples, maxlen, dim), gets its own id, its row in `_table_of`.
    """
    if isinstance(X, _TOKENS):
        flat = getattr(X, "tokens", X).flat
        _refuse_ragged(flat.is_ragged, name)
        columns = np.broadcast_to(np.int8(0), (min(flat.shape[0], 1), flat.width))
        _validated(reader, columns, reset, name)
        return flat
    _refuse_texts(X, name, _IDS_NEEDED)
    if hasattr(X, "iloc") and X.ndim == 1:  # a Series of lists
        X = X.tolist()
    _refuse_ragged(_is_ragged(X), name)
    if sparse.issparse(X):
        raise TypeError(
            f"{name} is a sparse matrix, as of counts, but the network reads token ids. Use "
            "DenseNetwork for sparse features, or KerasTokenizerTransformer() and "
            "PadTransformer() in the place of CountVectorizer()."
        )
    if _is_tensor(X):
        return _ids_of_tensor(_validated(reader, X, reset, name, allow_nd=True, dtype="numeric"))
    matrix = _validated(reader, X, reset, name, dtype="numeric")
    return FlatIds.of_matrix(_whole_numbers(reader, matrix, name))


def _refuse_ragged(is_ragged, name):
    if is_ragged:
        raise ValueError(
            f"{name} holds documents of different lengths, expected a matrix of token ids: put "
            "PadTransformer() between the tokenizer and the classifier."
        )


def _whole_numbers(reader, ids, name):
    if ids.dtype.kind == "O":  # of a list with None, or integers beyond 64 bits
        ids = check_array(ids, input_name=name, estimator=reader)
    if ids.dtype.kind in "iub":
        return ids.astype(np.int64, copy=False)
    if ids.dtype.kind != "f":
        raise ValueError(f"{name} holds values of type {ids.dtype}, expected token ids: integers.")
    ids = ids.astype(np.float64, copy=False)  # in float16 there is no 2**62
    whole = np.trunc(ids)
    if np.any(whole != ids):
        row, column = np.argwhere(whole != ids)[0]
        warn(
            f"{name} holds {ids[row, column]} in row {row}, which is no token id: fractions are "
            "cut off. Use a network that reads features, such as DenseNetwork, for numbers that "
            "are not ids."
        )
    return np.where(np.abs(whole) < 2**62, whole, -1).astype(np.int64)


def _ids_of_tensor(tensor):
    """Assign ids to the tokens of a tensor, from 1; trailing zero vectors are padding."""
    ids = np.arange(1, tensor[..., 0].size + 1, dtype=np.int64).reshape(tensor.shape[:2])
    lengths = content_lengths(tensor.any(axis=2))
    return FlatIds.of_matrix(np.where(np.arange(ids.shape[1]) < lengths[:, None], ids, 0))


def _check_features(reader, X, reset, takes_tensors, name):
    """Return a matrix of float features, CSR or dense."""
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
        reader, X, reset, name, accept_sparse="csr", dtype=reader.dtype, allow_nd=takes_tensors
    )


def _validated(reader, X, reset, name, **how):
    """Validate as scikit-learn does; a note explains what X means in its messages."""
    try:
        return validate_data(reader, X, reset=reset, **how)
    except ValueError as error:
        if name != "X":
            error.add_note(f"What is called X here is {name}.")
        raise


def _refuse_texts(X, name, hint):
    if not _holds_texts(X):
        return
    if name == "X_val":
        hint = (
            "In a Pipeline X_val must pass the earlier steps too: "
            "sklearn.set_config(enable_metadata_routing=True), then Pipeline(..., "
            'transform_input=["X_val"]) and '
            "KerasTextClassifier(...).set_fit_request(X_val=True, y_val=True)."
        )
    raise ValueError(f"{name} holds texts, expected numbers. {hint}")


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
    return not isinstance(X, _TOKENS) and getattr(X, "ndim", 2) == 3


def _is_ragged(X):
    if isinstance(X, _TOKENS):
        return X.ndim == 1
    if isinstance(X, np.ndarray):
        X = X if X.dtype == object and X.ndim == 1 else ()
    if not isinstance(X, (list, tuple, np.ndarray)):
        return False
    return len({len(row) for row in X if hasattr(row, "__len__")}) > 1
