"""Validation of texts on behalf of estimators that read them, such as the members of an average."""

from collections.abc import Iterator, Mapping, Set

from scipy.sparse import issparse
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.utils import get_tags

from ._check_texts import check_texts


def check_texts_for(estimators, X, *, name="X"):
    """Validate X as texts if estimators read texts; their own errors may name neither row nor text.

    Parameters
    ----------
    estimators : iterable of estimator
        Estimators that will get X, such as pipelines that begin with scikit-learn's vectorizers.
    X : iterable of length n_samples
        Texts, or whatever else the estimators read.
    name : str, default="X"
        The name of `X` in messages.

    Returns
    -------
    iterable of length n_samples
        A list of str if all estimators read texts, bytes decoded as their vectorizers do. Else
        `X`, or a list of its items if it is an iterator.

    Raises
    ------
    ValueError, TypeError
        As :func:`check_texts`, if one of the estimators reads texts, or `X` is a str, set or dict.

    Examples
    --------
    >>> from sklearn.feature_extraction.text import CountVectorizer
    >>> from sklearn_textnn.preprocessing import check_texts_for
    >>> check_texts_for([CountVectorizer()], (b"good", "bad"))
    ['good', 'bad']
    """
    if type(X) is list and set(map(type, X)) == {str}:
        return X
    # a sparse matrix by keys is a dict
    is_wrong = isinstance(X, (str, bytes, Mapping, Set)) and not issparse(X)
    if is_wrong:
        return check_texts(X, name=name)
    X = list(X) if isinstance(X, Iterator) else X
    found = {_decoding(step) for estimator in estimators for step in _first_steps(estimator)}
    checked = [
        check_texts(X, encoding=encoding, decode_error=decode_error, name=name)
        for encoding, decode_error in found - {None}
    ]
    is_same = checked and None not in found and all(texts == checked[0] for texts in checked)
    return checked[0] if is_same else X


def _first_steps(estimator):
    """Yield the estimators that read X first, within pipelines, searches and ensembles."""
    if isinstance(estimator, Pipeline):
        steps = [step for _, step in estimator.steps if step not in (None, "passthrough")]
        yield from _first_steps(steps[0]) if steps else ()
    elif isinstance(estimator, FeatureUnion):
        for _, part in estimator.transformer_list:
            yield from _first_steps(part)
    elif hasattr(inner := _inner(estimator), "fit"):
        yield from _first_steps(inner)
    elif isinstance(members := getattr(estimator, "estimators", None), list):
        for member in members:  # pairs of name and estimator, or estimators
            yield from _first_steps(member[1] if isinstance(member, tuple) else member)
    elif hasattr(estimator, "fit"):  # not "drop" or "passthrough"
        yield estimator


def _inner(estimator):
    """Return the estimator inside a search or another meta-estimator; None if there is none."""
    return getattr(estimator, "best_estimator_", getattr(estimator, "estimator", None))


def _decoding(step):
    """Return how an estimator decodes texts; None if it reads something else, or may do so."""
    reader = step if hasattr(step, "encoding") else getattr(step, "tokenizer", None)
    if not hasattr(reader, "encoding"):
        return None
    tags = get_tags(step).input_tags
    by_hand = (getattr(reader, name, None) for name in ("analyzer", "preprocessor", "tokenizer"))
    takes_texts = tags.string and not tags.two_d_array and not any(map(callable, by_hand))
    if not takes_texts or getattr(reader, "input", "content") != "content":  # names of files
        return None
    return reader.encoding, getattr(reader, "decode_error", "strict")
