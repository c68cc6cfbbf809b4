"""Validation of raw texts, from any container to a list of str."""

from collections.abc import Iterable, Mapping, Set

import numpy as np

from .._validation import as_list, column_names, is_missing
from ._containers import TokenIds


def check_texts(X, *, encoding="utf-8", decode_error="strict", name="X"):
    """Validate texts and return them as a list.

    Parameters
    ----------
    X : iterable of str or bytes of length n_samples
        List, tuple, generator, ndarray of shape (n_samples,) or (n_samples, 1), a column (of
        pandas, Polars, Arrow or Hugging Face's datasets), or a frame with one column.
    encoding : str, default="utf-8"
        The encoding of bytes.
    decode_error : {"strict", "ignore", "replace"}, default="strict"
        How to treat bytes that are not valid in `encoding`.
    name : str, default="X"
        The name of `X` in messages.

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
    texts = _items(X, name)
    if set(map(type, texts)) <= {str}:
        return texts
    return [_as_str(i, texts, encoding, decode_error) for i in range(len(texts))]


def _items(X, name):
    """Return the items of a container of texts."""
    if type(X) is list:
        return X
    if isinstance(X, (str, bytes, bytearray)):
        raise ValueError(
            f"{name} is one {type(X).__name__}, expected an iterable of texts, one per sample; "
            "put it into a list: [text]."
        )
    if isinstance(X, (Mapping, Set)):
        raise TypeError(
            f"{name} is a {type(X).__name__}, expected texts in the order of the samples; pass a "
            f'list, such as list({name}.values()) of a dict of texts, {name}["text"] of a dict of '
            f'columns, or {name}["train"]["text"] of a dict of tables.'
        )
    if isinstance(X, TokenIds):
        raise TypeError(
            f"{name} holds token ids, expected texts; a pipeline needs KerasTokenizerTransformer "
            "once, as the first step that sees the texts."
        )
    if hasattr(type(X), "collect"):  # before asking for its columns, which takes time
        raise TypeError(
            f"{name} is a {type(X).__name__}, which holds no texts before it is computed; pass "
            f"{name}.collect()."
        )
    names = column_names(X)
    if names is not None:
        return _items(_single_column(X, names, name), name)
    if isinstance(X, np.ndarray):
        if X.ndim == 1 or (X.ndim == 2 and X.shape[1] == 1):
            return X.ravel().tolist()
        raise ValueError(
            f"{name} is an array of shape {X.shape}, expected texts of shape (n_samples,) or "
            f"(n_samples, 1); select the column that holds the texts, as in {name}[:, 0]."
        )
    if not isinstance(X, Iterable):
        raise TypeError(
            f"{name} is of type {type(X).__name__}, expected an iterable of texts, one per sample; "
            "pass a list of str."
        )
    return as_list(X)


def _single_column(frame, names, name):
    if len(names) != 1:
        raise ValueError(
            f"{name} is a frame with {len(names)} columns {names}, expected one column of texts; "
            f'select it, as in {name}["text"], or give each column its own transformer with a '
            "ColumnTransformer."
        )
    return frame[names[0]]


def _as_str(i, texts, encoding, decode_error):
    """Return text `i`, decoded where it is bytes, or say what is wrong with it."""
    text = texts[i]
    if isinstance(text, str):
        return text
    if isinstance(text, (bytes, bytearray)):
        try:
            return text.decode(encoding, decode_error)
        except (LookupError, ValueError) as error:  # of bytes, or of codecs without such an option
            raise ValueError(
                f"text {i} is of type bytes and cannot be read with encoding={encoding!r} and "
                f"decode_error={decode_error!r}: {error}; set encoding, as to 'utf-8', or "
                "decode_error, as to 'replace' or 'ignore'."
            ) from error
    if is_missing(text):
        raise ValueError(_missing_texts(texts))
    raise TypeError(
        f"text {i} is of type {type(text).__name__}, expected str or bytes; "
        "pass one string per sample: join lists of words with a space, convert numbers with str, "
        'take one field of dicts: [row["text"] for row in X].'
    )


def _missing_texts(texts):
    missing = [i for i, text in enumerate(texts) if is_missing(text)]
    first = texts[missing[0]]
    positions = ", ".join(map(str, missing[:5])) + (", ..." if len(missing) > 5 else "")
    return (
        f"text {missing[0]} is missing ({first!r} of type {type(first).__name__}), expected str; "
        f"missing are {len(missing)} of {len(texts)} texts, at {positions}. Drop these samples, "
        'or replace them by empty texts: Series.fillna(""), or for a frame of one column '
        'SimpleImputer(strategy="constant", fill_value="", missing_values=pd.NA) before this step.'
    )
