"""Flat ids: memory is proportional to tokens, and values are those of the padded matrix."""

import pickle

import joblib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_textnn.preprocessing import FlatIds, PadTransformer, TokenIds, Vocabulary, offsets_of

LAW = settings(max_examples=100, deadline=None, database=None)
WORDS = Vocabulary(("", "good", "food", "slow"), n_known=4)
ROWS = st.lists(st.lists(st.integers(0, 3), max_size=5), min_size=1, max_size=5)
SIDES = st.sampled_from(["post", "pre"])


def tokens_of(rows):
    flat = np.array([i for row in rows for i in row], dtype=np.int32)
    return TokenIds(flat, WORDS, offsets=offsets_of([len(row) for row in rows]))


def last_token(matrix):
    """Return the position of the last id that is not 0, counted from 1, of each row."""
    return [max((j + 1 for j, i in enumerate(row) if i), default=0) for row in matrix.tolist()]


@LAW
@given(rows=ROWS, maxlen=st.integers(1, 6), padding=SIDES, truncating=SIDES)
def test_flat_ids_equal_their_matrix(rows, maxlen, padding, truncating):
    pad = PadTransformer(maxlen, padding=padding, truncating=truncating)
    factored = pad.fit_transform(tokens_of(rows))
    matrix = pad.fit_transform([np.array(row, dtype=int) for row in rows])
    laid_out = TokenIds(matrix, WORDS)
    assert type(matrix) is np.ndarray
    assert np.array_equal(factored, matrix)
    assert factored.lengths.tolist() == laid_out.lengths.tolist() == last_token(matrix)
    assert [row.tolist() for row in factored] == matrix.tolist()


@LAW
@given(
    rows=ROWS,
    width=st.integers(1, 6),
    first=SIDES,
    maxlen=st.sampled_from([None, 0.5, 1, 2, 3, 5, 8]),
    padding=SIDES,
    truncating=SIDES,
)
def test_padding_again_equals_padding_the_matrix(rows, width, first, maxlen, padding, truncating):
    factored = PadTransformer(width, padding=first).fit_transform(tokens_of(rows))
    again = PadTransformer(maxlen, padding=padding, truncating=truncating)
    padded = again.fit_transform(factored)
    assert np.array_equal(padded, again.fit_transform(np.asarray(factored)))
    assert padded.lengths.tolist() == last_token(np.asarray(padded))


@pytest.mark.parametrize("maxlen", [15_000, 25_000])
@pytest.mark.parametrize("truncating", ["pre", "post"])
def test_padding_again_takes_memory_for_tokens_only(maxlen, truncating, monkeypatch):
    X = PadTransformer(padding="pre").fit_transform(book_among_reviews())
    monkeypatch.setattr(FlatIds, "lay_out", None)
    again = PadTransformer(maxlen, padding="pre", truncating=truncating).fit_transform(X)
    assert again.shape == (2000, maxlen)
    assert again.flat.ids.size <= X.flat.ids.size


@LAW
@given(rows=ROWS, width=st.integers(1, 6), padding=SIDES)
def test_the_first_columns_are_those_of_the_matrix(rows, width, padding):
    flat = PadTransformer(6, padding=padding).fit_transform(tokens_of(rows)).flat
    matrix = np.asarray(flat)
    assert np.array_equal(flat.lay_out(width), matrix[:, :width])
    first, lead, end = flat.places().T
    for i, row in enumerate(matrix):
        inside = [flat.ids[first[i] + c] if lead[i] <= c < end[i] else 0 for c in range(6)]
        assert inside == row.tolist()


@LAW
@given(rows=ROWS, padding=SIDES, data=st.data())
def test_an_id_is_found_in_its_row_and_column(rows, padding, data):
    flat = PadTransformer(5, padding=padding).fit_transform(tokens_of(rows)).flat
    if len(flat.ids):
        place = data.draw(st.integers(0, len(flat.ids) - 1))
        assert np.asarray(flat)[flat.row_of(place)] == flat.ids[place]


def book_among_reviews(n=2000, longest=20_000):
    lengths = np.full(n, 10)
    lengths[n // 2] = longest
    ids = np.ones(lengths.sum(), dtype=np.int32)
    return TokenIds(ids, WORDS, offsets=offsets_of(lengths))


def test_containers_take_memory_for_tokens_only(tmp_path):
    X = PadTransformer().fit_transform(book_among_reviews())
    assert X.shape == (2000, 20_000)  # 160 MB as a matrix
    assert np.shares_memory(X.flat.ids, X[:1000].flat.ids)
    assert len(pickle.dumps(X)) < 300_000
    joblib.dump(X, tmp_path / "X")
    assert (tmp_path / "X").stat().st_size < 300_000
    back = joblib.load(tmp_path / "X", mmap_mode="r")
    assert isinstance(back.flat.ids, np.memmap)
    assert np.array_equal(back[[3, 999]], X[[3, 999]])


def test_a_matrix_that_exceeds_memory_is_an_error_with_maxlen_as_hint():
    flat = FlatIds(np.ones(6, dtype=np.int32), offsets_of([1, 5]), 2**31 - 1)
    several = flat[np.zeros(2**15, dtype=int)]
    with pytest.raises(MemoryError, match=r"32768 texts of 2147483647 .*Set maxlen=0.99 in PadTra"):
        np.asarray(several)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"width": 2}, "width=2, but a document has 3 ids"),
        ({"width": 3, "padding": "left"}, "padding='left', expected 'post' or 'pre'"),
    ],
)
def test_documents_that_are_wider_than_the_matrix_are_refused(how, message):
    with pytest.raises(ValueError, match=message):
        TokenIds(np.array([1, 2, 3]), WORDS, offsets=[0, 3], **how)
