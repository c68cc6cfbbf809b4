import json

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from sklearn_textnn.model_selection._format import (
    align,
    describe_params,
    most_chosen,
    plain,
    to_json,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.int64(10), 10),
        (np.float64(0.5), 0.5),
        (np.True_, True),
        (np.str_("max"), "max"),
        (("max", "average"), ["max", "average"]),
        ({"a": (1, None)}, {"a": [1, None]}),
        ({0: 1.0}, "{0: 1.0}"),
        (float("inf"), "inf"),
        (LogisticRegression(C=10), "LogisticRegression(C=10)"),
    ],
)
def test_plain_returns_json_values(value, expected):
    result = plain(value)
    assert result == expected
    assert type(result) is type(expected)
    assert json.loads(to_json({"p": value})) == {"p": expected}


def test_a_repr_takes_one_line():
    long = LogisticRegression(C=0.123456, max_iter=12345, solver="saga", l1_ratio=0.5, tol=1e-3)
    assert "\n" in repr(long)
    assert "\n" not in plain(long)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, ""),
        ({"clf__C": 9.87654, "counts__min_df": 2}, "C=9.88, min_df=2"),
        ({"a__C": 1.0, "b__C": 2.0}, "a__C=1, b__C=2"),
        ({"clf__model__pooling": ("max", "average")}, "pooling=('max', 'average')"),
        ({"clf__model__pooling": "max", "lower": True}, "pooling=max, lower=True"),
        ({"n": 1234567}, "n=1234567"),
    ],
)
def test_params_are_described_without_step_names_where_unique(params, expected):
    assert describe_params(params) == expected


def test_a_long_value_is_cut():
    assert len(describe_params({"x": list(range(1000))})) < 70


def test_most_chosen_counts_equal_params_in_any_order():
    params = [{"a": 1, "b": 2}, {"a": 9}, {"b": 2, "a": np.int64(1)}]
    assert most_chosen(params) == ({"a": 1, "b": 2}, 2)


def test_ties_of_params_go_to_the_earliest():
    assert most_chosen([{"a": 3}, {"a": 1}, {"a": 2}]) == ({"a": 3}, 1)


def test_folds_without_params_do_not_count():
    assert most_chosen([{}, {}, {"a": 1}]) == ({"a": 1}, 1)
    assert most_chosen([{}, {}]) == ({}, 0)


def test_align_wraps_the_last_column():
    assert align([["name", "n", "about"], ["a", "10", "one two three"]], wrapped_width=8) == (
        "name   n  about\n"  #
        "a     10  one two\n"
        "          three"
    )
