"""Validation of parameters and input of GloVeEmbedder."""

import os
from itertools import islice
from numbers import Real

import numpy as np
from scipy import sparse

from .._compat import InvalidParameterError
from .._validation import short_repr
from .._warnings import warn
from ..preprocessing import TokenIds
from ._embedded_tokens import EmbeddedTokens
from ._lookup import ENDS, FORMS
from ._vectors import WordVectors

POOLED = ("mean", "max", "min", "idf-mean")
_SEQUENCES = ("sequence", "tensor")
LOW_COVERAGE = 0.5  # of the running words; less suggests another language or case
_CASE_HINT = (
    "if the vectors are for lowercase words, take KerasTokenizerTransformer(lower=True) or oov="
    '("casefold", "strip")'
)


# Parameters


def check_parameters(embedder):
    """Return the vectors, the forms of a word to try, and the fallback."""
    check_output(embedder.output)
    forms, end = check_oov(embedder.oov)
    return _open(embedder.vectors), forms, end


def check_output(output):
    """Return the outputs as a tuple: poolings, or a single other output."""
    if isinstance(output, str) and output in _SEQUENCES + POOLED:
        return (output,)
    if isinstance(output, (tuple, list)) and _are_distinct(output, POOLED):
        return tuple(output)
    raise InvalidParameterError(
        f"The 'output' parameter of GloVeEmbedder is {output!r}, expected one of "
        f"{_SEQUENCES + POOLED} or a tuple of distinct pooled ones {POOLED}, as in "
        '("mean", "max").'
    )


def check_oov(oov):
    """Return the forms to try, and the fallback."""
    steps = (oov,) if isinstance(oov, str) else oov
    if isinstance(steps, (tuple, list)) and _are_distinct(steps, FORMS + ENDS):
        forms, end = (steps[:-1], steps[-1]) if steps[-1] in ENDS else (steps, "zero")
        if all(form in FORMS for form in forms):
            return tuple(forms), end
    raise InvalidParameterError(
        f"The 'oov' parameter of GloVeEmbedder is {oov!r}, expected one of {FORMS + ENDS} or a "
        f"tuple of distinct forms {FORMS}, then perhaps one fallback {ENDS}, as in "
        '("casefold", "strip", "random").'
    )


def _are_distinct(names, allowed):
    """Return whether there are names, all of them allowed and unique."""
    known = all(isinstance(name, str) and name in allowed for name in names)
    return known and len(names) == len(set(names)) > 0


def _open(vectors):
    """Return WordVectors, those of a file if `vectors` is its path."""
    if isinstance(vectors, WordVectors):
        return vectors
    if isinstance(vectors, (str, os.PathLike)):
        return WordVectors._of_file(vectors)
    raise InvalidParameterError(
        f"The 'vectors' parameter of GloVeEmbedder is {short_repr(vectors)} of type "
        f"{type(vectors).__name__}, expected WordVectors or the path of a file that holds vectors; "
        "pass WordVectors(words, matrix) for vectors in memory."
    )


# Texts and token ids


def check_same_kind(X, *, of_texts, is_ragged):
    """Raise an error if a chunk is of another kind than those before it."""
    if isinstance(X, TokenIds) == of_texts:
        kinds = "TokenIds", "texts"
        found, expected = kinds[::-1] if not of_texts else kinds
        raise ValueError(f"X holds {found}, expected {expected} as in the chunks before.")
    if not of_texts and X.is_ragged != is_ragged:
        raise ValueError("X is padded in some chunks and ragged in others, expected one.")


def refuse_ids(X):
    """Raise an error if X holds numbers or vectors instead of texts."""
    if isinstance(X, EmbeddedTokens):
        raise ValueError(
            "X is embedded already, expected TokenIds or texts; a pipeline needs GloVeEmbedder "
            "once."
        )
    if _holds_numbers(X):
        raise ValueError(
            "X holds token ids without words, which cannot be looked up. "
            "Pass the TokenIds that KerasTokenizerTransformer and PadTransformer give, or texts. "
            'PadTransformer under set_output(transform="pandas") drops the words, and so does '
            'numpy.asarray: take set_output(transform="default"), or put GloVeEmbedder before '
            "whatever wants plain arrays."
        )


def _holds_numbers(X):
    """Return whether X is an array, a frame or a list of numbers or of rows of numbers."""
    if sparse.issparse(X):
        return True
    if hasattr(X, "__array__"):
        X = np.asarray(X)
        if X.dtype.kind in "iufb":
            return True
    if not isinstance(X, (list, tuple, np.ndarray)):
        return False
    rows = (list(row.flat) if isinstance(row, np.ndarray) else row for row in X)
    row = next((row for row in rows if not isinstance(row, (list, tuple)) or row), None)
    values = row if isinstance(row, (list, tuple)) else [row]
    # NaN among non-numbers is a missing text.
    return all(isinstance(value, Real) and value == value for value in values)


def check_vocabulary(vocabulary, fitted):
    """Raise an error unless a vocabulary has the ids of fit for the known words."""
    if vocabulary.extends(fitted):
        return
    same = "the same ids for known words"
    pairs = zip(vocabulary.words, fitted.words, strict=False)
    for i, (word, expected) in enumerate(islice(pairs, fitted.n_known)):
        if word != expected:
            same = f"id {i} for {expected!r}, not for {word!r}"
            break
    raise ValueError(
        f"X has a vocabulary of {vocabulary.n_known} known words and oov_id={vocabulary.oov_id}, "
        f"expected that of fit, {fitted.n_known} words, oov_id={fitted.oov_id} and {same}; pass "
        "the output of the tokenizer that made the ids of fit, or fit again."
    )


# Coverage


def nothing_found(words, vectors):
    """Return the error for texts none of whose words has a vector."""
    missing = ", ".join(map(repr, islice(filter(None, words), 3)))
    held = ", ".join(map(repr, islice(vectors.words, 3)))
    return ValueError(
        f"none of the {sum(map(bool, words))} words of X has a vector: X holds {missing}, the "
        f"vectors hold {held}. Check the language of the vectors, and {_CASE_HINT}."
    )


def warn_of_low_coverage(coverage):
    """Warn that few of the running words have vectors."""
    warn(
        f"only {coverage.tokens:.1%} of the running words of X have vectors ("
        f"{coverage.types:.1%} of the distinct ones); see oov_words_ for the others. Check the "
        f"language of the vectors, and {_CASE_HINT}."
    )
