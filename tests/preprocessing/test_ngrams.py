"""NgramTransformer: positions and ids of n-grams."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import RandomizedSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

from sklearn_textnn.embeddings import GloVeEmbedder, WordVectors
from sklearn_textnn.inspection import explain_texts
from sklearn_textnn.model_selection import fit_in_chunks
from sklearn_textnn.preprocessing import (
    KerasTokenizerTransformer,
    NgramTransformer,
    PadTransformer,
    TokenIds,
    Vocabulary,
)

TEXTS = ["good food", "bad food here", "here", ""]
MANY = 2**20  # so many buckets that there are no collisions


def rows(X):
    return [row.tolist() for row in X]


def tokens_of(texts, training=TEXTS, **params):
    tokenizer = KerasTokenizerTransformer(unknown="keep").fit(training)
    return NgramTransformer(**params).transform(tokenizer.transform(texts))


def test_word_ids_are_unchanged_and_pairs_follow_their_last_word():
    plain = KerasTokenizerTransformer().fit_transform(TEXTS)
    X = NgramTransformer(n_buckets=MANY).fit_transform(plain)
    n = plain.vocabulary.n_known
    found, words = rows(X), rows(plain)
    assert [[i for i in row if i < n] for row in found] == words
    assert [len(row) for row in found] == [3, 5, 1, 0]
    assert found[1][:2] == words[1][:2]
    assert found[1][2] >= n
    assert X.vocabulary.words[:n] == plain.vocabulary.words
    assert (X.vocabulary.n_known, len(X.vocabulary)) == (n + MANY, n + MANY)


def test_hashes_depend_on_order_and_length():
    X = rows(tokens_of(["good bad", "bad good", "good bad food", "good bad"], n_buckets=MANY))
    assert X[0][2] == X[2][2] == X[3][2] != X[1][2]
    both = rows(tokens_of(["good bad food"], ngram_range=(1, 3), n_buckets=MANY))[0]
    assert len(set(both)) == len(both) == 6
    only = rows(tokens_of(["good bad food", "good"], ngram_range=(2, 3), n_buckets=MANY))
    assert only == [[both[2], both[4], both[5]], []]


def test_pairs_do_not_cross_texts():
    assert rows(tokens_of(["good", "bad"])) == [[3], [4]]


def test_an_unknown_word_shares_characters_with_known_ones():
    options = {"ngram_range": (1, 1), "char_ngram_range": (3, 4), "n_buckets": MANY}
    known, unknown, other = rows(tokens_of(["food", "foods", "xyz"], **options))
    n_known = 5
    assert unknown[0] == n_known + MANY  # beyond the buckets, so without a row in the classifier
    grams = ["<fo", "foo", "ood", "od>", "<foo", "food", "ood>"]
    assert len(known) == 1 + len(grams)
    shared = set(known[1:]) & set(unknown)
    assert len(shared) == 5  # all but the two with the end of the word
    assert not set(known) & set(other)


def test_word_boundaries_alone_are_not_ngrams():
    X = rows(tokens_of(["a"], ngram_range=(1, 1), char_ngram_range=(1, 9), n_buckets=MANY))
    assert len(X[0]) == 1 + len(["a", "<a", "a>", "<a>"])


words = st.text(st.characters(exclude_categories=()), min_size=1, max_size=4)  # surrogates too


@given(st.lists(st.lists(words, max_size=5).map(" ".join), max_size=5), st.integers(1, 9))
def test_the_ids_of_a_text_do_not_depend_on_other_texts(texts, n_buckets):
    options = {"ngram_range": (1, 3), "char_ngram_range": (2, 3), "n_buckets": n_buckets}
    tokenizer = KerasTokenizerTransformer().fit(TEXTS)
    step = NgramTransformer(**options)
    together = rows(step.transform(tokenizer.transform(texts)))
    alone = [rows(step.transform(tokenizer.transform([text])))[0] for text in texts]
    assert together == alone
    assert all(1 <= i < tokenizer.n_tokens_ + n_buckets for row in together for i in row)


def test_the_hash_is_the_same_in_every_process():
    code = (
        "from sklearn_textnn.preprocessing import *\n"
        "X = KerasTokenizerTransformer().fit_transform(['good b\\u00e4d food'])\n"
        "print([r.tolist() for r in NgramTransformer((1, 3), (2, 4)).transform(X)])"
    )
    plain = KerasTokenizerTransformer().fit_transform(["good b\u00e4d food"])
    here = str(rows(NgramTransformer((1, 3), (2, 4)).transform(plain)))
    for seed in ("1", "2"):
        command = [sys.executable, "-c", code]
        env = {"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)}
        run = subprocess.run(command, capture_output=True, text=True, env=env, timeout=60)
        assert run.stdout.strip() == here, run.stderr


def test_zeros_are_dropped_and_the_index_is_preserved():
    vocabulary = Vocabulary(("", "good", "food"), n_known=3)
    X = TokenIds(np.array([1, 0, 2, 0]), vocabulary, offsets=[0, 3, 4], index=pd.Index([7, 5]))
    found = NgramTransformer(n_buckets=1).transform(X)
    assert rows(found) == [[1, 2, 3], []]
    assert found.index.tolist() == [7, 5]


def test_a_truncated_text_has_complete_ngrams():
    X = tokens_of(["good bad food"], n_buckets=MANY)
    cut = np.asarray(PadTransformer(maxlen=2).transform(X))
    assert cut.tolist() == [rows(X)[0][-2:]]
    assert cut[0][0] == 1  # "food", then the pair that ends in it


def test_chunks_give_the_same_ids():
    steps = KerasTokenizerTransformer(), NgramTransformer(n_buckets=64), PadTransformer(maxlen=5)
    whole = make_pipeline(*steps).fit(TEXTS).transform(TEXTS)
    assert isinstance(whole, TokenIds)
    pandas = make_pipeline(*steps).set_output(transform="pandas")
    assert isinstance(pandas[:-1].fit_transform(TEXTS), TokenIds)


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"ngram_range": (2, 1)}, r"'ngram_range'.*\(2, 1\).*pair of ints"),
        ({"ngram_range": (0, 1)}, "'ngram_range'"),
        ({"ngram_range": 2}, "'ngram_range'"),
        ({"char_ngram_range": (3, True)}, "'char_ngram_range'"),
        ({"n_buckets": 0}, "'n_buckets'"),
        ({"n_buckets": 2**24 + 1}, "'n_buckets'"),
    ],
)
def test_a_parameter_outside_of_its_range_is_an_error(params, match):
    X = KerasTokenizerTransformer().fit_transform(TEXTS)
    with pytest.raises(ValueError, match=match):
        NgramTransformer(**params).fit(X)


@pytest.mark.parametrize("method", ["fit", "transform"])
def test_input_other_than_ragged_token_ids_is_an_error(method):
    do = getattr(NgramTransformer(), method)
    with pytest.raises(TypeError, match="X is a list, expected TokenIds"):
        do(TEXTS)
    with pytest.raises(TypeError, match="X is a ndarray, expected TokenIds"):
        do(np.ones((2, 2), int))
    ids = KerasTokenizerTransformer().fit_transform(TEXTS)
    with pytest.raises(ValueError, match=r"padded to 3 columns.*before PadTransformer"):
        do(PadTransformer().fit_transform(ids))
    odd = TokenIds(np.array([1, 9]), Vocabulary(("", "good"), n_known=2), offsets=[0, 1, 2])
    with pytest.raises(ValueError, match="id 9 at row 1, column 0, expected 0 to 1"):
        do(odd)


# In a pipeline


def reviews():
    rng = np.random.default_rng(0)
    pairs = [("not good", 0), ("good not", 1), ("not bad", 1), ("bad not", 0)]
    drawn = [pairs[i] for i in rng.integers(0, 4, size=80)]
    return [text for text, _ in drawn], np.array([y for _, y in drawn])


def pooling(**params):
    from sklearn_textnn import KerasTextClassifier, PoolingNetwork

    network = PoolingNetwork(embedding_dim=8, pooling="average", units=None, dropout=0.0)
    return make_pipeline(
        KerasTokenizerTransformer(unknown="keep"),
        NgramTransformer(**{"n_buckets": 256} | params),
        PadTransformer(),
        KerasTextClassifier(
            network, epochs=15, batch_size=16, optimizer__learning_rate=0.05, random_state=0
        ),
    )


def test_with_pairs_a_pooling_network_learns_the_order_of_words():
    texts, y = reviews()
    with_pairs, without = pooling(), pooling(ngram_range=(1, 1))
    assert with_pairs.fit(texts, y).score(texts, y) == 1
    assert without.fit(texts, y).score(texts, y) < 0.9
    found = explain_texts(with_pairs, ["not good"])
    assert len(found.to_frame()) >= 2


def test_character_ngrams_help_with_unknown_words():
    texts, y = ["wonderful", "wonderfully", "awful", "awfully"] * 10, [1, 1, 0, 0] * 10
    pipeline = pooling(ngram_range=(1, 1), char_ngram_range=(3, 5), n_buckets=2**12).fit(texts, y)
    assert pipeline.predict(["wonderfulness", "awfulness"]).tolist() == [1, 0]


def test_chunks_train_it():
    texts, y = reviews()
    pipeline = pooling().set_params(padtransformer__maxlen=3)
    fit_in_chunks(pipeline, [(texts[:40], y[:40]), (texts[40:], y[40:])], epochs=2)
    assert pipeline.predict_proba(texts[:2]).shape == (2, 2)


@pytest.mark.slow
def test_a_nested_search_chooses_among_ngrams():
    texts, y = reviews()
    choices = {
        "ngramtransformer__ngram_range": [(1, 1), (1, 2)],
        "ngramtransformer__char_ngram_range": [None, (2, 3)],
    }
    search = RandomizedSearchCV(pooling(), choices, n_iter=3, cv=2, random_state=0)
    scores = cross_val_score(search, texts, y, cv=2, error_score="raise")
    assert scores.min() > 0.9


def test_ngrams_have_no_pretrained_vectors():
    vectors = WordVectors(["good", "food", "bad"], np.eye(3))
    ids = KerasTokenizerTransformer().fit_transform(TEXTS)
    X = NgramTransformer(n_buckets=4).transform(ids)
    pooled = GloVeEmbedder(vectors, output="mean")
    with pytest.warns(UserWarning, match="of the running words"):
        found = pooled.fit_transform(X)
    plain = GloVeEmbedder(vectors, output="mean").fit_transform(ids)
    np.testing.assert_array_equal(found, plain)
