"""The container of ids, words and vectors."""

import copy
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.utils import check_array, resample

from sklearn_textnn.embeddings import EmbeddedTokens
from sklearn_textnn.preprocessing import TokenIds, Vocabulary

LAW = settings(max_examples=100, deadline=None, database=None)
WORDS = Vocabulary(("", "good", "food", "slow"), n_known=4)
IDS = np.array([[1, 2, 0], [3, 0, 0], [0, 1, 2], [0, 0, 0]], dtype=np.int32)
TABLE = np.array([[0, 0], [1, 2], [3, 4], [5, 6]], dtype=np.float32)
TENSOR = TABLE[IDS]  # (4, 3, 2)


def embedded(ids=IDS, vocabulary=WORDS, table=TABLE):
    return EmbeddedTokens(TokenIds(ids, vocabulary), table)


@pytest.fixture(name="X")
def _embedded_tokens():
    return embedded()


def is_factored(part):
    return isinstance(part, EmbeddedTokens) and part.vocabulary is WORDS


# Worked examples


def test_embedded_tokens_look_like_their_tensor(X):
    assert (X.shape, X.ndim, X.dtype, len(X)) == ((4, 3, 2), 3, np.float32, 4)
    assert np.asarray(X).tolist() == [
        [[1, 2], [3, 4], [0, 0]],
        [[5, 6], [0, 0], [0, 0]],
        [[0, 0], [1, 2], [3, 4]],
        [[0, 0], [0, 0], [0, 0]],
    ]
    assert np.asarray(X).dtype == np.float32
    assert repr(X) == "<EmbeddedTokens: shape (4, 3, 2), 4 tokens>"


def test_the_factors_can_be_read(X):
    assert np.array_equal(X.ids, X.tokens.ids)
    assert X.vocabulary is WORDS
    assert np.array_equal(X.ids, IDS)
    assert np.array_equal(X.table, TABLE)


def test_iterating_gives_one_matrix_per_document(X):
    matrices = list(X)
    assert [matrix.shape for matrix in matrices] == [(3, 2)] * 4
    assert all(type(matrix) is np.ndarray for matrix in matrices)
    assert np.array_equal(matrices, TENSOR)


@pytest.mark.parametrize("i", [0, -1, 3, np.int32(2)])
def test_one_document_is_a_plain_matrix(X, i):
    assert type(X[i]) is np.ndarray
    assert np.array_equal(X[i], TENSOR[i])
    assert np.array_equal(X[i, ...], TENSOR[i])


def test_a_table_of_other_dtypes_becomes_float32():
    X = embedded(table=[[0, 0], [1, 2], [3, 4], [5, 0.1]])
    assert X.table.dtype == X.dtype == np.float32
    assert np.asarray(X)[1, 0, 1] == np.float32(0.1)


# Laws of row selection: as NumPy's on the tensor, with ids and table preserved

N = 6
ROW_KEYS = st.one_of(
    st.slices(N),
    st.lists(st.integers(-N, N - 1), max_size=8),
    st.lists(st.integers(-N, N - 1), max_size=8).map(lambda rows: np.array(rows, dtype=np.int64)),
    st.lists(st.booleans(), min_size=N, max_size=N),
    st.lists(st.booleans(), min_size=N, max_size=N).map(np.array),
    st.lists(st.booleans(), min_size=N, max_size=N).map(pd.Series),
)


@LAW
@given(ids=st.lists(st.integers(0, 3), min_size=3 * N, max_size=3 * N), key=ROW_KEYS)
def test_selecting_rows_is_numpys_selection_and_preserves_the_factors(ids, key):
    X = embedded(np.array(ids).reshape(N, 3))
    for full in (key, (key, ...), (key, slice(None)), (key, slice(None), slice(None))):
        part = X[full]
        assert is_factored(part)
        assert part.table is X.table
        assert np.array_equal(part, np.asarray(X)[full])


@pytest.mark.parametrize("key", [..., ()], ids=str)
def test_selecting_everything_preserves_the_factors(X, key):
    assert is_factored(X[key])
    assert np.array_equal(X[key], TENSOR)


@pytest.mark.parametrize(
    "key",
    [
        (slice(None), 0),
        (1, 2),
        (1, 2, 0),
        (slice(None), slice(0, 2)),
        (slice(None), slice(None), [0]),
        (..., 1),
        None,
        True,
        TENSOR > 1,
        np.array([[0, 1], [2, 3]]),
    ],
    ids=str,
)
def test_other_selections_give_plain_arrays(X, key):
    assert type(X[key]) in (np.ndarray, np.float32)
    assert np.array_equal(X[key], TENSOR[key])


@pytest.mark.parametrize("key", [4, -5, [0, 4], (slice(None),) * 4], ids=str)
def test_rows_that_do_not_exist_are_an_index_error(X, key):
    with pytest.raises(IndexError):
        X[key]


# The tensor, and not joining two


def test_a_tensor_that_exceeds_memory_is_an_error_with_maxlen_as_hint():
    ids, words = np.zeros((2000, 2000), np.int32), Vocabulary(("",), n_known=1)
    X = embedded(ids, words, np.zeros((1, 2**22), np.float32))  # 61 TB
    with pytest.raises(MemoryError, match=r"shape \(2000, 2000, 4194304\).*maxlen"):
        np.asarray(X)


def test_an_array_of_any_float_type_is_a_copy_of_its_own(X):
    assert np.asarray(X, dtype=np.float64).dtype == np.float64
    plain = np.asarray(X)
    plain[:] = 7
    assert np.array_equal(np.asarray(X), TENSOR)
    with pytest.raises(ValueError, match="without a copy"):
        np.array(X, copy=False)


def test_arithmetic_and_functions_give_plain_arrays(X):
    for result in (X + 1, 1 + X, X * X, X == X, -X, np.maximum(X, 1), np.add.reduce(X)):
        assert type(result) is np.ndarray
    assert np.array_equal(X + 1, TENSOR + 1)
    assert np.array_equal(np.mean(X, axis=1), TENSOR.mean(axis=1))
    assert np.array_equal(np.take(X, [1], axis=0), TENSOR[[1]])
    assert np.shape(X) == (4, 3, 2)
    assert np.add(X, 1, out=np.zeros_like(TENSOR))[0, 0, 0] == 2


def test_changing_vectors_in_place_is_an_error_with_a_hint(X):
    with pytest.raises(TypeError, match=r"embedded tokens cannot be .*X = numpy\.asarray\(X\)"):
        X += 1
    with pytest.raises(TypeError):
        X[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        X.table[1, 0] = 9


@pytest.mark.parametrize("join", [np.concatenate, np.vstack, np.hstack, np.stack, np.block])
@pytest.mark.parametrize("other", ["EmbeddedTokens", "TokenIds", "tensor"])
def test_joining_two_blocks_is_an_error_with_a_hint(X, join, other):
    other = {"EmbeddedTokens": embedded(), "TokenIds": X.tokens, "tensor": TENSOR}[other]
    with pytest.raises(TypeError, match=r"got 2 blocks, embedded tokens among .*output=\"mean\""):
        join([X, other])
    with pytest.raises(TypeError, match="got 2 blocks"):
        join([other, X])


def test_joining_one_block_returns_it(X):
    assert np.hstack([X]) is X
    assert np.concatenate([X]) is X


# scikit-learn, pickle and joblib


def test_scikit_learn_selects_rows_and_preserves_the_factors(X):
    train, test, _, _ = train_test_split(X, [0, 1, 0, 1], test_size=2, random_state=0)
    for part in (train, test, resample(X, n_samples=2, random_state=0)):
        assert is_factored(part)
        assert part.shape == (2, 3, 2)


def test_scikit_learn_reads_the_tensor(X):
    assert np.array_equal(check_array(X, allow_nd=True), TENSOR)
    with pytest.raises(ValueError, match="dim 3"):
        check_array(X)


@pytest.mark.parametrize(
    "round_trip",
    [copy.copy, copy.deepcopy, lambda X: pickle.loads(pickle.dumps(X))],
    ids=["copy", "deepcopy", "pickle"],
)
def test_copies_keep_the_factors(X, round_trip):
    restored = round_trip(X)
    assert restored.vocabulary == WORDS
    assert np.array_equal(restored, TENSOR)
    with pytest.raises(ValueError, match="read-only"):
        restored.table[1, 0] = 9


def _variants():
    """Return values that differ from the fixture in a single part."""
    words = Vocabulary(("", "bad", "food", "slow"), n_known=4)
    return {
        "words": embedded(vocabulary=words),
        "vectors": embedded(table=TABLE * 2),
        "n_known": embedded(vocabulary=Vocabulary(WORDS.words, n_known=3)),
        "ids": embedded(IDS[::-1].copy()),
    }


@pytest.mark.parametrize("difference", _variants())
def test_hashes_differ_if_one_part_differs(X, difference):
    assert joblib.hash(X) == joblib.hash(embedded())
    assert joblib.hash(X) != joblib.hash(_variants()[difference])


class Sums(TransformerMixin, BaseEstimator):
    """Read everything that a network could read, so that a wrong cache entry is detected."""

    def fit(self, X, y=None):
        self.seen_ = X.vocabulary.words, X.vocabulary.n_known, np.asarray(X).tolist()
        return self

    def transform(self, X):
        return np.asarray(X).sum(axis=(1, 2))[:, None]


def test_a_cached_pipeline_distinguishes_words_and_vectors(X, tmp_path):
    for part in (X, *_variants().values(), X):
        pipeline = make_pipeline(Sums(), "passthrough", memory=joblib.Memory(tmp_path, verbose=0))
        pipeline.fit_transform(part)
        expected = part.vocabulary.words, part.vocabulary.n_known, np.asarray(part).tolist()
        assert pipeline[0].seen_ == expected


def _described(X):
    part = X[[0, -1]]
    return part.vocabulary.words, isinstance(X.table, np.memmap), np.asarray(part)


def test_workers_read_memory_mapped_tables(tmp_path):
    words = Vocabulary(("", *map(str, range(1, 500))), n_known=500)
    table = np.arange(500 * 4, dtype=np.float32).reshape(500, 4)
    table[0] = 0
    X = embedded(np.resize([[1, 2, 499]], (100, 3)), words, table)
    [(read, mapped, tensor)] = joblib.Parallel(
        n_jobs=2, max_nbytes=1000, temp_folder=tmp_path, mmap_mode="r"
    )(joblib.delayed(_described)(part) for part in [X])
    assert read == words.words
    assert mapped
    assert np.array_equal(tensor, table[[[1, 2, 499]] * 2])


# Bad input


def test_row_0_is_the_padding():
    with pytest.raises(ValueError, match="row 0 of table is not zero, as id 0 is padding"):
        embedded(table=TABLE + 1)


@pytest.mark.parametrize("table", [TABLE[:3], np.vstack([TABLE, TABLE]), TABLE[:, 0], TABLE[None]])
def test_a_table_of_another_shape_is_refused(table):
    with pytest.raises(ValueError, match=r"table has shape .*, expected \(4, dim\)"):
        embedded(table=table)


@pytest.mark.parametrize("wrong", [-1, 4, 2**31 - 1])
def test_an_id_without_a_row_is_refused(wrong):
    with pytest.raises(ValueError, match=rf"X holds token id {wrong} at .*, expected 0 to 3"):
        embedded(np.array([[1, 2], [wrong, 0]]))


def test_ragged_ids_are_refused_with_a_hint():
    ragged = TokenIds(np.array([1, 2, 3]), WORDS, offsets=[0, 1, 3])
    with pytest.raises(ValueError, match="ragged, expected a common length; put PadTransformer"):
        EmbeddedTokens(ragged, TABLE)


@pytest.mark.parametrize("tokens", [IDS, IDS.tolist(), None, "embedded"])
def test_ids_without_words_are_refused_with_a_hint(X, tokens):
    tokens = X if isinstance(tokens, str) else tokens
    with pytest.raises(TypeError, match=r"expected TokenIds; .* pass a plain tensor instead"):
        EmbeddedTokens(tokens, TABLE)
