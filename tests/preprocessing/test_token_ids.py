"""The container of ids and words."""

import copy
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split
from sklearn.utils import check_array, resample

from sklearn_textnn.preprocessing import TokenIds, Vocabulary, content_lengths

LAW = settings(max_examples=100, deadline=None, database=None)
WORDS = Vocabulary(("", "good", "food", "slow"), n_known=4)
MATRIX = np.array([[1, 2, 0], [3, 0, 0], [0, 1, 2], [0, 0, 0]])


def ragged(rows, vocabulary=WORDS):
    flat = np.array([i for row in rows for i in row], dtype=np.int32)
    return TokenIds(flat, vocabulary, offsets=np.cumsum([0, *map(len, rows)]))


def same(left, right):
    """Return whether two plain arrays, matrices or object arrays of rows, agree."""
    left, right = np.asarray(left), np.asarray(right)
    if left.shape != right.shape or left.dtype != right.dtype:
        return False
    if left.dtype == object:
        return all(map(np.array_equal, left.ravel(), right.ravel()))
    return np.array_equal(left, right)


@pytest.fixture(name="X", params=["padded", "ragged"])
def _padded_or_ragged(request):
    if request.param == "padded":
        return TokenIds(MATRIX, WORDS)
    return ragged([[1, 2], [3], [], [1, 1, 3]])


# Worked examples


def test_padded_ids_look_like_their_matrix():
    X = TokenIds(MATRIX, WORDS)
    assert (X.shape, X.ndim, X.dtype, len(X)) == ((4, 3), 2, np.int32, 4)
    assert not X.is_ragged
    assert same(X, MATRIX.astype(np.int32))
    assert [row.tolist() for row in X] == MATRIX.tolist()
    assert repr(X) == "<TokenIds: padded, shape (4, 3), 4 tokens>"


def test_ragged_ids_look_like_an_array_of_rows():
    X = ragged([[1, 2], [3], []])
    assert (X.shape, X.ndim, X.dtype, len(X)) == ((3,), 1, np.dtype(object), 3)
    assert X.is_ragged
    assert [row.tolist() for row in X] == [[1, 2], [3], []]
    assert [row.tolist() for row in np.asarray(X)] == [[1, 2], [3], []]
    assert np.asarray(X).shape == (3,)
    assert repr(X) == "<TokenIds: ragged, shape (3,), 4 tokens>"


def test_ragged_rows_of_equal_length_do_not_become_a_matrix():
    assert np.asarray(ragged([[1, 2], [3, 1]])).shape == (2,)


def test_lengths_leave_out_trailing_zeros_only():
    # [1, 2, 0] -> 2, [3, 0, 0] -> 1, [0, 1, 2] -> 3 (the zero in front counts), zeros -> 0
    assert TokenIds(MATRIX, WORDS).lengths.tolist() == [2, 1, 3, 0]
    assert ragged([[1, 0], [], [0]]).lengths.tolist() == [2, 0, 1]


def test_a_matrix_without_columns_has_no_content():
    assert content_lengths(np.zeros((3, 0), dtype=np.int32)).tolist() == [0, 0, 0]


# Laws of row selection: as NumPy's on the plain array, with the vocabulary preserved

N = 6
ROW_KEYS = st.one_of(
    st.slices(N),
    st.lists(st.integers(-N, N - 1), max_size=8),
    st.lists(st.integers(-N, N - 1), max_size=8).map(lambda rows: np.array(rows, dtype=np.int64)),
    st.lists(st.booleans(), min_size=N, max_size=N),
    st.lists(st.booleans(), min_size=N, max_size=N).map(np.array),
    st.lists(st.booleans(), min_size=N, max_size=N).map(pd.Series),
    st.just(Ellipsis),
    st.just(()),
)


def _with_columns(key, columns):
    """Return the key in the form that scikit-learn uses, if NumPy accepts it."""
    return [(key, c) for c in columns if key is not Ellipsis and not isinstance(key, tuple)]


ROWS = st.lists(st.lists(st.integers(0, 3), max_size=4), min_size=N, max_size=N)


@LAW
@given(ids=st.lists(st.integers(0, 3), min_size=3 * N, max_size=3 * N), key=ROW_KEYS)
def test_selecting_rows_of_padded_ids_is_numpys_selection(ids, key):
    X = TokenIds(np.array(ids).reshape(N, 3), WORDS)
    for key_or_pair in (key, *_with_columns(key, [..., slice(None)])):
        part = X[key_or_pair]
        assert isinstance(part, TokenIds)
        assert part.vocabulary is WORDS
        assert same(part, np.asarray(X)[key_or_pair])


@LAW
@given(rows=ROWS, key=ROW_KEYS)
def test_selecting_rows_of_ragged_ids_is_numpys_selection(rows, key):
    X = ragged(rows)
    for key_or_pair in (key, *_with_columns(key, [...])):
        part = X[key_or_pair]
        assert isinstance(part, TokenIds)
        assert part.vocabulary is WORDS
        assert part.is_ragged
        assert same(part, np.asarray(X)[key_or_pair])
        assert part.lengths.tolist() == [len(row) for row in part]


@LAW
@given(rows=ROWS, key=ROW_KEYS)
def test_rows_are_selected_with_their_labels(rows, key):
    labels = pd.Index(list("uvwxyz"))
    for X in (TokenIds(np.zeros((N, 3), int), WORDS), ragged(rows)):
        part = TokenIds(X.ids, WORDS, offsets=X.offsets, index=labels)[key]
        assert part.index.tolist() == labels[np.arange(N)[key]].tolist()
        assert X[key].index is None


def test_the_index_must_have_one_label_per_document():
    with pytest.raises(ValueError, match="index names 2 rows, expected 3"):
        TokenIds(np.zeros((3, 2), int), WORDS, index=pd.RangeIndex(2))


@pytest.mark.parametrize("i", [0, -1, 3, np.int32(2)])
def test_one_row_is_a_plain_array(X, i):
    row = X[i]
    assert type(row) is np.ndarray
    assert np.array_equal(row, np.asarray(X)[i])
    assert np.array_equal(X[i, ...], row)


@pytest.mark.parametrize("key", [4, -5, [0, 4], (slice(None), slice(None), slice(None))])
def test_rows_that_do_not_exist_are_an_index_error(X, key):
    with pytest.raises(IndexError):
        X[key]


@pytest.mark.parametrize(
    "key",
    [
        (slice(None), 0),
        (1, 2),
        (slice(None), slice(0, 2)),
        (slice(None), [0, 1]),
        None,
        MATRIX > 1,
        np.array([[0, 1], [2, 3]]),
        True,
    ],
    ids=str,
)
def test_other_selections_give_plain_arrays(key):
    part = TokenIds(MATRIX, WORDS)[key]
    assert not isinstance(part, TokenIds)
    assert same(part, MATRIX.astype(np.int32)[key])


@pytest.mark.parametrize("key", [None, np.array([[0, 1], [2, 3]]), True], ids=str)
def test_other_selections_of_ragged_ids_give_plain_arrays(key):
    X = ragged([[1, 2], [3], [], [1]])
    assert same(X[key], np.asarray(X)[key])
    assert type(X[key]) is np.ndarray


# Dropping words, and joining blocks


def test_asarray_drops_the_words(X):
    assert type(np.asarray(X)) is np.ndarray
    assert type(np.array(X)) is np.ndarray
    assert not np.shares_memory(np.array(X, copy=True), np.asarray(X))


def test_padded_ids_take_any_dtype_and_ragged_ones_only_object():
    assert np.asarray(TokenIds(MATRIX, WORDS), dtype=float).dtype == float
    with pytest.raises(ValueError, match=r"lengths of their own, .*put PadTransformer before"):
        np.asarray(ragged([[1], [2]]), dtype=np.int64)
    with pytest.raises(ValueError, match="without a copy"):
        np.array(ragged([[1]]), copy=False)


def test_arithmetic_gives_plain_arrays():
    X = TokenIds(MATRIX, WORDS)
    for result in (X + 1, 1 + X, X * X, X == X, -X, np.maximum(X, 1), np.add.reduce(X)):
        assert type(result) is np.ndarray
    assert same(X + 1, MATRIX.astype(np.int32) + 1)
    assert type(np.sum(X)) is np.int64
    assert np.add(X, 1, out=np.zeros_like(MATRIX))[0, 0] == 2


def test_changing_ids_in_place_is_an_error_with_a_hint():
    X = TokenIds(MATRIX, WORDS)
    with pytest.raises(TypeError, match=r"changed in place.*numpy\.asarray\(X\)"):
        X += 1
    with pytest.raises(TypeError):
        X[0] = 1


@pytest.mark.parametrize(
    "join",
    [
        np.concatenate,
        np.vstack,
        np.hstack,
        np.stack,
        np.dstack,
        np.column_stack,
        np.block,
        lambda parts: np.block([parts]),
        lambda parts: np.append(*parts, axis=0),
        lambda parts: np.append(arr=parts[0], values=parts[1], axis=0),
    ],
    ids=lambda f: f.__name__,
)
@pytest.mark.parametrize("other", [TokenIds(MATRIX, WORDS), MATRIX], ids=["TokenIds", "plain"])
def test_joining_two_blocks_is_an_error_with_a_hint(join, other):
    X = TokenIds(MATRIX, WORDS)
    for parts in ([X, other], [other, X]):
        with pytest.raises(TypeError, match=r"got 2 blocks.*drop the words with numpy\.asarray"):
            join(parts)


def test_joining_one_block_returns_it_if_the_shape_is_unchanged(X):
    assert np.hstack([X]) is X
    assert np.concatenate([X]) is X
    assert np.hstack(tup=[X]) is X
    assert type(np.stack([X])) is np.ndarray
    assert np.stack([X]).shape == (1, *X.shape)


def test_functions_of_numpy_give_plain_arrays():
    X = TokenIds(MATRIX, WORDS)
    assert np.array_equal(X, MATRIX)
    assert same(np.take(X, [1], axis=0), MATRIX[[1]].astype(np.int32))
    assert np.shape(X) == (4, 3)


# scikit-learn, pandas, pickle and joblib


def test_scikit_learn_selects_rows_and_preserves_the_words(X):
    y = [0, 1, 0, 1]
    train, test, _, _ = train_test_split(X, y, test_size=2, stratify=y, random_state=0)
    for part in (train, test, resample(X, n_samples=2, random_state=0)):
        assert isinstance(part, TokenIds)
        assert part.vocabulary is WORDS
        assert len(part) == 2


def test_scikit_learn_and_pandas_read_the_plain_array():
    X = TokenIds(MATRIX, WORDS)
    assert same(check_array(X), MATRIX.astype(np.int32))
    assert same(pd.DataFrame(X).to_numpy(), MATRIX.astype(np.int32))


@pytest.mark.parametrize(
    "round_trip",
    [copy.copy, copy.deepcopy, lambda X: pickle.loads(pickle.dumps(X))],
    ids=["copy", "deepcopy", "pickle"],
)
def test_copies_keep_ids_and_words(X, round_trip):
    restored = round_trip(X)
    assert isinstance(restored, TokenIds)
    assert same(restored, X)
    assert restored.vocabulary == WORDS


def test_hashes_differ_where_only_the_words_differ(X):
    other = Vocabulary(("", "bad", "food", "slow"), n_known=4)
    relabelled = TokenIds(X.ids, other, offsets=X.offsets)
    assert joblib.hash(X) == joblib.hash(copy.deepcopy(X))
    assert joblib.hash(X) != joblib.hash(relabelled)
    less_known = TokenIds(X.ids, Vocabulary(WORDS.words, n_known=3), offsets=X.offsets)
    assert joblib.hash(X) != joblib.hash(less_known)


def _described(X):
    part = X[[0, -1]]
    return part.vocabulary.words, isinstance(X.flat.ids, np.memmap), np.asarray(part)


def test_workers_read_memory_mapped_ids_with_their_words(tmp_path):
    big = TokenIds(np.resize([[1, 2, 3]], (2000, 3)), WORDS)
    [(words, mapped, rows)] = joblib.Parallel(
        n_jobs=2, max_nbytes=1000, temp_folder=tmp_path, mmap_mode="r"
    )(joblib.delayed(_described)(X) for X in [big])
    assert words == WORDS.words
    assert mapped
    assert rows.tolist() == [[1, 2, 3], [1, 2, 3]]


# Bad input


def test_ids_that_do_not_fit_32_bits_are_refused():
    with pytest.raises(ValueError, match="to 1099511627776, expected those of 32 bits"):
        TokenIds(np.array([[1, 2**40]]), WORDS)


@pytest.mark.parametrize("ids", [[[1.0]], [["a"]], [[None]]])
def test_ids_that_are_not_integers_are_refused(ids):
    with pytest.raises(TypeError, match=r"ids are of dtype .*, expected integers"):
        TokenIds(np.array(ids), WORDS)


@pytest.mark.parametrize(("shape", "offsets"), [((3,), None), ((1, 3), [0, 3]), ((1, 1, 1), None)])
def test_ids_of_other_dimensions_are_refused(shape, offsets):
    with pytest.raises(ValueError, match="dimensions, expected 2, or 1 with offsets"):
        TokenIds(np.ones(shape, dtype=int), WORDS, offsets=offsets)


@pytest.mark.parametrize("offsets", [[], [0], [0, 2], [1, 3], [0, 2, 1, 3], [[0, 3]]])
def test_offsets_that_do_not_cover_the_ids_are_refused(offsets):
    with pytest.raises(ValueError, match="expected to rise from 0 to 3"):
        TokenIds(np.array([1, 2, 3]), WORDS, offsets=offsets)


def test_ids_without_words_need_no_container():
    with pytest.raises(TypeError, match=r"expected a Vocabulary; .*plain integer array instead"):
        TokenIds(MATRIX, ("", "good"))


# Vocabulary


def test_a_grown_vocabulary_extends_the_fitted_one():
    fitted = Vocabulary(("", "a", "b"), n_known=3, oov_id=1)
    assert fitted.extends(fitted)
    assert Vocabulary(("", "a", "b", "new"), n_known=3, oov_id=1).extends(fitted)
    assert fitted.extends(Vocabulary(("", "a", "b", "new"), n_known=3, oov_id=1))
    for other in (
        Vocabulary(("", "a", "c"), n_known=3, oov_id=1),
        Vocabulary(("", "a", "b"), n_known=3),
        Vocabulary(("", "a", "b"), n_known=2, oov_id=1),
        Vocabulary(("", "a", "b", "c"), n_known=4, oov_id=1),
    ):
        assert not other.extends(fitted)


def test_a_vocabulary_shows_its_first_words_only():
    words = Vocabulary(("", *map(str, range(1000))), n_known=1001)
    assert repr(words) == (
        "<Vocabulary: 1001 tokens ('', '0', '1', '2', ...), n_known=1001, oov_id=None>"
    )


def test_a_vocabulary_is_immutable():
    with pytest.raises(AttributeError):
        WORDS.n_known = 2
    assert Vocabulary(("", "good", "food", "slow"), n_known=4) == WORDS
    assert len({WORDS, copy.deepcopy(WORDS)}) == 1


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        ((["", "a"], 2), TypeError, r"words is a list, expected a tuple"),
        ((("a", "b"), 2), ValueError, r"words starts with \('a',\), expected \(\"\",\)"),
        (((), 0), ValueError, r"words starts with \(\), expected"),
        ((("", "a"), 3), ValueError, "n_known=3, expected 1 to 2"),
        ((("", "a"), 0), ValueError, "n_known=0, expected 1 to 2"),
        ((("", "a"), 2, 0), ValueError, "oov_id=0, expected None or 1 to 1"),
        ((("", "a", "b"), 2, 2), ValueError, "oov_id=2, expected None or 1 to 1"),
    ],
)
def test_an_inconsistent_vocabulary_is_refused(arguments, error, match):
    with pytest.raises(error, match=match):
        Vocabulary(*arguments)
