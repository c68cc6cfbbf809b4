"""WordVectors: looking up, selecting, comparing, copying and pickling."""

import copy
import datetime
import pickle
import subprocess
import sys
from types import ModuleType, SimpleNamespace

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from sklearn_textnn import _arrays
from sklearn_textnn.embeddings import WordVectors, _words
from sklearn_textnn.embeddings._words import PackedWords, encode

LAW = settings(max_examples=100, deadline=None, database=None)
ANY_WORDS = st.lists(st.text(st.characters(), max_size=6), max_size=12, unique=True)


# Worked examples


def test_words_and_matrix_are_those_passed(tiny):
    assert list(tiny.words) == ["good", "great", "bad", "food", "soup"]
    assert tiny.words[1] == tiny.words[-4] == "great"
    assert tiny.words[3:] == ["food", "soup"]
    assert tiny.words == ("good", "great", "bad", "food", "soup")
    assert tiny.vectors.dtype == np.float32
    assert tiny.vectors[4].tolist() == [0.25, 1.5]
    assert (len(tiny), tiny.dim, list(tiny)) == (5, 2, list(tiny.words))
    assert repr(tiny) == "<WordVectors: 5 words, 2 dimensions>"
    assert repr(tiny.words) == "<5 words: 'good', 'great', 'bad', 'food', ...>"


def test_a_word_is_looked_up(tiny):
    assert tiny["bad"].tolist() == [-1, 0]
    assert "soup" in tiny
    for other in ("Soup", "", "sou", 3, None):
        assert other not in tiny
        with pytest.raises(KeyError):
            tiny[other]


def test_a_word_beyond_the_last_is_an_index_error(tiny):
    for i in (5, -6):
        with pytest.raises(IndexError, match="there are 5 words"):
            tiny.words[i]


def test_rows_of_returns_minus_one_for_words_without_vectors(tiny):
    rows = tiny.rows_of(["soup", "tea", "good", "soup", ""])
    assert rows.tolist() == [4, -1, 0, 4, -1]
    assert rows.dtype == np.int64
    assert tiny.rows_of([]).tolist() == []
    assert tiny.rows_of(iter(["bad"])).tolist() == [2]


def test_select_preserves_the_order(tiny):
    part = tiny.select(["soup", "tea", "good", "soup"])
    assert list(part.words) == ["soup", "good"]
    assert part.vectors.tolist() == [[0.25, 1.5], [1, 0]]
    nothing = tiny.select(["tea"])
    assert (len(nothing), nothing.dim, "good" in nothing) == (0, 2, False)


def test_nothing_can_be_changed(tiny):
    given_rows = np.eye(2, dtype=np.float32)
    vectors = WordVectors(["a", "b"], given_rows)
    given_rows[0, 0] = 7
    assert vectors["a"].tolist() == [1, 0]
    for array in (vectors.vectors, vectors["a"], tiny.select(["good"]).vectors):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_most_similar_returns_cosines(tiny):
    # good (1, 0): great 0.75 / sqrt(0.75² + 0.25²), soup 0.25 / sqrt(0.25² + 1.5²)
    expected = [("great", 0.94868), ("soup", 0.16440), ("food", 0.0), ("bad", -1.0)]
    found = tiny.most_similar("good")
    assert [word for word, _ in found] == [word for word, _ in expected]
    assert np.allclose([c for _, c in found], [c for _, c in expected], atol=1e-5)
    assert tiny.most_similar("good", n=1) == found[:1]
    assert tiny.most_similar([2.0, 0.0], n=2) == [("good", 1.0), found[0]]


def test_a_vector_of_zeros_is_similar_to_nothing():
    vectors = WordVectors(["none", "a"], [[0, 0], [0, 2]])
    assert vectors.most_similar("a") == [("none", 0.0)]
    assert vectors.most_similar([0, 0]) == [("none", 0.0), ("a", 0.0)]


def test_most_similar_refuses_unknown_words(tiny):
    with pytest.raises(KeyError, match="tea"):
        tiny.most_similar("tea")
    with pytest.raises(ValueError, match=r"shape \(3,\), expected a word or a vector of 2"):
        tiny.most_similar([1, 2, 3])
    with pytest.raises(ValueError, match="finite"):
        tiny.most_similar([1, np.nan])
    for n in (0, -1, 1.5):
        with pytest.raises(ValueError, match="expected an integer of at least 1"):
            tiny.most_similar("good", n=n)


@pytest.mark.parametrize(
    ("words", "rows", "error", "message"),
    [
        (["a", "b", "a"], np.eye(3), ValueError, "1 words are repeated, first 'a'"),
        (["a", 3], np.eye(2), TypeError, "word 1 is 3, a int; expected a str"),
        ("ab", np.eye(2), ValueError, r"a single str, expected an iterable .* pass \['ab'\]"),
        (["a"], np.eye(2), ValueError, r"shape \(2, 2\), expected \(1, dim\)"),
        (["a", "b"], [1, 2], ValueError, r"shape \(2,\), expected \(2, dim\)"),
        (["a"], np.empty((1, 0)), ValueError, r"shape \(1, 0\)"),
        (["a", "b"], [[1], [np.nan]], ValueError, "row 1, of 'b', has .* not finite"),
        (["a"], [[1e39]], ValueError, "row 0, of 'a', has .* not finite as float32"),
        ({"a", "b"}, np.eye(2), TypeError, "words is a set, .* in the order of the rows .* a list"),
        ({"a": 1, "b": 0}, np.eye(2), TypeError, "words is a dict, expected words in the order"),
        (None, np.eye(2), TypeError, "words is None of type NoneType, expected an iterable"),
        (7, np.eye(2), TypeError, "words is 7 of type int, expected an iterable of words: pass"),
        (["a", "b"], [[1, 2], [3]], ValueError, "row 1 of vectors has length 1, row 0 has 2"),
    ],
)
def test_invalid_vectors_are_an_error(words, rows, error, message):
    with pytest.raises(error, match=message):
        WordVectors(words, rows)


@pytest.mark.parametrize(
    "value",
    [1j, 1 + 0j, "1", None, pd.NA, datetime.timedelta(1), np.datetime64(1, "s"), np.timedelta64(1)],
    ids=repr,
)
def test_an_invalid_number_is_an_error_with_row_word_and_column(value):
    match = "row 1, of 'b', holds .* in column 1, expected a real number; pass an array of floats"
    rows = np.empty((2, 2), dtype=object)
    rows[:] = [[1, 2], [3, value]]
    with pytest.raises(ValueError, match=match):
        WordVectors(["a", "b"], rows)
    with pytest.raises(ValueError, match=r"row 0, of 'a', holds .* expected a real"):
        WordVectors(["a"], np.array([[value]]))


def test_words_come_in_the_order_of_the_rows(tiny):
    words = dict.fromkeys(tiny.words)
    for ordered in (words.keys(), pd.Index(words), iter(words), np.array([*words])):
        assert WordVectors(ordered, tiny.vectors) == tiny


def test_a_single_str_is_refused_as_words(tiny):
    for method in (tiny.rows_of, tiny.select):
        with pytest.raises(ValueError, match=r"pass \['good'\]"):
            method("good")
        with pytest.raises(TypeError, match="words is None of type NoneType, expected an iterable"):
            method(None)


# Laws and references


def assert_found_where_a_dict_finds_them(words, asked):
    vectors = WordVectors(words, np.zeros((len(words), 1)))
    places = {word: row for row, word in enumerate(words)}
    assert list(vectors.words) == words
    for some in (asked, words):
        assert vectors.rows_of(some).tolist() == [places.get(word, -1) for word in some]


@LAW
@given(words=ANY_WORDS, asked=ANY_WORDS)
def test_words_are_found_at_the_same_rows_as_in_a_dict(words, asked):
    """Lone surrogates, NUL and the empty word among them."""
    assert_found_where_a_dict_finds_them(words, asked)


@LAW
@given(words=ANY_WORDS, asked=ANY_WORDS)
def test_words_of_equal_hash_are_distinguished(words, asked):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_words, "_digest", lambda word: bytes([len(word) % 2] * 8))
        assert_found_where_a_dict_finds_them(words, asked)
        repeated = PackedWords.pack([encode(word) for word in [*words, *words]])
        assert repeated.first_rows().tolist() == list(range(len(words)))


@LAW
@given(seed=st.integers(0, 2**32 - 1), n_words=st.integers(2, 30), n=st.integers(1, 40))
def test_most_similar_agrees_with_the_formula_for_any_block_size(seed, n_words, n):
    rows = np.random.default_rng(seed).normal(size=(n_words, 3)).astype(np.float32)
    vectors = WordVectors([f"w{i}" for i in range(n_words)], rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_arrays, "_BLOCK", 7)  # two rows at a time
        found = vectors.most_similar("w0", n=n)
    cosines = rows @ rows[0] / np.linalg.norm(rows, axis=1) / np.linalg.norm(rows[0])
    expected = np.sort(cosines[1:])[::-1][:n]
    assert np.allclose([cosine for _, cosine in found], expected, atol=1e-6)
    assert all(np.isclose(cosines[int(word[1:])], cosine, atol=1e-6) for word, cosine in found)


# Copies share it, comparison is by content


def test_copies_and_clones_are_the_same_object(tiny):
    assert clone(tiny) is copy.copy(tiny) is copy.deepcopy(tiny) is tiny
    assert copy.deepcopy([tiny])[0] is tiny


def test_vectors_are_equal_when_words_and_numbers_are(tiny):
    same = WordVectors(list(tiny.words), tiny.vectors.astype(float))
    assert same == tiny
    assert hash(same) == hash(tiny)
    assert joblib.hash(same) == joblib.hash(tiny)
    others = [
        WordVectors([*tiny.words[:4], "tea"], tiny.vectors),
        WordVectors(tiny.words, tiny.vectors + 1),
        WordVectors(tiny.words, tiny.vectors[:, :1]),
        WordVectors(tiny.words[:4], tiny.vectors[:4]),
        WordVectors(["go", "odgreat", "bad", "food", "soup"], tiny.vectors),
        "good",
    ]
    for other in others:
        assert other != tiny
        assert joblib.hash(other) != joblib.hash(tiny)


def test_digest_and_joblib_hash_are_the_same_in_another_process(tiny):
    code = (
        "import joblib; from sklearn_textnn.embeddings import WordVectors; "
        f"v = WordVectors({list(tiny.words)}, {tiny.vectors.tolist()}); "
        "print(v.digest, joblib.hash(v))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert printed.stdout.split() == [tiny.digest, joblib.hash(tiny)]


def test_vectors_in_memory_are_pickled_completely(tiny):
    part = tiny.select(["soup", "bad"])
    again = pickle.loads(pickle.dumps(part))
    assert again == part
    assert list(again.words) == ["soup", "bad"]
    assert again["bad"].tolist() == [-1, 0]
    assert not again.vectors.flags.writeable
    assert joblib.hash(again) == joblib.hash(part)
    assert part.in_memory() is part


# gensim


def test_vectors_can_be_converted_from_gensim(tiny):
    keyed = SimpleNamespace(index_to_key=list(tiny.words), vectors=np.array(tiny.vectors))
    assert WordVectors.from_gensim(keyed) == tiny
    with pytest.raises(TypeError, match=r"got a SimpleNamespace, .* of a model pass its \.wv"):
        WordVectors.from_gensim(SimpleNamespace(wv=keyed))


def test_vectors_can_be_converted_to_gensim(tiny, monkeypatch):
    class KeyedVectors:
        def __init__(self, vector_size):
            self.vector_size = vector_size

        def add_vectors(self, keys, weights):
            self.index_to_key, self.vectors = keys, weights

    gensim = ModuleType("gensim")
    gensim.models = ModuleType("gensim.models")
    gensim.models.KeyedVectors = KeyedVectors
    monkeypatch.setitem(sys.modules, "gensim", gensim)
    monkeypatch.setitem(sys.modules, "gensim.models", gensim.models)
    keyed = tiny.to_gensim()
    assert (keyed.vector_size, keyed.index_to_key) == (2, list(tiny.words))
    assert keyed.vectors.flags.writeable
    assert WordVectors.from_gensim(keyed) == tiny


def test_without_gensim_the_error_has_a_hint(tiny, monkeypatch):
    monkeypatch.setitem(sys.modules, "gensim", None)
    with pytest.raises(ImportError, match="pip install gensim"):
        tiny.to_gensim()
