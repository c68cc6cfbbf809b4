"""The door for raw texts: whatever holds one text per sample becomes a list of str."""

from collections.abc import Iterable, Mapping, Set
from numbers import Real

import numpy as np

from ._containers import TokenIds


def check_texts(X, *, encoding="utf-8", decode_error="strict"):
    """Check texts and return them as a list.

    Parameters
    ----------
    X : iterable of str or bytes of length n_samples
        List, tuple, generator, ndarray of shape (n_samples,) or (n_samples, 1), Series, or a frame
        with one column.
    encoding : str, default="utf-8"
        How bytes are read.
    decode_error : {"strict", "ignore", "replace"}, default="strict"
        What happens to bytes that are not valid in `encoding`.

    Returns
    -------
    list of str
        The texts, in the order of `X`.

    Raises
    ------
    ValueError
        If `X` is a single str, a frame or an array with several columns, if a text is missing
        (None, NaN, NA), or bytes cannot be decoded.
    TypeError
        If `X` is a dict or a set, already holds token ids, cannot be iterated over, or if one of
        its items is neither str nor bytes.

    Examples
    --------
    >>> from sklearn_textnn.preprocessing import check_texts
    >>> check_texts(("good food", b"bad food"))
    ['good food', 'bad food']
    """
    texts = _as_list(X)
    if not set(map(type, texts)) <= {str}:
        texts = [
            text if isinstance(text, str) else _as_str(i, text, encoding, decode_error)
            for i, text in enumerate(texts)
        ]
    return texts


def _as_list(X):
    """List the items of a container that is allowed to hold texts."""
    if isinstance(X, (str, bytes, bytearray)):
        raise ValueError(
            f"X is one {type(X).__name__}, expected an iterable of texts, one per sample; "
            "put it into a list: [text]."
        )
    if isinstance(X, (Mapping, Set)):
        raise TypeError(
            f"X is a {type(X).__name__}, expected texts in the order of the samples; pass a list, "
            "such as list(X.values()) for the values of a dict."
        )
    if isinstance(X, TokenIds):
        raise TypeError(
            "X holds token ids, expected texts; a pipeline needs KerasTokenizerTransformer once, "
            "as the first step that sees the texts."
        )
    if hasattr(X, "columns"):  # a frame, of pandas or any other maker
        return list(_single_column(X))
    if isinstance(X, np.ndarray):
        return _flat(X).tolist()
    if not isinstance(X, Iterable):
        raise TypeError(
            f"X is of type {type(X).__name__}, expected an iterable of texts, one per sample; "
            "pass a list of str."
        )
    return list(X)


def _single_column(frame):
    names = list(frame.columns)
    if len(names) != 1:
        raise ValueError(
            f"X is a frame with {len(names)} columns {names}, expected one column of texts; select "
            'it, as in X["text"], or give each column its own transformer with a '
            "ColumnTransformer."
        )
    return frame[names[0]]


def _flat(array):
    if array.ndim == 1 or (array.ndim == 2 and array.shape[1] == 1):
        return array.ravel()
    raise ValueError(
        f"X is an array of shape {array.shape}, expected texts of shape (n_samples,) or "
        "(n_samples, 1); select the column that holds the texts, as in X[:, 0]."
    )


def _as_str(i, text, encoding, decode_error):
    """Decode document `i`, or say what is wrong with it."""
    if isinstance(text, (bytes, bytearray)):
        try:
            return text.decode(encoding, decode_error)
        except LookupError as error:
            raise ValueError(
                f"encoding={encoding!r} is not known to Python: {error}; set encoding."
            ) from error
        except UnicodeDecodeError as error:
            raise ValueError(
                f"text {i} is of type bytes and not valid {encoding}: {error.reason} at byte "
                f'{error.start}; set encoding, or decode_error="replace" or "ignore".'
            ) from error
        except ValueError as error:  # of codecs that know no decode_error, or decode nothing
            raise ValueError(
                f"text {i} is of type bytes and cannot be read with encoding={encoding!r} and "
                f'decode_error={decode_error!r}: {error}; set encoding, as to "utf-8".'
            ) from error
    if _is_missing(text):
        raise ValueError(
            f"text {i} is missing ({text!r} of type {type(text).__name__}), expected str; drop the "
            'sample or replace it by an empty text, as in Series.fillna("").'
        )
    raise TypeError(
        f"text {i} is of type {type(text).__name__}, expected str or bytes; "
        "pass one string per sample: join lists of words with a space, convert numbers with str."
    )


def _is_missing(value):
    """Whether `value` is None, NaN, NaT or pandas' NA."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, Real) and value != value
