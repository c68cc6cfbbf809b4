"""GloVeEmbedder."""

import copy
import hashlib
import pickle
import sys
import tracemalloc
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.utils._param_validation import InvalidParameterError

from sklearn_textnn.datasets import fetch_sentiment_sentences
from sklearn_textnn.embeddings import EmbeddedTokens, GloVeEmbedder, WordVectors, _lookup
from sklearn_textnn.embeddings._lookup import mean_and_spread, noise, other_forms
from sklearn_textnn.preprocessing import (
    KerasTokenizerTransformer,
    PadTransformer,
    TokenIds,
    Vocabulary,
)

LAW = settings(max_examples=60, deadline=None, database=None)
TEXTS = ["good food", "bad bad soup", "slow", "good slow service"]
POOLED = ("mean", "max", "min", "idf-mean")
LATER = ["great news", "", "news food news", "good"]  # great has a vector, news has none


@pytest.fixture
def fitted(tiny):
    """Return a maker of embedders fitted on TEXTS."""

    def make(**params):
        return GloVeEmbedder(tiny, **params).fit(TEXTS)

    return make


def tokenized(texts=TEXTS, **params):
    return KerasTokenizerTransformer(**params).fit_transform(texts)


def padded(texts=TEXTS, **params):
    return PadTransformer().fit_transform(tokenized(texts, **params))


# What fit learns


def test_the_matrix_holds_the_vector_of_every_known_word(tiny):
    embedder = GloVeEmbedder(tiny).fit(tokenized())
    # ids by frequency: good 2, bad 2, slow 2, then food, soup, service
    assert embedder.vocabulary_.words == ("", "good", "bad", "slow", "food", "soup", "service")
    expected = [[0, 0], [1, 0], [-1, 0], [0, 0], [0, 1], [0.25, 1.5], [0, 0]]
    assert embedder.embedding_matrix_.tolist() == expected
    assert embedder.embedding_matrix_.dtype == np.float32
    with pytest.raises(ValueError, match="read-only"):
        embedder.embedding_matrix_[1] = 0


def test_coverage_counts_types_tokens_and_documents(fitted):
    # 6 words, slow and service without a vector; 9 running words, 3 without; "slow" has none
    coverage = fitted().coverage_
    assert (coverage.types, coverage.tokens, coverage.documents) == (4 / 6, 6 / 9, 3 / 4)
    assert repr(coverage).startswith("Coverage(types=0.66")


def test_words_without_vectors_are_listed_by_frequency(tiny):
    embedder = GloVeEmbedder(tiny).fit(["good b a c", "a good food c", "bad c soup soup good"])
    assert list(embedder.oov_words_.items()) == [("c", 3), ("a", 2), ("b", 1)]


def test_only_words_that_occur_count_for_coverage(tiny):
    """The ids of a fold come with the words of the whole corpus."""
    X = tokenized()[:2]
    embedder = GloVeEmbedder(tiny).fit(X)
    assert embedder.coverage_.types == embedder.coverage_.tokens == 1
    assert embedder.oov_words_ == {}
    assert embedder.embedding_matrix_.shape == (7, 2)


def test_idf_is_that_of_scikit_learn(tiny):
    X = tokenized([*TEXTS, "food"])
    counts = np.array([np.bincount(row, minlength=len(X.vocabulary)) for row in X])
    expected = TfidfTransformer().fit(counts).idf_
    assert np.allclose(GloVeEmbedder(tiny).fit(X).idf_, expected, rtol=1e-15)


def test_fit_takes_the_vectors_from_a_path(tiny, tmp_path):
    path = tmp_path / "vectors.txt"
    rows = zip(tiny.words, tiny.vectors.tolist(), strict=True)
    path.write_text("".join(f"{word} {a} {b}\n" for word, (a, b) in rows))
    for given_path in (path, str(path)):
        embedder = GloVeEmbedder(given_path, output="mean").fit(TEXTS)
        assert embedder.vectors_ == tiny
        assert np.array_equal(embedder.transform(TEXTS), embeddings_of(tiny, TEXTS, "mean"))


# Outputs, against slow versions


def embeddings_of(vectors, texts, kind, train=TEXTS):
    """Pool word by word."""
    n_documents = {w: sum(w in t.split() for t in train) for t in train for w in t.split()}
    pooled = []
    for text in texts:
        words = [word for word in text.split() if word in vectors]
        rows = np.array([vectors[word] for word in words], dtype=np.float64)
        idf = [np.log((1 + len(train)) / (1 + n_documents.get(w, 0))) + 1 for w in words]
        if not words:
            pooled.append(np.zeros(vectors.dim))
        elif kind == "idf-mean":
            pooled.append(np.average(rows, axis=0, weights=idf))
        else:
            pooled.append(getattr(rows, kind)(axis=0))
    return np.array(pooled, dtype=np.float32)


@pytest.mark.parametrize("kind", POOLED)
@pytest.mark.parametrize("form", ["texts", "ragged", "padded"])
def test_pooling_uses_only_words_with_vectors(tiny, kind, form):
    X = {"texts": TEXTS, "ragged": tokenized(), "padded": padded()}[form]
    pooled = GloVeEmbedder(tiny, output=kind).fit_transform(X)
    assert type(pooled) is np.ndarray
    assert pooled.dtype == np.float32
    assert np.allclose(pooled, embeddings_of(tiny, TEXTS, kind), rtol=1e-6)


def test_a_mean_worked_out_by_hand(fitted):
    # bad bad soup: ((-1, 0) + (-1, 0) + (0.25, 1.5)) / 3; slow has no vector
    assert fitted(output="mean").transform(TEXTS[1:3]).tolist() == [
        [np.float32(-1.75 / 3), 0.5],
        [0, 0],
    ]


@pytest.mark.parametrize("join", [tuple, list])
def test_several_pooled_outputs_are_concatenated(fitted, join):
    joined = fitted(output=join(["max", "mean"])).transform(TEXTS)
    parts = [fitted(output=kind).transform(TEXTS) for kind in ("max", "mean")]
    assert np.array_equal(joined, np.hstack(parts))


def test_a_sequence_has_separate_ids_and_table(tiny):
    X = padded()
    embedder = GloVeEmbedder(tiny).fit(X)
    embedded = embedder.transform(X)
    assert isinstance(embedded, EmbeddedTokens)
    assert embedded.tokens is X
    assert embedded.table is embedder.embedding_matrix_


def test_a_tensor_is_the_plain_array_of_the_sequence(fitted):
    tensor = fitted(output="tensor").transform(TEXTS)
    assert type(tensor) is np.ndarray
    assert tensor.shape == (4, 3, 2)
    assert tensor.dtype == np.float32
    assert np.array_equal(tensor, fitted().transform(TEXTS))
    assert tensor[1].tolist() == [[-1, 0], [-1, 0], [0.25, 1.5]]


@pytest.mark.parametrize("X", [TEXTS, tokenized()], ids=["texts", "ragged"])
def test_documents_of_any_length_are_padded_to_the_longest_of_training(tiny, X):
    embedder = GloVeEmbedder(tiny).fit(X[:1])
    assert embedder.pad_.maxlen_ == 2
    assert embedder.transform(X).shape == (4, 2, 2)
    assert embedder.transform(X[2:3])[0].tolist() == [[0, 0], [0, 0]]


def test_padded_ids_preserve_their_width_and_side(tiny):
    X = PadTransformer(maxlen=7, padding="pre").fit_transform(tokenized())
    embedder = GloVeEmbedder(tiny).fit(X)
    assert embedder.n_features_in_ == 7
    assert np.array_equal(embedder.transform(X).ids, X)
    with pytest.raises(ValueError, match="X has 3 features, but GloVeEmbedder is expecting 7"):
        embedder.transform(padded())
    assert embedder.transform(tokenized()).shape == (4, 7, 2)
    assert not hasattr(embedder.fit(TEXTS), "n_features_in_")


@pytest.mark.parametrize("output", ["sequence", "tensor", *POOLED, ("mean", "max")], ids=str)
def test_no_documents_give_no_rows(fitted, output):
    shape = fitted(output=output).transform([]).shape
    assert shape[0] == 0
    assert shape[1:] == fitted(output=output).transform(TEXTS).shape[1:]


@pytest.mark.parametrize("kind", POOLED)
def test_a_vector_of_zeros_is_a_vector(kind):
    vectors = WordVectors(["a", "b"], [[0, 0], [2, -2]])
    pooled = GloVeEmbedder(vectors, output=kind).fit_transform(["a b", "b"])
    halves = {"mean": [1, -1], "max": [2, 0], "min": [0, -2]}
    weights = np.array([np.log(3 / 2) + 1, 1])  # a is in one document of two, b in both
    expected = halves.get(kind, (weights[1] / weights.sum() * np.array([2, -2])).tolist())
    assert np.allclose(pooled, [expected, [2, -2]], rtol=1e-6)


def test_set_params_after_fit_chooses_among_outputs(fitted):
    embedder = fitted(output="mean")
    for output in ("sequence", "tensor", *POOLED):
        embedder.set_params(output=output)
        again = fitted(output=output).transform(TEXTS)
        assert np.array_equal(embedder.transform(TEXTS), again)


# Vectors of words without one

CASED = WordVectors(["The", "apple", "strasse", "u", "b"], [[1, 0], [2, 0], [3, 0], [4, 0], [5, 6]])


def vector_of(word, oov, vectors=CASED, **params):
    """Return the vector of a word, after fit and in transform, which must agree."""
    tokenizer = KerasTokenizerTransformer(filters="", lower=False, unknown="keep")
    params = {"output": "tensor", "oov": oov, "tokenizer": tokenizer, **params}
    known = GloVeEmbedder(vectors, **params).fit([f"b b b b {word}"]).transform([word])
    unknown = GloVeEmbedder(vectors, **params).fit(["b b"]).transform([word])
    assert np.array_equal(known[0, 0], unknown[0, 0])
    return known[0, 0].tolist()


@pytest.mark.filterwarnings("ignore:.*hold white space")
@pytest.mark.parametrize(
    ("word", "oov", "expected"),
    [
        ("Apple", "zero", 0),
        ("Apple", "casefold", 2),
        ("Apple", ("casefold",), 2),
        ("Apple", ["casefold", "zero"], 2),
        ("STRAßE", ("casefold",), 3),
        ("apple!", ("casefold",), 0),
        ("apple!", ("strip",), 2),
        ("“apple”…", "strip", 2),
        ("$apple\u00a0€", "strip", 2),
        ("-a-p-", "strip", 0),
        ("!?", "strip", 0),
        ("(Apple)", ("strip",), 0),
        ("(Apple)", ("casefold", "strip"), 2),
        ("(Apple)", ("strip", "casefold"), 2),
        ("The.", ("casefold", "strip"), 1),
        ("THE", ("casefold", "strip"), 0),
    ],
)
def test_other_forms_of_a_word_are_looked_up(word, oov, expected):
    assert vector_of(word, oov) == [expected, 0]


def test_the_word_itself_comes_before_its_other_forms():
    vectors = WordVectors(["us", "US", "us.", "b"], [[1, 0], [2, 0], [3, 0], [4, 0]])
    for word, expected in [("us", 1), ("US", 2), ("us.", 3), ("US.", 3), ("Us", 1)]:
        assert vector_of(word, ("casefold", "strip"), vectors) == [expected, 0]
    assert vector_of("US.", ("strip", "casefold"), vectors) == [2, 0]


def test_forms_are_tried_in_order_and_once():
    assert other_forms("x", ("casefold", "strip")) == []
    assert other_forms("X.", ("strip", "casefold")) == ["X", "x.", "x"]
    assert other_forms("...", ("strip",)) == []
    assert other_forms("_a\u0301_", ("strip",)) == ["a\u0301"]  # an accent is no punctuation


def test_a_form_that_was_found_counts_as_covered(tiny):
    tokenizer = KerasTokenizerTransformer(lower=False)
    texts = ["Good FOOD", "bad xyz"]
    with pytest.warns(UserWarning, match="25.0%"):
        without = GloVeEmbedder(tiny, tokenizer=tokenizer).fit(texts)
    assert without.oov_words_ == {"Good": 1, "FOOD": 1, "xyz": 1}
    embedder = GloVeEmbedder(tiny, oov=("casefold", "mean"), tokenizer=tokenizer).fit(texts)
    assert embedder.coverage_.types == 0.75
    assert embedder.oov_words_ == {"xyz": 1}


def test_the_mean_is_that_of_all_vectors():
    assert vector_of("xyz", "mean") == [3.0, np.float32(6 / 5)]
    assert vector_of("(Apple", ("casefold", "strip", "mean")) == [2, 0]


def test_mean_and_spread_are_read_in_blocks():
    vectors = np.random.default_rng(0).normal(3, 2, size=(2**20 // 4 + 5, 4)).astype(np.float32)
    mean, spread = mean_and_spread(vectors)
    assert np.allclose(mean, vectors.mean(axis=0, dtype=np.float64), rtol=1e-12)
    assert np.isclose(spread, vectors.std(dtype=np.float64), rtol=1e-9)


def test_statistics_of_the_vectors_are_computed_once_for_all_folds(monkeypatch):
    read = []
    monkeypatch.setattr(_lookup, "mean_and_spread", lambda v: read.append(v) or mean_and_spread(v))
    for oov in ("mean", "random", ("strip", "mean")):
        for _fold in range(3):
            vectors = WordVectors(["once", "for", "all"], [[1, 2], [3, 4], [5, 6]])
            GloVeEmbedder(vectors, oov=oov).fit(["once new"])
    assert len(read) == 1


def test_random_vectors_depend_on_the_word_only():
    first = vector_of("xyz", "random")
    assert first == vector_of("xyz", ("casefold", "strip", "random"))
    assert first != vector_of("xyZ", "random")
    several = GloVeEmbedder(CASED, oov="random").fit(["b b b xyz other"]).transform(["other xyz"])
    assert several[0][1].tolist() == first


def test_random_vectors_are_the_same_in_every_process():
    """They are derived from the SHAKE-256 of the word, 4 bytes per number."""
    drawn = hashlib.shake_256("naïve".encode()).digest(12)
    whole = [int.from_bytes(drawn[i : i + 4], "little") for i in (0, 4, 8)]
    expected = [(number / 2**31 - 1) * 3**0.5 for number in whole]  # from -sqrt(3) to sqrt(3)
    assert np.allclose(noise(["b", "naïve"], 3)[1], expected, rtol=1e-15)
    assert noise(["xyz"], 2).round(6).tolist() == [[-1.567108, 1.722495]]


def test_random_vectors_have_the_spread_of_the_vectors():
    rng = np.random.default_rng(0)
    vectors = WordVectors(map(str, range(2000)), rng.normal(0, 0.3, size=(2000, 20)))
    texts = [f"1 2 3 4 w{i}" for i in range(500)]
    embedder = GloVeEmbedder(vectors, oov="random").fit(texts)
    drawn = embedder.embedding_matrix_[[w[:1] == "w" for w in embedder.vocabulary_.words]]
    assert len(drawn) == 500
    assert np.std(drawn) == pytest.approx(0.3, rel=0.02)
    assert abs(np.mean(drawn)) < 0.01
    assert len(np.unique(drawn)) > 9_900


@pytest.mark.parametrize("oov", ["mean", "random"])
@pytest.mark.parametrize("kind", POOLED)
def test_substitute_vectors_are_pooled(tiny, oov, kind):
    embedder = GloVeEmbedder(tiny, oov=oov, output="tensor").fit(TEXTS)
    vector = embedder.transform(["slow"])[0, 0]
    assert vector.any()
    assert embedder.coverage_.tokens == 6 / 9  # but the word does not count as covered
    embedder.set_params(output=kind)
    assert np.allclose(embedder.transform(["slow"]), [vector], rtol=1e-6)
    good, both = embedder.transform(["good", "good slow"])
    assert not np.allclose(good, both)


def test_the_oov_token_is_treated_as_a_word(tiny):
    X = tokenized(num_words=3, oov_token="<unknown>")  # good has the same id, the others do not
    with pytest.warns(UserWarning, match="22.2%"):
        embedder = GloVeEmbedder(tiny).fit(X)
    assert embedder.vocabulary_.words == ("", "<unknown>", "good")
    assert embedder.embedding_matrix_.tolist() == [[0, 0], [0, 0], [1, 0]]
    assert embedder.oov_words_ == {"<unknown>": 7}
    with pytest.warns(UserWarning, match="22.2%"):
        embedder.set_params(oov="mean").fit(X)
    assert embedder.embedding_matrix_[1].tolist() == tiny.vectors.mean(axis=0).tolist()
    with_own = WordVectors([*tiny.words, "<unknown>"], [*tiny.vectors, [7, 7]])
    assert GloVeEmbedder(with_own).fit(X).embedding_matrix_[1].tolist() == [7, 7]


def test_an_id_without_a_word_has_zeros_even_if_the_empty_word_has_a_vector():
    vectors = WordVectors(["", "a"], [[5, 5], [1, 1]])
    X = TokenIds(np.array([[1, 2], [0, 1]]), Vocabulary(("", "a", ""), n_known=3))
    for oov in ("zero", "mean", "random", "strip"):
        embedder = GloVeEmbedder(vectors, oov=oov, output="mean").fit(X)
        assert embedder.embedding_matrix_.tolist() == [[0, 0], [1, 1], [0, 0]]
        assert embedder.transform(X).tolist() == [[1, 1], [1, 1]]


# Words of later texts


def test_the_table_grows_by_the_vectors_of_later_words(tiny):
    tokenizer = KerasTokenizerTransformer(unknown="keep").fit(TEXTS)
    embedder = GloVeEmbedder(tiny).fit(tokenizer.transform(TEXTS))
    later = embedder.transform(tokenizer.transform(LATER))
    assert later.vocabulary.words[7:] == ("great", "news")
    assert len(later.table) == 9
    assert np.array_equal(later.table[:7], embedder.embedding_matrix_)
    assert later.table[7:].tolist() == [[0.75, 0.25], [0, 0]]
    assert later[0].tolist() == [[0.75, 0.25], [0, 0], [0, 0]]
    assert embedder.vocabulary_.words == tokenizer.vocabulary_.words  # fit is as it was
    assert embedder.embedding_matrix_.shape == (7, 2)


@pytest.mark.parametrize("kind", POOLED)
def test_later_words_are_pooled(fitted, tiny, kind):
    pooled = fitted(output=kind).transform(LATER)
    assert np.allclose(pooled, embeddings_of(tiny, LATER, kind), rtol=1e-6)


def test_words_cut_off_count_as_unknown(tiny):
    # ids 1 and 2 are known: good and bad; food and soup are looked up, but their idf is not learned
    X = tokenized(num_words=3, unknown="keep")
    embedder = GloVeEmbedder(tiny, output="idf-mean").fit(X)
    assert embedder.vocabulary_.words == ("", "good", "bad")
    assert embedder.vocabulary_.n_known == len(embedder.embedding_matrix_) == 3
    assert embedder.coverage_.tokens == 6 / 9
    assert embedder.oov_words_ == {"slow": 2, "service": 1}
    assert embedder.idf_.shape == (3,)
    good, unseen = np.log(5 / 3) + 1, np.log(5 / 1) + 1  # of 4 documents, 2 hold good
    expected = [good / (good + unseen), unseen / (good + unseen)]
    assert np.allclose(embedder.transform(X)[0], expected, rtol=1e-6)


KNOWN_AND_LATER = ("good", "great", "bad", "food", "soup", "slow", "news", "x")
DOCUMENTS = st.lists(
    st.lists(
        st.sampled_from(["good", "great", "bad", "food", "soup", "slow", "news", "x"]), max_size=5
    ).map(" ".join),
    min_size=1,
    max_size=6,
)


@LAW
@given(texts=DOCUMENTS, oov=st.sampled_from(["zero", "mean", "random"]), data=st.data())
def test_the_output_for_a_text_does_not_depend_on_other_texts(tiny, texts, oov, data):
    """To the last bit, although the ids of new words depend on the other texts."""
    output = data.draw(st.sampled_from(["tensor", *POOLED, POOLED]))
    embedder = GloVeEmbedder(tiny, oov=oov, output=output).fit(TEXTS)
    together = embedder.transform(texts)
    alone = np.concatenate([embedder.transform([text]) for text in texts[::-1]])[::-1]
    assert np.array_equal(together, alone)
    order = data.draw(st.permutations(range(len(texts))))
    assert np.array_equal(embedder.transform([texts[i] for i in order]), together[order])


@LAW
@given(texts=DOCUMENTS, kind=st.sampled_from(POOLED))
def test_pooling_agrees_with_the_slow_version(tiny, texts, kind):
    pooled = GloVeEmbedder(tiny, output=kind).fit(TEXTS).transform(texts)
    assert np.allclose(pooled, embeddings_of(tiny, texts, kind), rtol=1e-5, atol=1e-7)


@LAW
@given(texts=DOCUMENTS)
def test_the_order_of_words_does_not_change_a_pooled_vector(tiny, texts):
    embedder = GloVeEmbedder(tiny, output=POOLED).fit(TEXTS)
    backwards = [" ".join(text.split()[::-1]) for text in texts]
    forwards = embedder.transform(texts)
    assert np.allclose(forwards, embedder.transform(backwards), rtol=1e-5, atol=1e-7)


def test_another_vocabulary_is_an_error_that_shows_the_first_difference(tiny):
    embedder = GloVeEmbedder(tiny).fit(tokenized())
    for X, match in [
        (tokenized(TEXTS[::-1]), "id 2 for 'bad', not for 'slow'"),
        (tokenized(TEXTS[:2]), "vocabulary of 5 known words .* expected that of fit, 7 words"),
        (tokenized(oov_token="?"), "oov_id=1, expected that of fit, 7 words, oov_id=None"),
    ]:
        with pytest.raises(ValueError, match=rf"{match}.*the tokenizer that made the ids of fit"):
            embedder.transform(X)


# Containers of texts, and the tokenizer inside


@pytest.mark.parametrize(
    "X",
    [
        tuple(TEXTS),
        (text for text in TEXTS),
        np.array(TEXTS),
        np.array(TEXTS, dtype=object),
        np.array(TEXTS)[:, None],
        pd.Series(TEXTS),
        pd.Series(TEXTS, dtype=object),
        pd.DataFrame({"text": TEXTS}),
        [text.encode() for text in TEXTS],
        [bytearray(text.encode()) for text in TEXTS],
    ],
    ids=lambda X: type(X).__name__,
)
def test_texts_come_in_any_container(fitted, tiny, X):
    embedded = GloVeEmbedder(tiny, output="mean").fit_transform(X)
    assert np.array_equal(embedded, fitted(output="mean").transform(TEXTS))


def test_the_tokenizer_is_cloned_and_the_passed_one_unchanged(tiny):
    assert GloVeEmbedder(tiny).fit(TEXTS).tokenizer_.unknown == "keep"
    tokenizer = KerasTokenizerTransformer(num_words=4)
    embedder = GloVeEmbedder(tiny, tokenizer=tokenizer).fit(TEXTS)
    assert embedder.tokenizer_.num_words == 4
    assert len(embedder.vocabulary_) == 4
    assert not hasattr(tokenizer, "vocabulary_")
    embedder.set_params(tokenizer__num_words=3).fit(TEXTS)
    assert len(embedder.vocabulary_) == 3
    assert not hasattr(embedder.fit(tokenized()), "tokenizer_")


def test_texts_and_their_ids_give_the_same(tiny):
    from_texts = GloVeEmbedder(tiny).fit(TEXTS)
    steps = make_pipeline(
        KerasTokenizerTransformer(unknown="keep"), PadTransformer(), GloVeEmbedder(tiny)
    ).fit(TEXTS)
    for X in (TEXTS, LATER):
        assert np.array_equal(from_texts.transform(X), steps.transform(X))
        assert np.array_equal(from_texts.transform(X).table, steps.transform(X).table)


def test_an_embedder_of_texts_accepts_ids_of_its_tokenizer(fitted):
    embedder = fitted()
    ids = embedder.tokenizer_.transform(LATER)
    assert np.array_equal(embedder.transform(ids), embedder.transform(LATER))


def test_an_embedder_of_ids_refuses_texts(tiny):
    with pytest.raises(ValueError, match="X holds texts, expected TokenIds as in fit"):
        GloVeEmbedder(tiny).fit(tokenized()).transform(TEXTS)


def test_a_tokenizer_must_return_token_ids(tiny):
    class Split(KerasTokenizerTransformer):
        def fit_transform(self, X, y=None):
            return [text.split() for text in X]

    with pytest.raises(ValueError, match="tokenizer gave a list, expected TokenIds"):
        GloVeEmbedder(tiny, tokenizer=Split()).fit(TEXTS)


class Spaces(BaseEstimator):
    """A third-party tokenizer, which declares no parameters to check."""

    def __init__(self, split=None):
        self.split = split

    def fit_transform(self, X, y=None):
        words = dict.fromkeys(word for text in X for word in text.split(self.split))
        self.vocabulary_ = Vocabulary(("", *words), n_known=len(words) + 1)
        return self.transform(X)

    def transform(self, X):
        words = self.vocabulary_.words
        rows = [[words.index(word) for word in text.split(self.split)] for text in X]
        ids = np.array([i for row in rows for i in row])
        return TokenIds(ids, self.vocabulary_, offsets=np.cumsum([0, *map(len, rows)]))


def test_a_third_party_tokenizer_works(tiny):
    embedder = GloVeEmbedder(tiny, output="mean", tokenizer=Spaces()).fit(TEXTS)
    assert np.array_equal(embedder.transform(TEXTS), embeddings_of(tiny, TEXTS, "mean"))


# Bad input


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("num_words", 0),
        ("num_words", "x"),
        ("num_words", 2.5),
        ("filters", None),
        ("lower", "no"),
        ("split", 3),
        ("oov_token", 3),
        ("unknown", "x"),
        ("encoding", None),
        ("decode_error", "x"),
    ],
)
def test_parameters_of_the_tokenizer_are_checked(tiny, parameter, value):
    embedder = GloVeEmbedder(tiny, tokenizer=KerasTokenizerTransformer(**{parameter: value}))
    match = f"'{parameter}' parameter of KerasTokenizerTransformer"
    for method in (embedder.fit, embedder.fit_transform):
        with pytest.raises(InvalidParameterError, match=match):
            method(TEXTS)


WITHOUT_WORDS = {
    "matrix": np.array([[1, 2], [3, 0]]),
    "floats": np.array([[1.0, 2.0]]),
    "numbers": np.array([1, 2]),
    "list": [[1, 2], [3]],
    "empty row first": [[], [3]],
    "tuples": ((1, 2), (3,)),
    "flat list": [1, 2],
    "arrays": [np.array([1, 2]), np.array([3])],
    "object array": np.array([[1, 2], [3, 4]], dtype=object),
    "asarray": np.asarray(tokenized()),
    "frame": pd.DataFrame([[1, 2], [3, 0]]),
    "nullable frame": pd.DataFrame([[1, 2], [3, 0]], dtype="Int64"),
    "series of rows": pd.Series([[1, 2], [3]]),
    "sparse": sparse.csr_array([[1, 2], [3, 0]]),
    "padded": np.asarray(padded()),
    "pandas": PadTransformer().set_output(transform="pandas").fit_transform(tokenized()),
}


@pytest.mark.parametrize("kind", WITHOUT_WORDS)
def test_ids_without_words_are_refused_with_a_hint(tiny, kind):
    match = r"token ids without words.*set_output\(transform=\"default\"\)"
    with pytest.raises(ValueError, match=match):
        GloVeEmbedder(tiny).fit(WITHOUT_WORDS[kind])
    with pytest.raises(ValueError, match=match):
        GloVeEmbedder(tiny).fit(TEXTS).transform(WITHOUT_WORDS[kind])


def test_embedding_twice_is_refused(fitted):
    embedded = fitted().transform(TEXTS)
    with pytest.raises(ValueError, match="embedded already"):
        fitted().transform(embedded)


@pytest.mark.parametrize(
    ("X", "error", "match"),
    [
        ("good food", ValueError, "X is one str"),
        (["good", None], ValueError, "text 1 is missing"),
        ([float("nan"), "good"], ValueError, "text 0 is missing"),
        (pd.Series(["good", pd.NA]), ValueError, "text 1 is missing"),
        ([["good", "food"], ["bad"]], TypeError, "text 0 is of type list"),
        (pd.DataFrame({"a": ["good"], "b": ["bad"]}), ValueError, "2 columns"),
        (None, TypeError, "X is of type NoneType"),
        ([], ValueError, "0 samples"),
        (["", " !"], ValueError, "no words"),
        (tokenized()[:0], ValueError, "0 samples"),
        (tokenized(["good", ""])[[1]], ValueError, "X holds no words: every text is empty"),
        (padded(["good", ""])[[1]], ValueError, "X holds no words: every text is empty"),
    ],
)
def test_invalid_training_input_is_an_error(tiny, X, error, match):
    with pytest.raises(error, match=match):
        GloVeEmbedder(tiny).fit(X)


@pytest.mark.parametrize("wrong", [-1, 7, 2**31 - 1])
@pytest.mark.parametrize("output", ["mean", "sequence"])
def test_an_id_beyond_its_vocabulary_is_refused(tiny, wrong, output):
    X = padded()
    embedder = GloVeEmbedder(tiny, output=output).fit(X)
    bad = TokenIds(np.array([[1, wrong, 2]]), X.vocabulary)
    for method in (embedder.transform, embedder.fit):
        with pytest.raises(ValueError, match=f"X holds token id {wrong} at .*, expected 0 to 6"):
            method(bad)


def test_vectors_for_other_words_are_an_error_with_a_hint(tiny):
    match = (
        r"none of the 3 words of X has a vector: X holds 'Good', 'Food', 'Bad', the vectors hold "
        r"'good', 'great', 'bad'\..*lower=True.*casefold"
    )
    X = tokenized(["Good Food", "Bad"], lower=False)
    with pytest.raises(ValueError, match=match):
        GloVeEmbedder(tiny).fit(X)
    assert GloVeEmbedder(tiny, oov="casefold").fit(X).coverage_.tokens == 1


def test_low_coverage_is_a_warning_with_the_rate(tiny):
    with pytest.warns(UserWarning, match=r"only 25\.0% of the running words .*\(33\.3% of the dis"):
        GloVeEmbedder(tiny).fit(["good x x y"])
    GloVeEmbedder(tiny).fit(["good x"])  # a half is enough


@pytest.mark.parametrize(
    "vectors", [None, 7, {"good": [1, 2]}, np.ones((2, 2)), ["a.txt"], b"a.txt", WordVectors]
)
def test_other_objects_than_vectors_are_refused_with_a_hint(vectors):
    with pytest.raises(InvalidParameterError, match=r"'vectors' parameter .* WordVectors\(words"):
        GloVeEmbedder(vectors).fit(TEXTS)


def test_a_file_that_does_not_exist_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        GloVeEmbedder(tmp_path / "none.txt").fit(TEXTS)


@pytest.mark.parametrize(
    "output",
    ["", "median", None, 1, (), ("mean", "tensor"), ("sequence",), ("mean", "mean"), (["mean"],)],
    ids=str,
)
def test_an_unknown_output_is_refused(tiny, output):
    with pytest.raises(InvalidParameterError, match="'output' parameter of GloVeEmbedder is"):
        GloVeEmbedder(tiny, output=output).fit(TEXTS)


@pytest.mark.parametrize(
    "oov",
    [
        "",
        "median",
        None,
        0,
        (),
        ("zero", "casefold"),
        ("mean", "random"),
        ("strip", "strip"),
        ("strip", "zero", "zero"),
        ("lower",),
        (["strip"],),
        {"strip"},
    ],
    ids=str,
)
def test_an_unknown_oov_policy_is_refused(tiny, oov):
    with pytest.raises(InvalidParameterError, match="'oov' parameter of GloVeEmbedder is"):
        GloVeEmbedder(tiny, oov=oov).fit(TEXTS)


def test_transform_before_fit_is_refused(tiny):
    for method in ("transform", "get_feature_names_out"):
        with pytest.raises(NotFittedError):
            getattr(GloVeEmbedder(tiny, output="mean"), method)(TEXTS)


@pytest.mark.parametrize("X", [[], ["qqq"], WITHOUT_WORDS["matrix"]], ids=str)
def test_a_failed_fit_leaves_the_old_state(fitted, X):
    embedder = fitted()
    before = vars(embedder).copy()
    with pytest.raises(ValueError, match=r"samples|none of|without words"):
        embedder.fit(X)
    assert vars(embedder) == before


# Conventions of scikit-learn


def test_clones_share_the_vectors(tiny):
    embedder = GloVeEmbedder(tiny, output=("mean", "max"), oov=("strip", "mean")).fit(TEXTS)
    cloned = clone(embedder)
    assert cloned.vectors is tiny
    assert cloned.get_params() == embedder.get_params()
    assert not hasattr(cloned, "embedding_matrix_")


def test_oov_and_output_can_be_searched(tiny):
    pipeline = make_pipeline(GloVeEmbedder(tiny), LogisticRegression())
    grid = {
        "gloveembedder__output": ["mean", ("mean", "max")],
        "gloveembedder__oov": ["zero", ("casefold", "strip", "random")],
    }
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(TEXTS * 2, [1, 0] * 4)
    assert len(search.cv_results_["params"]) == 4


def test_columns_are_named_by_pooling(fitted):
    names = fitted(output=("mean", "idf-mean")).get_feature_names_out()
    expected = ["vector_mean_0", "vector_mean_1", "vector_idf-mean_0", "vector_idf-mean_1"]
    assert names.tolist() == expected
    assert names.dtype == object


def test_pooled_vectors_follow_set_output(tiny):
    embedder = GloVeEmbedder(tiny, output="mean").set_output(transform="pandas")
    frame = embedder.fit_transform(TEXTS)
    assert frame.columns.tolist() == ["vector_mean_0", "vector_mean_1"]
    assert np.array_equal(frame, embeddings_of(tiny, TEXTS, "mean"))
    assert frame.equals(clone(embedder).fit(TEXTS).transform(TEXTS))
    assert type(embedder.set_output(transform="default").transform(TEXTS)) is np.ndarray
    assert embedder.set_output(transform=None) is embedder


def test_set_output_does_not_change_the_container_of_a_sequence(tiny):
    embedder = GloVeEmbedder(tiny).set_output(transform="pandas")
    assert isinstance(embedder.fit_transform(TEXTS), EmbeddedTokens)
    with sklearn.config_context(transform_output="pandas"):
        assert isinstance(GloVeEmbedder(tiny).fit_transform(TEXTS), EmbeddedTokens)
    pipeline = make_pipeline(GloVeEmbedder(tiny), "passthrough").set_output(transform="pandas")
    assert isinstance(pipeline.fit_transform(TEXTS), EmbeddedTokens)
    embedder.set_params(output="mean")
    assert isinstance(embedder.transform(TEXTS), pd.DataFrame)


@pytest.mark.needs("scikit-learn>=1.7")  # before, the error is that of pandas
def test_a_tensor_cannot_become_a_frame(tiny):
    embedder = GloVeEmbedder(tiny, output="tensor").set_output(transform="pandas")
    with pytest.raises(
        ValueError, match=r"tensor is 3-D, which does not fit a frame; .*transform=\"default\""
    ):
        embedder.fit_transform(TEXTS)
    assert embedder.set_output(transform="default").fit_transform(TEXTS).shape == (4, 3, 2)


def test_tags_declare_texts_as_input(tiny):
    tags = sklearn.utils.get_tags(GloVeEmbedder(tiny))
    assert tags.input_tags.string
    assert not tags.input_tags.two_d_array


@pytest.mark.parametrize("oov", ["zero", "mean", ("casefold", "random")], ids=str)
def test_copies_transform_the_same_as_the_original(fitted, oov):
    embedder = fitted(oov=oov, output=POOLED)
    for copied in (copy.deepcopy(embedder), pickle.loads(pickle.dumps(embedder))):
        assert np.array_equal(copied.transform(LATER), embedder.transform(LATER))
        with pytest.raises(ValueError, match="read-only"):
            copied.embedding_matrix_[1] = 0


def test_a_pickle_holds_the_matrix_but_not_the_vectors(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "vectors.txt"
    rows = rng.normal(size=(2000, 50)).round(3).tolist()
    path.write_text("".join(f"w{i} {' '.join(map(str, row))}\n" for i, row in enumerate(rows)))
    embedder = GloVeEmbedder(path).fit(["w1 w2 w3"])
    size = len(pickle.dumps(embedder))
    assert size < 10_000  # 4 rows of 50 numbers; the file's are 400,000 bytes as float32
    copied = pickle.loads(pickle.dumps(embedder))
    assert np.array_equal(copied.transform(["w1 w7"]), embedder.transform(["w1 w7"]))


# Memory


@pytest.mark.parametrize("output", POOLED)
def test_pooling_does_not_build_the_tensor(output):
    rng = np.random.default_rng(0)
    n_samples, length, dim, n_words = 12_500, 20, 128, 500
    vectors = WordVectors(map(str, range(1, n_words)), rng.normal(size=(n_words - 1, dim)))
    vocabulary = Vocabulary(("", *vectors.words), n_known=n_words)
    ids = rng.integers(1, n_words, size=(n_samples, length), dtype=np.int32)
    X = TokenIds(ids, vocabulary)
    embedder = GloVeEmbedder(vectors, output=output).fit(X[:10])
    tracemalloc.start()
    pooled = embedder.transform(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    tensor = n_samples * length * dim * 4  # 128 MB, twenty times the result
    assert peak < tensor / 2
    kind = {"idf-mean": "mean"}.get(output, output)
    expected = getattr(embedder.embedding_matrix_[ids[-50:]], kind)(axis=1)
    assert np.allclose(pooled[-50:], expected, atol=0.5 if output == "idf-mean" else 1e-5)


# Real vectors


def test_yelp_is_covered_as_in_the_tutorial(shared_data, tmp_path):
    glove = shared_data / "glove.6B.50d.zip"
    if not glove.is_file():
        pytest.skip("no glove.6B.50d.zip in the folder of real data")
    texts = fetch_sentiment_sentences(
        subset="yelp", data_home=shared_data / "sentiment", legacy_quoting=True
    ).data
    train, _ = train_test_split(texts, test_size=0.25, random_state=1000)
    X = KerasTokenizerTransformer(num_words=5000).fit_transform(train)
    vectors = WordVectors.read(glove, words=X.vocabulary.words[1:], cache=False)
    matrix = GloVeEmbedder(vectors, oov="zero").fit(X).embedding_matrix_
    assert matrix.shape == (1747, 50)
    assert np.count_nonzero(matrix.any(axis=1)) / len(matrix) == 0.9507727532913566


# In chunks

MANY = [*TEXTS, "", *LATER, "soup soup good", "slow slow news and more news", "and good food"]


@LAW
@given(
    cuts=st.lists(st.integers(1, len(MANY) - 1), max_size=4, unique=True),
    output=st.sampled_from(["sequence", ("mean", "idf-mean")]),
    kind=st.sampled_from(["texts", "ragged", "padded", "unknown"]),
)
def test_partial_fit_on_chunks_equals_fit_on_all_texts(tiny, cuts, output, kind):
    X = MANY
    if kind != "texts":
        cut = {"num_words": 6, "unknown": "keep"} if kind == "unknown" else {}
        tokenizer = KerasTokenizerTransformer(**cut).fit(MANY)
        pad = PadTransformer(5).fit(tokenizer.transform(MANY))
    whole, parts = GloVeEmbedder(tiny, output=output), GloVeEmbedder(tiny, output=output)
    ends = [0, *sorted(cuts), len(MANY)]
    chunks = [X[a:b] for a, b in pairwise(ends)]
    if kind != "texts":
        chunks = [tokenizer.transform(chunk) for chunk in chunks]
        X = tokenizer.transform(X)
    if kind == "padded":
        X, chunks = pad.transform(X), [pad.transform(chunk) for chunk in chunks]
    whole.fit(X)
    for chunk in chunks:
        parts.partial_fit(chunk)
    assert parts.vocabulary_ == whole.vocabulary_
    assert parts.coverage_ == whole.coverage_
    assert parts.oov_words_ == whole.oov_words_
    assert parts.pad_.maxlen_ == whole.pad_.maxlen_
    np.testing.assert_array_equal(parts.embedding_matrix_, whole.embedding_matrix_)
    np.testing.assert_array_equal(parts.idf_, whole.idf_)
    np.testing.assert_array_equal(np.asarray(parts.transform(X)), np.asarray(whole.transform(X)))


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (TEXTS, tokenized(), "X holds TokenIds, expected texts"),
        (tokenized(), TEXTS, "X holds texts, expected TokenIds"),
        (tokenized(), padded(), "padded in some chunks and ragged in others"),
        (padded(), tokenized(), "padded in some chunks and ragged in others"),
        (tokenized(), tokenized(["other words"]), "X has a vocabulary of 3 known words"),
        (TEXTS, [], "Found 0 samples"),
    ],
)
def test_a_chunk_of_another_kind_is_refused(tiny, first, second, message):
    embedder = GloVeEmbedder(tiny).partial_fit(first)
    before = pickle.dumps(embedder)
    with pytest.raises(ValueError, match=message):
        embedder.partial_fit(second)
    assert pickle.dumps(embedder) == before


def test_a_tokenizer_without_partial_fit_is_refused_at_the_second_chunk(tiny):
    class AllAtOnce(BaseEstimator):
        def fit_transform(self, X, y=None):
            return tokenized(X)

        def transform(self, X):
            return tokenized(X)

    embedder = GloVeEmbedder(tiny, tokenizer=AllAtOnce()).partial_fit(TEXTS)
    with pytest.raises(ValueError, match="AllAtOnce without partial_fit"):
        embedder.partial_fit(TEXTS)


def test_only_the_first_chunk_needs_words(tiny):
    with pytest.raises(ValueError, match="X holds no words"):
        GloVeEmbedder(tiny).partial_fit(["", ""])
    embedder = GloVeEmbedder(tiny).fit(TEXTS).partial_fit(["", ""])
    assert (
        embedder.coverage_.documents == GloVeEmbedder(tiny).fit(TEXTS).coverage_.documents * 4 / 6
    )


def n_instructions(run):
    """Count the bytecodes that a call executes, which grow with the items that Python looks at."""
    count = 0

    def trace(frame, event, arg):
        nonlocal count
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run()
    finally:
        sys.settrace(before)
    return count


def test_the_work_of_a_chunk_does_not_grow_with_the_words_before_it(tiny):
    """What has the size of the vocabulary is left to NumPy; Python sees the chunk's own words."""

    def work(n_words):
        words = [f"word{i}" for i in range(n_words)]
        tokenizer = KerasTokenizerTransformer(unknown="keep")
        X = tokenizer.fit_transform(["good " * n_words, " ".join(words)])
        embedder = GloVeEmbedder(tiny, output="mean").fit(X)
        chunk = tokenizer.transform(["good word1 word2", "word2 word2", "new"])
        return n_instructions(lambda: embedder.partial_fit(chunk))

    few, many = work(10), work(2_000)
    assert few > 0
    assert many < few + 200  # nothing for each of 2,000 words


def test_copies_count_on_apart_from_each_other(tiny):
    one = GloVeEmbedder(tiny).fit(TEXTS)
    other = copy.copy(one)
    first, second = ["good zeta alpha", "news food"], ["good alpha zeta", "sad news"]
    one.partial_fit(first)
    other.partial_fit(second)
    for embedder, more in ((one, first), (other, second)):
        whole = GloVeEmbedder(tiny).fit(TEXTS + more)
        assert embedder.coverage_ == whole.coverage_
        assert list(embedder.oov_words_.items()) == list(whole.oov_words_.items())
        np.testing.assert_array_equal(embedder.idf_, whole.idf_)


def test_further_chunks_need_no_file_of_vectors(tiny, tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text("good 1 0\nbad 0 1\n")
    embedder = GloVeEmbedder(WordVectors.read(path, data_home=tmp_path)).fit(["good", "bad"])
    embedder.set_params(vectors=str(tmp_path / "elsewhere.txt"))
    assert embedder.partial_fit(["good good"]).coverage_.documents == 1
