"""PadTransformer."""

import collections
import copy
import datetime
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import _set_output, get_tags
from sklearn.utils._param_validation import InvalidParameterError
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.fixes import parse_version

from sklearn_textnn.preprocessing import PadTransformer, TokenIds, Vocabulary

LAW = settings(max_examples=100, deadline=None, database=None)
WORDS = Vocabulary(("", "good", "food", "slow"), n_known=4)
RAGGED = [[1, 2], [3], [], [2, 1, 3, 3]]  # lengths 2, 1, 0, 4


def token_ids(rows, vocabulary=WORDS):
    flat = np.array([i for row in rows for i in row], dtype=np.int32)
    return TokenIds(flat, vocabulary, offsets=np.cumsum([0, *map(len, rows)]))


def objects(rows):
    array = np.empty(len(rows), dtype=object)
    for i, row in enumerate(rows):
        array[i] = np.array(row, dtype=np.int64)
    return array


# All of scikit-learn's checks; the one on array namespaces needs SCIPY_ARRAY_API.


@parametrize_with_checks(
    [
        PadTransformer(),
        PadTransformer(maxlen=3, padding="pre"),
        PadTransformer(maxlen=0.5, truncating="post"),
    ]
)
def test_scikit_learns_checks(estimator, check, monkeypatch):
    if "check_positive_only" in str(check) and parse_version(sklearn.__version__) < parse_version(
        "1.7"
    ):
        pytest.skip("subtracts a float from ids in place")
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")
    check(estimator)


# Worked examples


@pytest.mark.parametrize(
    ("padding", "truncating", "expected"),
    [
        ("post", "pre", [[1, 2], [3, 0], [0, 0], [3, 4]]),
        ("post", "post", [[1, 2], [3, 0], [0, 0], [1, 2]]),
        ("pre", "pre", [[1, 2], [0, 3], [0, 0], [3, 4]]),
        ("pre", "post", [[1, 2], [0, 3], [0, 0], [1, 2]]),
    ],
)
def test_padding_and_truncation_are_on_the_chosen_side(padding, truncating, expected):
    pad = PadTransformer(maxlen=2, padding=padding, truncating=truncating)
    padded = pad.fit_transform([[1, 2], [3], [], [1, 2, 3, 4]])
    assert padded.tolist() == expected
    assert padded.dtype == np.int32
    assert type(padded) is np.ndarray


@pytest.mark.parametrize(
    ("maxlen", "expected"),
    [
        (None, 4),  # the longest of lengths 0, 1, 2, 4
        (1.0, 4),
        (0.5, 2),  # halfway between 1 and 2: 1.5, rounded up
        (0.01, 1),  # 0.03, rounded up
        (2 / 3, 2),  # exactly the third of four lengths
        (7, 7),
        (1, 1),
        (np.int64(3), 3),
    ],
)
def test_the_length_is_learned_from_the_training_texts(maxlen, expected):
    pad = PadTransformer(maxlen=maxlen).fit(RAGGED)
    assert pad.maxlen_ == expected
    assert type(pad.maxlen_) is int
    assert pad.transform([[1] * 9, []]).shape == (2, expected)


@pytest.mark.parametrize(("n", "percent"), [(100, 7), (100, 29), (1000, 57), (10, 70)])
def test_a_quantile_equal_to_a_length_is_not_rounded_up(n, percent):
    lengths = np.arange(n + 1)  # the quantile q is the length q * n, give or take 1e-15
    X = token_ids([[1] * k for k in lengths])
    assert PadTransformer(maxlen=percent / 100).fit(X).maxlen_ == n * percent // 100


@pytest.mark.parametrize("maxlen", [None, 0.5, 1.0])
def test_the_learned_length_is_at_least_one(maxlen):
    pad = PadTransformer(maxlen=maxlen).fit([[], []])
    assert pad.maxlen_ == 1
    assert pad.transform([[], [2]]).tolist() == [[0], [2]]


def test_trailing_zeros_of_a_matrix_are_not_content():
    X = np.array([[0, 5, 0, 7, 0], [1, 0, 0, 0, 0]])  # contents [0, 5, 0, 7] and [1]
    pad = PadTransformer().fit(X)
    assert pad.maxlen_ == 4
    assert pad.transform(X).tolist() == [[0, 5, 0, 7], [1, 0, 0, 0]]
    front = PadTransformer(maxlen=6, padding="pre").fit_transform(X)
    assert front.tolist() == [[0, 0, 0, 5, 0, 7], [0, 0, 0, 0, 0, 1]]
    cut = PadTransformer(maxlen=3).fit_transform(X)
    assert cut.tolist() == [[5, 0, 7], [1, 0, 0]]


def test_zeros_of_ragged_rows_are_content():
    assert PadTransformer(padding="pre").fit_transform([[1, 0], [2]]).tolist() == [[1, 0], [0, 2]]


# Laws

ROWS = st.lists(st.lists(st.integers(-5, 2**31 - 1), max_size=6), min_size=1, max_size=6)
PARAMETERS = st.fixed_dictionaries(
    {
        "maxlen": st.one_of(st.none(), st.integers(1, 8), st.floats(0.01, 1.0)),
        "padding": st.sampled_from(["pre", "post"]),
        "truncating": st.sampled_from(["pre", "post"]),
    }
)


@LAW
@given(rows=ROWS, parameters=PARAMETERS)
def test_every_ragged_container_gives_the_same_matrix(rows, parameters):
    expected = PadTransformer(**parameters).fit_transform(rows)
    for X in (
        token_ids(rows),
        objects(rows),
        pd.Series(rows, dtype=object),
        list(map(np.array, rows)),
        tuple(map(tuple, rows)),
        [[float(i) for i in row] for row in rows],
    ):
        pad = PadTransformer(**parameters)
        padded = pad.fit_transform(X)
        assert np.array_equal(padded, expected)
        assert np.array_equal(pad.transform(X), expected)
        assert isinstance(padded, TokenIds) == isinstance(X, TokenIds)


@LAW
@given(rows=ROWS, parameters=PARAMETERS)
def test_padding_twice_is_padding_once(rows, parameters):
    once = PadTransformer(**{**parameters, "padding": "post"}).fit_transform(rows)
    again = PadTransformer(maxlen=once.shape[1], truncating=parameters["truncating"])
    assert np.array_equal(again.fit_transform(once), once)


@LAW
@given(rows=ROWS, parameters=PARAMETERS)
def test_a_row_does_not_depend_on_the_other_rows(rows, parameters):
    pad = PadTransformer(**parameters).fit(rows)
    together = pad.transform(rows)
    assert np.array_equal(together, np.vstack([pad.transform([row]) for row in rows]))


@LAW
@given(rows=ROWS)
def test_a_longer_quantile_never_gives_a_shorter_length(rows):
    quantiles = [0.01, 0.2, 0.5, 0.9, 1.0]
    maxlens = [PadTransformer(maxlen=q).fit(rows).maxlen_ for q in quantiles]
    assert all(low <= high for low, high in pairwise(maxlens))
    assert maxlens[-1] == PadTransformer().fit(rows).maxlen_


# Containers


def test_the_vocabulary_is_passed_on():
    pad = PadTransformer().fit(token_ids(RAGGED))
    later = Vocabulary((*WORDS.words, "new"), n_known=4)
    padded = pad.transform(token_ids([[4]], later))
    assert isinstance(padded, TokenIds)
    assert padded.vocabulary is later
    assert np.asarray(padded).tolist() == [[4, 0, 0, 0]]
    again = pad.transform(padded)
    assert again.vocabulary is later


def test_plain_ids_give_plain_output_after_any_fit():
    pad = PadTransformer().fit(token_ids(RAGGED))
    assert type(pad.transform(RAGGED)) is np.ndarray


@pytest.mark.parametrize(
    "X",
    [
        np.array([[1, 2, 0], [3, 0, 0]], dtype=np.uint8),
        np.array([[1, 2, 0], [3, 0, 0]], dtype=np.uint64),
        np.array([[1, 2, 0], [3, 0, 0]], dtype=float),
        np.array([[1, 2, 0], [3, 0, 0]], dtype=object),
        np.asfortranarray([[1, 2, 0], [3, 0, 0]]),
        memoryview(np.array([[1, 2, 0], [3, 0, 0]])),
        pd.DataFrame([[1, 2, 0], [3, 0, 0]]),
        pd.DataFrame([[1, 2, 0], [3, 0, 0]], dtype="Int64"),
        TokenIds(np.array([[1, 2, 0], [3, 0, 0]]), WORDS),
    ],
    ids=lambda X: type(X).__name__,
)
def test_every_matrix_gives_the_same(X):
    pad = PadTransformer()
    assert np.asarray(pad.fit_transform(X)).tolist() == [[1, 2], [3, 0]]
    assert pad.n_features_in_ == 3


def test_set_output_returns_a_frame():
    pad = PadTransformer().set_output(transform="pandas")
    frame = pad.fit_transform(token_ids([[1, 2], [3]]))
    assert isinstance(frame, pd.DataFrame)
    assert frame.columns.tolist() == ["padtransformer0", "padtransformer1"]
    assert frame.columns.tolist() == pad.get_feature_names_out().tolist()
    assert frame.to_numpy().tolist() == [[1, 2], [3, 0]]
    indexed = pad.fit_transform(pd.DataFrame([[1, 2], [3, 0]], index=["a", "b"]))
    assert indexed.index.tolist() == ["a", "b"]


def test_container_adapters_get_a_plain_array(monkeypatch):
    """With a substitute for a library that, like Polars, accepts only arrays."""

    class Adapter:
        container_lib = "polars"

        def create_container(self, X_output, X_original, columns, inplace=True):
            assert type(X_output) is np.ndarray
            return X_output.tolist()

    monkeypatch.setitem(_set_output.ADAPTERS_MANAGER.adapters, "polars", Adapter())
    pad = PadTransformer().set_output(transform="polars")
    for X in (token_ids(RAGGED), RAGGED, pd.DataFrame([[1, 2], [3, 0]], index=[7, 8])):
        assert pad.fit_transform(X) == np.asarray(PadTransformer().fit_transform(X)).tolist()
        with config_context(transform_output="polars"):
            assert isinstance(PadTransformer().fit(X).transform(X), list)


def test_width_is_checked_between_matrices_only():
    pad = PadTransformer().fit(np.ones((2, 3), dtype=int))
    assert pad.n_features_in_ == 3
    assert pad.transform([[1], [2, 3]]).shape == (2, 3)
    for X in (np.ones((2, 2)), TokenIds(np.ones((2, 2), dtype=int), WORDS)):
        with pytest.raises(ValueError, match="X has 2 features, but PadTransformer is expecting 3"):
            pad.transform(X)


def test_ragged_ids_set_no_width():
    pad = PadTransformer().fit(pd.DataFrame({"a": [1], "b": [2]}))
    assert pad.feature_names_in_.tolist() == ["a", "b"]
    pad.fit(RAGGED)
    assert not hasattr(pad, "n_features_in_")
    assert not hasattr(pad, "feature_names_in_")
    assert pad.transform(np.ones((2, 9), dtype=int)).shape == (2, 4)


def test_lists_are_ragged_even_where_their_rows_have_one_length():
    pad = PadTransformer().fit([[1, 0], [2, 3]])
    assert not hasattr(pad, "n_features_in_")
    assert pad.transform([[1], [2, 3, 4]]).tolist() == [[1, 0], [3, 4]]
    series = pd.Series([[1, 0], [2, 3]], index=[7, 7])
    assert not hasattr(pad.fit(series), "n_features_in_")
    assert pad.transform(series).tolist() == [[1, 0], [2, 3]]


def test_empty_input_can_be_transformed_but_not_fitted():
    pad = PadTransformer().fit(RAGGED)
    assert pad.transform([]).shape == (0, 4)
    assert pad.transform(token_ids([])).shape == (0, 4)
    for nothing in ([], token_ids([]), objects([]), np.empty((0, 3), dtype=int)):
        with pytest.raises(ValueError, match="0 sample"):
            PadTransformer().fit(nothing)


def test_the_input_is_not_changed():
    X = np.array([[1, 2, 0], [3, 0, 0]], dtype=np.int32)
    PadTransformer(maxlen=1, padding="pre").fit_transform(X)
    assert X.tolist() == [[1, 2, 0], [3, 0, 0]]
    padded = PadTransformer().fit(X).transform(X)
    padded[:] = 9
    assert X[0, 0] == 1


class PolarsSeries:
    """A column of another library: rows by position, and no `ndim`."""

    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        return self.rows[i]


class ArrowColumn(PolarsSeries):
    def __getitem__(self, i):
        return "a scalar of its own"

    def to_pylist(self):
        return self.rows


def test_columns_of_other_libraries_hold_ragged_rows():
    expected = PadTransformer().fit_transform(RAGGED)
    for X in (PolarsSeries(RAGGED), ArrowColumn(RAGGED), collections.deque(RAGGED)):
        pad = PadTransformer()
        assert np.array_equal(pad.fit_transform(X), expected)
        assert np.array_equal(pad.transform(X), expected)
    with pytest.raises(ValueError, match="token ids expected, got texts: row 0 is of type str"):
        PadTransformer().fit(PolarsSeries(["good food"]))


def test_arrow():
    pa = pytest.importorskip("pyarrow")
    expected = PadTransformer().fit_transform(RAGGED)
    for X in (pa.array(RAGGED), pa.chunked_array([RAGGED])):
        assert np.array_equal(PadTransformer().fit_transform(X), expected)
    assert PadTransformer().fit_transform(pa.table({"a": [1, 2], "b": [0, 3]})).shape == (2, 2)
    with pytest.raises(ValueError, match="got texts: '7' at row 0, column 0"):
        PadTransformer().fit(pa.table({"a": ["7"]}))


def test_polars():
    pl = pytest.importorskip("polars")
    expected = PadTransformer().fit_transform(RAGGED)
    assert np.array_equal(PadTransformer().fit_transform(pl.Series(RAGGED)), expected)
    assert PadTransformer().fit_transform(pl.DataFrame({"a": [1, 2], "b": [0, 3]})).shape == (2, 2)
    with pytest.raises(ValueError, match="got texts: '7' at row 0, column 0"):
        PadTransformer().fit(pl.DataFrame({"a": ["7"]}))
    frame = PadTransformer().set_output(transform="polars").fit_transform(token_ids(RAGGED))
    assert isinstance(frame, pl.DataFrame)
    assert frame.columns == [f"padtransformer{i}" for i in range(4)]
    assert frame.to_numpy().tolist() == expected.tolist()


# Bad input


@pytest.mark.parametrize(
    "maxlen",
    [0, -1, 0.0, 1.5, float("nan"), True, False, "long", [3], 2**31, 2**70, np.uint64(2**63)],
)
def test_a_maxlen_out_of_range_is_refused(maxlen):
    with pytest.raises(InvalidParameterError, match="'maxlen' parameter of PadTransformer"):
        PadTransformer(maxlen=maxlen).fit(RAGGED)


def test_a_maxlen_far_beyond_the_texts_is_accepted():
    assert PadTransformer(maxlen=2**31 - 1).fit(RAGGED).maxlen_ == 2**31 - 1


@pytest.mark.parametrize("name", ["padding", "truncating"])
def test_an_unknown_side_is_refused(name):
    with pytest.raises(InvalidParameterError, match=f"'{name}' parameter of PadTransformer"):
        PadTransformer(**{name: "both"}).fit(RAGGED)


def test_transform_before_fit_is_refused():
    with pytest.raises(NotFittedError):
        PadTransformer().transform(RAGGED)


@pytest.mark.parametrize(
    ("value", "shown", "expected"),
    [
        (2**31, "2147483648", "at most 2147483647"),
        (2**40, "1099511627776", "at most 2147483647"),
        (2**70, "1.18.*e\\+21", "at most 2147483647"),
        (-(2**31) - 1, "-2147483649", "at most 2147483647"),
        (0.5, "0.5", "a whole number"),
        (float("nan"), "NaN", "a finite whole number"),
        (float("inf"), "inf", "a finite whole number"),
    ],
)
@pytest.mark.parametrize("kind", ["ragged", "matrix", "frame"])
def test_an_invalid_id_is_an_error_with_its_position(value, shown, expected, kind):
    rows = [[1, 2], [3, value]]
    X = {"ragged": [*rows, [4]], "matrix": np.array(rows), "frame": pd.DataFrame(rows)}[kind]
    match = rf"X holds {shown} at row 1, column 1, expected {expected}.*KerasTokenizerTransformer"
    pad = PadTransformer()
    with pytest.raises(ValueError, match=match):
        pad.fit(X)
    with pytest.raises(ValueError, match=match):
        PadTransformer().fit([[1]]).transform(X)


TIMES = np.array([["1970-01-02", "1970-01-03"]], dtype="datetime64[D]")
SPANS = np.array([[5, 6]], dtype="timedelta64[s]")


@pytest.mark.parametrize(
    ("X", "column"),
    [
        (TIMES, 0),
        (
            TIMES.astype("datetime64[ns]"),
            0,
        ),  # which NumPy converts to integers if objects are requested
        (SPANS, 0),
        (SPANS.astype("timedelta64"), 0),
        (pd.DataFrame(TIMES), 0),
        (pd.DataFrame({"a": [1], "b": pd.to_timedelta([3])}), 1),
        (np.array([[1, datetime.date(1970, 1, 2)]], dtype=object), 1),
        (np.array([[1, pd.NaT]], dtype=object), 1),
        (list(TIMES), 0),
        (list(SPANS), 0),
        ([[1, SPANS[0, 0]]], 1),
        ([[1, datetime.timedelta(1)]], 1),
        ([[1, pd.Timestamp(0)]], 1),
    ],
    ids=lambda X: type(X).__name__,
)
def test_times_are_refused_as_ids(X, column):
    match = rf"X holds .* at row 0, column {column}, expected a whole number; put KerasTokenizer"
    for method in (PadTransformer().fit, PadTransformer().fit([[1]]).transform):
        with pytest.raises(ValueError, match=match):
            method(X)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "longdouble"])
@pytest.mark.parametrize("as_rows", [False, True])
def test_whole_floats_of_any_precision_are_ids(dtype, as_rows):
    X, wrong = np.array([[3, 1]], dtype=dtype), np.array([[1, np.inf]], dtype=dtype)
    assert PadTransformer().fit_transform([*X] if as_rows else X).tolist() == [[3, 1]]
    with pytest.raises(ValueError, match="X holds inf at row 0, column 1, expected a finite whole"):
        PadTransformer().fit([*wrong] if as_rows else wrong)


def test_an_id_that_float32_rounds_past_the_largest_is_refused():
    X = np.array([[1, 2**31 - 1]], dtype=np.float32)  # holds 2**31
    match = r"X holds 2147483648\.0 at row 0, column 1, expected at most 2147483647"
    for wrong in (X, [*X]):
        with pytest.raises(ValueError, match=match):
            PadTransformer().fit(wrong)


@pytest.mark.parametrize("X", [pd.Series([1, 2]), pd.Index([1, 2]), memoryview(b"ab")])
def test_one_dimensional_numbers_give_scikit_learns_error(X):
    for method in (PadTransformer().fit, PadTransformer().fit([[1]]).transform):
        with pytest.raises(ValueError, match=r"Expected (2D array|a 2-dimensional container)"):
            method(X)


def test_the_row_of_a_wrong_id_is_found_among_empty_rows():
    with pytest.raises(ValueError, match=r"X holds 0\.5 at row 3, column 1"):
        PadTransformer().fit([[1], [], [], [2, 0.5], []])


@pytest.mark.parametrize("value", [None, pd.NA, {}, [7], 1j])
def test_a_non_number_is_an_error_with_its_position(value):
    match = r"X holds .* at row 1, column 1, expected a whole number; put KerasTokenizer"
    with pytest.raises(ValueError, match=match):
        PadTransformer().fit([[1], [2, value]])


@pytest.mark.parametrize(
    ("X", "where"),
    [
        (["good food", "slow"], "row 0 is of type str"),
        ([[1], "slow"], "row 1 is of type str"),
        ([b"good"], "row 0 is of type bytes"),
        (np.array(["good food", "slow"]), "'good food' at row 0"),
        (np.array(["good food", "slow"], dtype=object), "row 0 is of type str"),
        (pd.Series(["good food", "slow"]), "row 0 is of type str"),
        (pd.DataFrame({"text": ["good food"]}), "'good food' at row 0, column 0"),
        (pd.DataFrame({"text": ["good food"]}, dtype="category"), "'good food' at row 0, col"),
        (np.array([["1", "2"]]), "'1' at row 0, column 0"),
        (np.array([[1, 2], [3, "4"]], dtype=object), "'4' at row 1, column 1"),
        ([["good", "food"], ["slow"]], "'good' at row 0, column 0"),
        ([[1, 2], [3, "4"]], "'4' at row 1, column 1"),
    ],
)
def test_texts_are_refused_with_the_missing_step(X, where):
    match = rf"token ids expected, got texts: {where}.*put KerasTokenizerTransformer before"
    with pytest.raises(ValueError, match=match):
        PadTransformer().fit(X)


@pytest.mark.parametrize(
    "row",
    [
        7,
        None,
        {1: 2},
        {1, 2},
        np.int64(3),
        np.array(3),
        2.5,
        pd.DataFrame([[1, 2]]),  # iterating over it would give the names of its columns
        memoryview(b"ab"),
    ],
    ids=lambda row: type(row).__name__,
)
def test_a_row_that_is_not_a_sequence_is_an_error_with_its_position(row):
    with pytest.raises(ValueError, match=r"row 1 is of type \w+, expected a sequence of token ids"):
        PadTransformer().fit([[1, 2], row])


def test_negative_ids_are_passed_on():
    assert PadTransformer().fit_transform([[-1, 2], [3]]).tolist() == [[-1, 2], [3, 0]]


@pytest.mark.parametrize("wrong", [[[0.5]], np.array([[2**40, 1]]), np.array([[np.nan, 1.0]]), []])
def test_a_failed_fit_leaves_the_old_state(wrong):
    pad = PadTransformer().fit(np.array([[1, 2, 3]]))
    before = copy.deepcopy(vars(pad))
    with pytest.raises(ValueError, match=r"X holds|0 samples"):
        pad.fit(wrong)
    assert vars(pad) == before


def test_clones_start_unfitted_with_equal_parameters():
    pad = PadTransformer(maxlen=0.9, padding="pre", truncating="post").fit(RAGGED)
    cloned = clone(pad)
    assert cloned.get_params() == pad.get_params()
    assert not hasattr(cloned, "maxlen_")


# Larger than memory


def test_one_very_long_text_is_an_error_with_maxlen_as_hint():
    texts = [[1]] * 100_000 + [range(1_000_000)]
    hint = r"100001 texts of 1000000 tokens.* 465\.7 GB\. .*99 % of them have at most 1\. .*0\.99"
    with pytest.raises(MemoryError, match=hint):
        PadTransformer().fit_transform(texts)
    assert PadTransformer(maxlen=0.99).fit_transform(texts).shape == (100_001, 1)


def test_a_width_beyond_memory_is_an_error_with_maxlen_as_hint():
    pad = PadTransformer(maxlen=2**31 - 1).fit([[1]])
    with pytest.raises(MemoryError, match="The longest text has 2 tokens"):
        pad.transform([[1, 2]] * 10_000)


def test_an_int_maxlen_needs_no_fit():
    pad = PadTransformer(maxlen=2)
    assert pad.transform([[1], [1, 2, 3]]).tolist() == [[1, 0], [2, 3]]
    assert pad.get_feature_names_out().tolist() == ["padtransformer0", "padtransformer1"]
    assert not get_tags(pad).requires_fit
    assert get_tags(PadTransformer(maxlen=0.9)).requires_fit
    with pytest.raises(NotFittedError):
        PadTransformer().transform([[1]])
    with pytest.raises(InvalidParameterError):
        PadTransformer(maxlen=0).transform([[1]])
