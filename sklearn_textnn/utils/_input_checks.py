"""Checks of input: containers, and unusual or invalid texts."""

# ruff: noqa: D401  # the docstring of a check is the promise that it checks

import warnings

import numpy as np
import pandas as pd
from sklearn.base import clone

from ._check import check, needs_fit, reads_after_fit, refuses_missing, repeats_itself
from ._testing import (
    REFUSALS,
    assert_finite,
    assert_same,
    expect,
    learn_and_apply,
    methods_of,
    odd_index,
    outputs,
    refused,
)

UNSEEN = ["zyzzyva", "qwertyuiop xyloquix", "zyzzyva zyzzyva"]
PLANES = [
    "naïve café, e\u0301te\u0301",  # composed and combining
    "Привет мир. Γειά σου",
    "你好，世界。 こんにちは",
    "مرحبا بالعالم \u202eשלום",  # right to left, with an override
    "नमस्ते दुनिया",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 \U00020bb7野家",  # planes 1 and 2
    "👩\u200d👩\u200d👧 🏳️\u200d🌈",  # joined emoji
    "\U000e0041 \U0010fffd",  # planes 14 and 16
    "\ufeffmark\u2028line\u0085next\u00a0space\u3000wide",
]
ODD = ["nul\x00inside", "\x00", "lone \ud800 surrogate", "\udfff", "\x1b[31mred\x07"]
_LONG = 100_000  # characters


def _expect_same_results(estimator, corpus, make, what):
    """Expect the same results from texts in another container, in fit and afterwards."""
    X, y = corpus.texts, corpus.y
    expected = outputs(clone(estimator).fit(X, y), X)
    assert_same(learn_and_apply(estimator, make(X), y), expected, f"from {what}")


def _refused_everywhere(estimator, corpus, inputs):
    """Expect that each input is refused by fit, where it learns, and by each method after fit."""
    fitted = clone(estimator).fit(corpus.texts, corpus.y)
    learning = ["fit"] if needs_fit(estimator) else []
    learning += [m for m in ("fit_transform", "fit_predict") if hasattr(estimator, m)]
    for what, X in inputs.items():
        y = corpus.y_for(len(X))
        for method in learning:
            with refused(f"{method}: {what}"):
                getattr(clone(estimator), method)(X, y)
        for method in methods_of(fitted):
            with refused(f"{method} after fit: {what}"):
                getattr(fitted, method)(X)


def _with(corpus, odd):
    """Return the texts with another object at the third position."""
    return [*corpus.texts[:2], odd, *corpus.texts[3:]]


@check(repeats_itself)
def check_tuple(estimator, corpus):
    """A tuple of texts works like a list."""
    _expect_same_results(estimator, corpus, tuple, "a tuple")


@check(repeats_itself)
def check_object_array(estimator, corpus):
    """An array of str objects works like a list."""
    _expect_same_results(
        estimator, corpus, lambda texts: np.array(texts, dtype=object), "an array of objects"
    )


@check(repeats_itself)
def check_str_array(estimator, corpus):
    """An array of numpy's str dtype works like a list."""
    _expect_same_results(estimator, corpus, np.array, "an array of str dtype")


@check(repeats_itself)
def check_read_only_array(estimator, corpus):
    """A read-only array, as joblib passes to its workers, works like a list."""

    def read_only(texts):
        array = np.array(texts)
        array.setflags(write=False)
        return array

    _expect_same_results(estimator, corpus, read_only, "a read-only array")


@check(repeats_itself)
def check_series(estimator, corpus):
    """A Series of objects with any index, as after a split, works like a list."""

    def series(texts):
        return pd.Series(texts, index=odd_index(len(texts)), dtype=object)

    _expect_same_results(estimator, corpus, series, "a Series of objects")


@check(repeats_itself)
def check_string_series(estimator, corpus):
    """A Series of pandas' string dtype works like a list."""

    def series(texts):
        return pd.Series(texts, index=odd_index(len(texts)), dtype="string")

    _expect_same_results(estimator, corpus, series, "a Series of strings")


@check()
def check_generator(estimator, corpus):
    """A generator of texts is read completely, once, or refused."""
    X = corpus.texts
    for method, expected in outputs(estimator.fit(X, corpus.y), X).items():
        try:
            actual = getattr(estimator, method)(text for text in X)
        except REFUSALS:
            continue
        assert_same({method: actual}, {method: expected}, "from a generator")


@check(repeats_itself)
def check_generator_at_fit(estimator, corpus):
    """A generator of texts is read completely by fit, or refused."""
    X, y = corpus.texts, corpus.y
    expected = outputs(clone(estimator).fit(X, y), X)
    try:
        estimator.fit((text for text in X), y)
    except REFUSALS:
        return
    assert_same(outputs(estimator, X), expected, "fitted on a generator")


@check(repeats_itself)
def check_one_column(estimator, corpus):
    """Texts of shape (n, 1) are refused or work like a list; then so does a frame of one column."""
    X, y = corpus.texts, corpus.y
    column = np.array(X, dtype=object)[:, None]
    try:
        actual = learn_and_apply(estimator, column, y)
    except REFUSALS:
        return
    expected = outputs(clone(estimator).fit(X, y), X)
    assert_same(actual, expected, "from an array with one column")
    frame = pd.DataFrame({"text": X}, index=odd_index(len(X)))
    assert_same(learn_and_apply(estimator, frame, y), expected, "from a frame with one column")


@check()
def check_two_columns_are_refused(estimator, corpus):
    """Texts of shape (n, 2) are refused as ambiguous."""
    X = np.column_stack([np.array(corpus.texts, dtype=object)] * 2)
    _refused_everywhere(estimator, corpus, {"an array with two columns": X})


@check()
def check_single_str_is_refused(estimator, corpus):
    """One str in place of a list is refused, not read letter by letter."""
    _refused_everywhere(estimator, corpus, {"one str in place of a list": corpus.texts[0]})


@check(refuses_missing)
def check_missing_text_is_refused(estimator, corpus):
    """None, NaN and NA among the texts are refused."""
    odd = {"None": None, "numpy.nan": np.nan, "another NaN": float("nan"), "pandas.NA": pd.NA}
    inputs = {f"{name} as a text": _with(corpus, missing) for name, missing in odd.items()}
    _refused_everywhere(estimator, corpus, inputs)


@check()
def check_number_is_refused(estimator, corpus):
    """A number among the texts is refused."""
    inputs = {f"{n!r} as a text": _with(corpus, n) for n in (3, 2.5, np.int64(7))}
    _refused_everywhere(estimator, corpus, inputs)


@check()
def check_list_of_words_is_refused(estimator, corpus):
    """A list of words among the texts is refused."""
    X = _with(corpus, ["fresh", "bread"])
    _refused_everywhere(estimator, corpus, {"a list of words as a text": X})


@check(repeats_itself)
def check_bytes(estimator, corpus):
    """Bytes are decoded or refused, never read as something else."""
    X, y = corpus.texts, corpus.y
    encoded = [text.encode() for text in X]
    try:
        actual = learn_and_apply(estimator, encoded, y)
    except REFUSALS:
        return
    assert_same(actual, outputs(clone(estimator).fit(X, y), X), "from bytes")


@check()
def check_unseen_words(estimator, corpus):
    """Texts of words that fit has not seen give finite rows."""
    estimator.fit(corpus.texts, corpus.y)
    assert_finite(outputs(estimator, UNSEEN), len(UNSEEN), "texts of unseen words")


@check()
def check_empty_text(estimator, corpus):
    """An empty text, or one of white space, gives a finite row and no warning from numpy."""
    X = ["", " \t\n"]
    estimator.fit(corpus.texts, corpus.y)
    with warnings.catch_warnings(action="error", category=RuntimeWarning):
        assert_finite(outputs(estimator, X), len(X), "empty texts")


@check()
def check_unicode(estimator, corpus):
    """Letters of any script and Unicode plane are accepted."""
    X = [*corpus.texts, *PLANES]
    estimator.fit(X, corpus.y_for(len(X)))
    assert_finite(outputs(estimator, X), len(X), "texts in many scripts")


@check()
def check_odd_characters(estimator, corpus):
    """NUL, control characters and lone surrogates are accepted."""
    X = [*corpus.texts, *ODD]
    estimator.fit(X, corpus.y_for(len(X)))
    assert_finite(outputs(estimator, X), len(X), "texts with odd characters")


@check()
def check_long_text(estimator, corpus):
    """A text of very many words, or with one very long word, gives a finite row."""
    joined = " ".join(corpus.texts)
    X = [(joined + " ") * (_LONG // len(joined)), "x" * _LONG]
    estimator.fit(corpus.texts, corpus.y)
    assert_finite(outputs(estimator, X), len(X), "long texts")


@check(reads_after_fit)
def check_no_texts_after_fit(estimator, corpus):
    """No texts at all, after fit, give no rows or are a ValueError."""
    estimator.fit(corpus.texts, corpus.y)
    for method in methods_of(estimator):
        try:
            output = getattr(estimator, method)([])
        except ValueError:
            continue
        n_rows = output.shape[0] if hasattr(output, "shape") else len(output)
        expect(n_rows == 0, f"{method} gives {n_rows} rows for no texts")
