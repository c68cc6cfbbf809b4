"""explain_texts(method="gradients"): integrated gradients for the words of texts."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sklearn_textnn import (
    ConvolutionalNetwork,
    DenseNetwork,
    FlattenNetwork,
    KerasTextClassifier,
    KerasTokenizerTransformer,
    PadTransformer,
    PoolingNetwork,
)
from sklearn_textnn.inspection import explain_texts
from sklearn_textnn.preprocessing import NgramTransformer

TEXTS = ["good food", "bad food", "good good service", "bad service", "fine food", "poor food"]
Y = np.array(["pos", "neg", "pos", "neg", "pos", "neg"])
THREE = np.array(["a", "b", "c", "a", "b", "c"])
# For these two, the zeros that integration starts from equal a text without words.
LIKE_EMPTY = {
    "pooling": PoolingNetwork(4, units=3, activation="tanh"),
    "flatten": FlattenNetwork(4),
}
ALL = LIKE_EMPTY | {"convolution": ConvolutionalNetwork(4, 5, kernel_size=(1, 2))}


def fitted(network, y=Y, *, maxlen=4, **parameters):
    classifier = KerasTextClassifier(
        network, epochs=3, optimizer__learning_rate=0.05, random_state=0, **parameters
    )
    steps = KerasTokenizerTransformer(), PadTransformer(maxlen), classifier
    return make_pipeline(*steps).fit(TEXTS, y)


def odds(pipeline, texts):
    p = pipeline.predict_proba(texts).astype(float)
    return np.log(p) - np.log(1 - p)


@pytest.mark.parametrize("y", [Y, THREE], ids=["2 classes", "3 classes"])
@pytest.mark.parametrize("name", LIKE_EMPTY)
def test_the_values_sum_to_the_log_odds_minus_those_of_the_empty_text(name, y):
    pipeline = fitted(LIKE_EMPTY[name], y)
    (one,) = explain_texts(pipeline, ["Good, bad food"], method="gradients")
    assert one.method == "gradients"
    text, empty = odds(pipeline, ["good bad food", ""])
    np.testing.assert_allclose(one.values.sum(axis=0), text - empty, atol=2e-3)
    np.testing.assert_allclose(one.scores, text, atol=1e-4)


@pytest.mark.parametrize("n_members", [1, 2])
def test_attributions_of_a_convolution_sum_to_the_difference_to_zero_vectors(n_members):
    pipeline = fitted(ALL["convolution"], n_members=n_members)
    (values,) = pipeline[-1].token_attributions(pipeline[:-1].transform(["good bad food"]))
    nothing = 0
    for member in pipeline[-1].members_:  # the same text, with a table of zeros
        model = member.model_
        model.weights[0].assign(np.zeros(model.weights[0].shape))
        ids = np.asarray(pipeline[:-1].transform(["good bad food"]))
        nothing += np.asarray(model(ids))[0, 0].astype(float) / n_members
    expected = odds(pipeline, ["good bad food"])[0, 1] - (np.log(nothing) - np.log(1 - nothing))
    np.testing.assert_allclose(values.sum(axis=0), [-expected, expected], atol=2e-3)


def test_attributions_of_a_linear_network_are_vector_times_weight_over_n_words():
    pipeline = fitted(PoolingNetwork(4, pooling="average"))
    table, kernel, _ = pipeline[-1].weights_
    ids = np.asarray(pipeline[:-1].transform(["good bad"]))[0, :2]
    (values,) = pipeline[-1].token_attributions(pipeline[:-1].transform(["good bad"]))
    np.testing.assert_allclose(values[:, 1], (table[ids] @ kernel)[:, 0] / 2, atol=1e-5)


@pytest.mark.parametrize("name", ALL)
def test_a_dropped_word_has_0_and_does_not_shift_the_others(name):
    pipeline = fitted(ALL[name])
    with_, without = explain_texts(
        pipeline, ["zebra good <b>zebra</b> food", "good food"], method="gradients"
    )
    assert with_.tokens == ["zebra", "good", "b", "zebra", "b", "food"]
    np.testing.assert_allclose(with_.values[[1, 5]], without.values)
    assert not with_.values[[0, 2, 3, 4]].any()


@pytest.mark.parametrize("truncating", ["pre", "post"])
def test_truncated_words_have_0(truncating):
    classifier = KerasTextClassifier(PoolingNetwork(4), epochs=2, random_state=0)
    pad = PadTransformer(2, truncating=truncating)
    pipeline = make_pipeline(KerasTokenizerTransformer(), pad, classifier).fit(TEXTS, Y)
    (one,) = explain_texts(pipeline, ["good bad poor food"], method="gradients")
    kept = [2, 3] if truncating == "pre" else [0, 1]
    assert np.flatnonzero(one.values[:, 0]).tolist() == kept
    (alone,) = explain_texts(
        pipeline, ["poor food" if truncating == "pre" else "good bad"], method="gradients"
    )
    np.testing.assert_allclose(one.values[kept], alone.values)


def test_values_do_not_depend_on_other_texts_and_a_search_can_be_explained():
    pipeline = fitted(ALL["convolution"])
    search = GridSearchCV(pipeline, {}, cv=2).fit(TEXTS, Y)
    a, b = explain_texts(search, ["good food", "bad service, bad food"], method="gradients")
    b2, a2 = explain_texts(search, ["bad service, bad food", "good food"], method="gradients")
    np.testing.assert_allclose(a.values, a2.values)
    np.testing.assert_allclose(b.values, b2.values)


def test_grouped_occurrences_have_the_sum():
    pipeline = fitted(ALL["pooling"])
    (single,) = explain_texts(pipeline, ["good bad Good"], method="gradients")
    (both,) = explain_texts(pipeline, ["good bad Good"], method="gradients", together=True)
    np.testing.assert_allclose(both.values[0], single.values[[0, 2]].sum(axis=0))
    np.testing.assert_allclose(both.values[2], both.values[0])


def with_ngrams(ngrams, pad=None, unknown="drop"):
    """Fit a network whose log-odds are the mean of weights, one per n-gram."""
    classifier = KerasTextClassifier(
        PoolingNetwork(4, pooling="average"),
        epochs=3,
        optimizer__learning_rate=0.05,
        random_state=0,
    )
    tokens = KerasTokenizerTransformer(unknown=unknown)
    return make_pipeline(tokens, ngrams, pad or PadTransformer(), classifier).fit(TEXTS, Y)


def weights_of_ids(pipeline):
    table, kernel, _ = pipeline[-1].weights_
    return (table @ kernel)[:, 0]


def test_the_value_of_an_ngram_is_shared_by_its_words():
    pipeline = with_ngrams(NgramTransformer((1, 3), n_buckets=50))
    (one,) = explain_texts(pipeline, ["Good, zebra food!", "service"][:1], method="gradients")
    ids = pipeline[:2].transform(["good food"])[0]
    good, food, both = weights_of_ids(pipeline)[ids] / 3
    assert one.tokens == ["Good", "zebra", "food"]
    np.testing.assert_allclose(one.values[:, 1], [good + both / 2, 0, food + both / 2], atol=1e-5)


@pytest.mark.parametrize(
    "ngrams",
    [
        NgramTransformer((2, 2), n_buckets=50),
        NgramTransformer((1, 2), (2, 4), n_buckets=50),
        NgramTransformer((1, 1), (3, 3), n_buckets=50),
    ],
    ids=["pairs alone", "characters too", "characters"],
)
@pytest.mark.parametrize("unknown", ["drop", "keep"])
def test_with_ngrams_the_values_still_sum_to_the_log_odds(ngrams, unknown):
    pipeline = with_ngrams(ngrams, unknown=unknown)
    texts = ["Good zebra, bad food", "zebra", "", "poor service"]
    explanations = explain_texts(pipeline, texts, method="gradients")
    nothing = float(pipeline[-1].weights_[-1][0])
    for text, one in zip(texts, explanations, strict=True):
        (full,) = odds(pipeline, [text])
        sums = one.values.sum(axis=0)
        np.testing.assert_allclose(sums[1], full[1] - nothing, atol=2e-3)
    assert (explanations[1].values != 0).any() == (
        unknown == "keep" and ngrams.ngram_range != (2, 2)
    )


@pytest.mark.parametrize("truncating", ["pre", "post"])
def test_truncated_ngrams_have_0(truncating):
    pad = PadTransformer(3, truncating=truncating)
    pipeline = with_ngrams(NgramTransformer((1, 2), n_buckets=50), pad)
    (one,) = explain_texts(pipeline, ["good bad poor food"], method="gradients")
    # good, bad, good bad | poor, bad poor, food, poor food
    good, bad, first, poor, _, food, last = weights_of_ids(pipeline)[
        pipeline[:2].transform(["good bad poor food"])[0]
    ]
    between = weights_of_ids(pipeline)[pipeline[:2].transform(["bad poor"])[0]][2]
    if truncating == "post":
        expected = [good + first / 2, bad + first / 2, 0, 0]
    else:
        expected = [0, between / 2, between / 2 + last / 2, food + last / 2]
    np.testing.assert_allclose(one.values[:, 1], np.array(expected) / 3, atol=1e-5)
    assert poor != 0


def test_texts_without_words_have_no_values():
    one, two = explain_texts(fitted(ALL["convolution"]), ["", "zebra"], method="gradients")
    assert one.values.shape == (0, 2)
    assert two.values.tolist() == [[0, 0]]


def test_classifiers_without_token_vectors_are_refused():
    counts = make_pipeline(CountVectorizer(), LogisticRegression()).fit(TEXTS, Y)
    with pytest.raises(TypeError, match=r"needs a pipeline whose last step has token_attributions"):
        explain_texts(counts, ["good"], method="gradients")
    dense = make_pipeline(CountVectorizer(), KerasTextClassifier(DenseNetwork(), epochs=1))
    with pytest.raises(TypeError, match=r"DenseNetwork .* no table of token vectors"):
        explain_texts(dense.fit(TEXTS, Y), ["good"], method="gradients")
    with pytest.raises(ValueError, match="method"):
        explain_texts(counts, ["good"], method="guess")
