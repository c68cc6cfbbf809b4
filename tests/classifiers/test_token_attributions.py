"""token_attributions: completeness for every kind of token table and target."""

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from sklearn_textnn import (
    ConvolutionalNetwork,
    GloVeEmbedder,
    KerasTextClassifier,
    KerasTokenizerTransformer,
    PadTransformer,
    PoolingNetwork,
    WordVectors,
)

TEXTS = ["good food", "bad food", "good good service", "bad service", "fine food", "poor food"]
Y = np.array([1, 0, 1, 0, 1, 0])
WORDS = ["good", "bad", "food", "service", "fine", "poor", "great", "awful"]


@pytest.fixture(scope="module")
def vectors():
    table = np.random.default_rng(0).normal(size=(len(WORDS), 3)).astype(np.float32)
    return WordVectors(WORDS, table)


def log_odds(p):
    return np.log(p) - np.log(1 - p)


def check_completeness(pipeline, text):
    values = pipeline[-1].token_attributions(pipeline[:-1].transform([text, ""]))
    whole, empty = log_odds(pipeline.predict_proba([text, ""]).astype(float))
    np.testing.assert_allclose(values[0].sum(axis=0), whole - empty, atol=2e-3)
    assert not values[1].any()
    return values[0]


@pytest.mark.parametrize("trainable", [True, False])
def test_words_with_vectors_only_have_attributions(vectors, trainable):
    classifier = KerasTextClassifier(
        PoolingNetwork(pooling="average", trainable=trainable),
        epochs=5,
        optimizer__learning_rate=0.05,
        random_state=0,
    )
    pipeline = make_pipeline(
        KerasTokenizerTransformer(unknown="keep"),
        PadTransformer(4),
        GloVeEmbedder(vectors),
        classifier,
    ).fit(TEXTS, Y)
    values = check_completeness(pipeline, "great food good")
    assert values.shape == (3, 2)
    kernel = classifier.weights_[-2]
    np.testing.assert_allclose(values[0, 1], vectors["great"] @ kernel[:, 0] / 3, atol=1e-5)


def test_attributions_of_two_tables_add_up(vectors):
    classifier = KerasTextClassifier(
        ConvolutionalNetwork(num_filters=3, kernel_size=1, activation="linear", trainable="both"),
        epochs=2,
        random_state=0,
    )
    pipeline = make_pipeline(
        KerasTokenizerTransformer(unknown="keep"),
        PadTransformer(3),
        GloVeEmbedder(vectors),
        classifier,
    ).fit(TEXTS, Y)
    (values,) = classifier.token_attributions(pipeline[:-1].transform(["great"]))
    names = [weight.path for weight in classifier.model_.weights]
    bias = classifier.weights_[names.index("windows_1/bias")]
    kernel, output_bias = classifier.weights_[-2:]
    nothing = float((bias @ kernel + output_bias)[0])  # a window of zeros
    whole = log_odds(pipeline.predict_proba(["great"]).astype(float))[0, 1]
    np.testing.assert_allclose(values, [[nothing - whole, whole - nothing]], atol=2e-3)


def test_each_label_has_attributions():
    y = np.array([[1, 0], [0, 0], [1, 1], [0, 1], [1, 0], [0, 0]])
    classifier = KerasTextClassifier(PoolingNetwork(4), epochs=3, random_state=0)
    steps = KerasTokenizerTransformer(), PadTransformer(3), classifier
    check_completeness(make_pipeline(*steps).fit(TEXTS, y), "good bad food")


def test_plain_ids_are_accepted_and_padding_has_no_row():
    X = np.array([[1, 2, 0], [2, 2, 0], [1, 3, 3], [2, 3, 0]])
    classifier = KerasTextClassifier(PoolingNetwork(4), epochs=2, random_state=0)
    classifier.fit(X, [1, 0, 1, 0])
    values = classifier.token_attributions(X)
    assert [len(of_text) for of_text in values] == [2, 2, 3, 2]
    before = classifier.token_attributions(X[:, ::-1])  # padding in front
    np.testing.assert_allclose(before[0][::-1], values[0])


def test_model_functions_are_refused_by_token_attributions():
    def model(meta):
        import keras

        return keras.Sequential(
            [
                keras.Input((2,)),
                keras.layers.Embedding(9, 2),
                keras.layers.GlobalAveragePooling1D(),
                keras.layers.Dense(1, activation="sigmoid"),
            ]
        )

    X = np.array([[1, 2], [2, 2], [1, 3], [2, 3]])
    classifier = KerasTextClassifier(model, epochs=1, random_state=0).fit(X, [1, 0, 1, 0])
    with pytest.raises(TypeError, match="expected a network that is built with embed"):
        classifier.token_attributions(X)
