"""Checks of output: rows, columns, types, names; and that methods change nothing."""

# ruff: noqa: D401  # the docstring of a check is the promise that it checks

from functools import partial

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.pipeline import Pipeline, make_pipeline

from .._compat import FRAMES_KEEP_INDEX
from ._check import check, has, repeats_itself
from ._input_checks import UNSEEN
from ._testing import (
    CONVERGED,
    all_rows,
    assert_finite,
    assert_same,
    at_once,
    expect,
    odd_index,
    outputs,
    picked,
    state_of,
    type_of,
    width_of,
)


@check()
def check_rows_match_texts(estimator, corpus):
    """There is one row for each text, and equal texts have equal rows."""
    X = corpus.texts
    twice = all_rows(outputs(estimator.fit(X, corpus.y), X + X))
    for method, rows in twice.items():
        expect(len(rows) == 2 * len(X), f"{method} gives {len(rows)} rows for {2 * len(X)} texts")
    first, second = (picked(twice, half) for half in np.arange(2 * len(X)).reshape(2, -1))
    assert_same(second, first, "the second of two equal texts")


@check()
def check_rows_are_independent(estimator, corpus):
    """A row depends on its own text only, not on others in the same call."""
    X = [corpus.texts[0], "", *corpus.texts[1:], *UNSEEN]
    estimator.fit(corpus.texts, corpus.y)
    together = all_rows(outputs(estimator, X))
    for chosen in (*([i] for i in range(0, len(X), 3)), range(1, len(X), 2)):
        alone = all_rows(outputs(estimator, [X[i] for i in chosen]))
        assert_same(alone, picked(together, chosen), f"of the texts {[*chosen]} alone")


@check()
def check_order_of_rows(estimator, corpus):
    """Texts in another order give the same rows in that order."""
    X = corpus.texts
    together = all_rows(outputs(estimator.fit(X, corpus.y), X))
    order = np.random.default_rng(0).permutation(len(X))
    mixed = all_rows(outputs(estimator, [X[i] for i in order]))
    assert_same(mixed, picked(together, order), "in another order")


@check()
def check_asking_changes_nothing(estimator, corpus):
    """Neither transform nor predict changes an attribute, or adds one that is not private."""
    _, before = state_of(estimator.fit(corpus.texts, corpus.y))
    outputs(estimator, [*corpus.texts, *UNSEEN])
    _, after = state_of(estimator)
    changed = [name for name in before if after.get(name) != before[name]]
    added = [name for name in after if name not in before and not name.startswith("_")]
    expect(not changed, f"an output method changes {changed}")
    expect(not added, f"an output method adds {added}")


@check()
def check_output_is_finite(estimator, corpus):
    """The training texts give no NaN and no infinity."""
    X = corpus.texts
    assert_finite(outputs(estimator.fit(X, corpus.y), X), len(X), "training texts")


@check()
def check_columns_are_fixed(estimator, corpus):
    """The number of columns is fixed by fit, whatever words come later."""
    estimator.fit(corpus.texts, corpus.y)
    known, unseen = outputs(estimator, corpus.texts), outputs(estimator, UNSEEN)
    for method in known:
        expect(
            width_of(known[method]) == width_of(unseen[method]),
            f"{method} gives {width_of(unseen[method])} columns for unseen words, "
            f"{width_of(known[method])} for the training texts",
        )


@check()
def check_types_are_fixed(estimator, corpus):
    """Container and dtype of an output do not depend on the texts."""
    estimator.fit(corpus.texts, corpus.y)
    expected, *others = (
        {method: type_of(output) for method, output in outputs(estimator, X).items()}
        for X in (corpus.texts, corpus.texts[:1], UNSEEN, [""])
    )
    for other in others:
        expect(other == expected, f"types vary: {other}, expected {expected}")


@check(has("fit_transform"), has("transform"), repeats_itself)
def check_fit_transform(estimator, corpus):
    """fit_transform equals fit, then transform."""
    X, y = corpus.texts, corpus.y
    expected = clone(estimator).fit(X, y).transform(X)
    actual = estimator.fit_transform(X, y)
    assert_same(
        {"fit_transform": actual}, {"fit_transform": expected}, "against transform", CONVERGED
    )


@check(has("transform"), repeats_itself)
def check_works_in_a_pipeline(estimator, corpus):
    """As the first step of a Pipeline the estimator gives the same results."""
    X, y = corpus.texts, corpus.y
    expected = clone(estimator).fit(X, y).transform(X)
    pipeline = make_pipeline(estimator, "passthrough").fit(X, y)
    assert_same({"transform": pipeline.transform(X)}, {"transform": expected}, "in a Pipeline")


@check()
def check_concurrent_calls(estimator, corpus):
    """Four threads that share an estimator get the same results as a single one."""
    X = corpus.texts
    estimator.fit(X, corpus.y)
    parts = [(X[i:] + X[:i]) * 4 for i in range(4)]  # long enough for the threads to meet
    expected = [all_rows(outputs(estimator, part)) for part in parts]
    actual = at_once([partial(outputs, estimator, part) for part in parts])
    for one, alone in zip(actual, expected, strict=True):
        assert_same(all_rows(one), alone, "in one of four threads")


def _names_of(estimator):
    """Return the names of the columns, or None if a step of a Pipeline has none."""
    try:
        return list(estimator.get_feature_names_out())
    except AttributeError:
        return None


@check(has("get_feature_names_out"), has("transform"))
def check_feature_names_out(estimator, corpus):
    """get_feature_names_out names every column, once, by a str; in a Pipeline too."""
    output = estimator.fit(corpus.texts, corpus.y).transform(corpus.texts)
    is_matrix = len(width_of(output)) == 1
    try:
        names = _names_of(estimator)
    except ValueError:
        if is_matrix:
            raise
        return
    if names is None:
        return
    expect(all(isinstance(name, str) for name in names), "the names are no str")
    expect(len(set(names)) == len(names), "two columns have the same name")
    if is_matrix:
        expect(len(names) == output.shape[1], f"{len(names)} names for {output.shape[1]} columns")
    in_a_pipeline = list(make_pipeline(estimator, "passthrough").get_feature_names_out())
    expect(in_a_pipeline == names, "a Pipeline names the columns differently")


@check(has("set_output"), has("transform"), repeats_itself)
def check_set_output(estimator, corpus):
    """After set_output frames have the values, the names and X's index; or all is as before."""
    X, y = pd.Series(corpus.texts, index=odd_index(len(corpus.texts))), corpus.y
    plain = clone(estimator).fit(X, y).transform(X)
    try:
        actual = {"transform": estimator.set_output(transform="pandas").fit(X, y).transform(X)}
        if hasattr(estimator, "fit_transform"):
            actual["fit_transform"] = estimator.fit_transform(X, y)
    except ValueError:  # sparse output does not fit a frame; a step lacks set_output
        return
    kinds = {type(output).__name__ for output in actual.values()}
    expect(len(kinds) == 1, f"after set_output transform and fit_transform give {sorted(kinds)}")
    if kinds == {"DataFrame"}:
        names = _names_of(estimator) if hasattr(estimator, "get_feature_names_out") else None
        for method, frame in actual.items():
            right = names is None or list(frame.columns) == names
            expect(right, f"the columns of {method}'s frame have other names")
            # On the way through a Pipeline an index gets lost where a step hands on an array.
            loses_index = isinstance(estimator, Pipeline) or not FRAMES_KEEP_INDEX
            kept = loses_index or frame.index.equals(X.index)
            expect(kept, f"{method}'s frame has another index than X")
            actual[method] = frame.to_numpy()
        plain = plain.toarray() if issparse(plain) else np.asarray(plain)
    assert_same({"transform": actual["transform"]}, {"transform": plain}, "after set_output")
