"""Pretrained vectors in the network: initial values, training, and looking up."""

import pickle

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingClassifier
from sklearn.model_selection import cross_val_score

from sklearn_textnn.classifiers import KerasTextClassifier
from sklearn_textnn.embeddings import EmbeddedTokens
from sklearn_textnn.engines import plain_keras
from sklearn_textnn.networks import (
    ConvolutionalNetwork,
    DenseNetwork,
    FlattenNetwork,
    PoolingNetwork,
)
from sklearn_textnn.preprocessing import TokenIds, Vocabulary

DIM = 3
NEW = ("superb", "awful")  # words that have vectors and that no training text holds
NETWORKS = {
    "flatten": FlattenNetwork(units=2, activation="tanh"),
    "pooling": PoolingNetwork(units=2, activation="tanh"),
    "convolutional": ConvolutionalNetwork(
        num_filters=2, kernel_size=(1, 2), units=2, activation="tanh"
    ),
    "both": ConvolutionalNetwork(
        num_filters=2, kernel_size=2, units=2, activation="tanh", trainable="both"
    ),
    "frozen": PoolingNetwork(units=2, activation="tanh", trainable=False),
}


@pytest.fixture(scope="module")
def table(vocabulary):
    rng = np.random.default_rng(5)
    rows = rng.normal(size=(len(vocabulary), DIM)).astype(np.float32)
    rows[0] = 0
    return rows


@pytest.fixture(scope="module")
def embedded(tokens, table):
    return EmbeddedTokens(tokens, table)


@pytest.fixture(scope="module")
def grown_vocabulary(vocabulary):
    return Vocabulary((*vocabulary.words, *NEW), vocabulary.n_known)


@pytest.fixture(scope="module")
def grown_table(table):
    rng = np.random.default_rng(6)
    return np.concatenate([table, rng.normal(size=(len(NEW), DIM)).astype(np.float32)])


@pytest.fixture(scope="module")
def grown(ids, grown_vocabulary, grown_table):
    """Return the documents with every "poor" replaced by a new word: ids 6 and 7."""
    X = np.where(ids == 5, 6 + (np.arange(len(ids)) % 2)[:, None], ids)
    return EmbeddedTokens(TokenIds(X, grown_vocabulary), grown_table)


@pytest.fixture(scope="module")
def fitted_to_vectors(tiny, embedded, labels):
    """Return one fitted classifier per network."""
    return {
        name: tiny(model=network, epochs=3).fit(embedded, labels)
        for name, network in NETWORKS.items()
    }


# At fit


@pytest.mark.parametrize("name", NETWORKS)
def test_training_starts_from_the_table(name, tiny, embedded, table, labels):
    clf = tiny(model=NETWORKS[name]).initialize(embedded, labels)
    for i in clf._fitted.state.tables:
        np.testing.assert_array_equal(clf.weights_[i], table)


def test_only_trainable_weights_change(fitted_to_vectors, table):
    moved = {
        name: [not np.array_equal(clf.weights_[i], table) for i in clf._fitted.state.tables]
        for name, clf in fitted_to_vectors.items()
    }
    assert moved == {
        "flatten": [True],
        "pooling": [True],
        "convolutional": [True],
        "both": [True, False],
        "frozen": [False],
    }


def test_frozen_vectors_are_not_trained(fitted_to_vectors):
    model = fitted_to_vectors["frozen"].model_
    trainable = sum(int(np.prod(v.shape)) for v in model.trainable_variables)
    assert trainable == model.count_params() - 6 * DIM


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_programs_and_keras_train_to_the_same_weights(name, tiny, embedded, labels):
    clf = tiny(model=NETWORKS[name], dtype="float64", epochs=3)
    fast = clone(clf).fit(embedded, labels)
    with plain_keras():
        slow = clone(clf).fit(embedded, labels)
    for one, other in zip(fast.weights_, slow.weights_, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


def test_a_grid_over_trainable_trains_different_networks(tiny, embedded, labels):
    scores = {
        trainable: tiny(epochs=3)
        .set_params(model__trainable=trainable)
        .fit(embedded, labels)
        .history_["loss"][-1]
        for trainable in (True, False)
    }
    assert scores[True] != scores[False]


def test_a_fitted_classifier_holds_no_table_beside_its_weights(fitted_to_vectors):
    for clf in fitted_to_vectors.values():
        assert clf.spec_.table is None
        assert clf.spec_.vector_dim == DIM


def test_rows_without_words_are_zero(tiny, embedded, table, labels):
    clf = tiny(n_tokens=9).initialize(embedded, labels)
    np.testing.assert_array_equal(clf.weights_[0], np.pad(table, ((0, 3), (0, 0))))
    assert np.isfinite(clf.fit(embedded, labels).predict_proba(embedded)).all()


# Words unseen in fit


@pytest.mark.parametrize("name", NETWORKS)
def test_a_new_word_is_looked_up_in_prediction(name, fitted_to_vectors, grown, grown_table):
    """Equals a model whose table has the new rows below the trained ones."""
    clf = fitted_to_vectors[name]
    weights = [
        np.concatenate([w, grown_table[6:]]) if i in clf._fitted.state.tables else w
        for i, w in enumerate(clf.weights_)
    ]
    spec = clf.spec_.__class__(**{**vars(clf.spec_), "n_tokens": 8})
    model = clf.network_.build(spec)
    model.set_weights(weights)
    expected = model(grown.ids).numpy()[:, 0]
    np.testing.assert_allclose(clf.predict_proba(grown)[:, 1], expected, rtol=1e-5)


def test_new_words_change_predictions(fitted_to_vectors, grown, ids, grown_vocabulary):
    clf = fitted_to_vectors["pooling"]
    without = TokenIds(grown.ids, grown_vocabulary)  # the ids alone: new words are unknown
    changed = np.any(clf.predict_proba(grown) != clf.predict_proba(without), axis=1)
    np.testing.assert_array_equal(changed, (ids == 5).any(axis=1))


def test_prediction_with_new_words_does_not_change_the_classifier(
    fitted_to_vectors, grown, embedded
):
    clf = fitted_to_vectors["convolutional"]
    known, weights = clf.predict_proba(embedded), [w.copy() for w in clf.weights_]
    first = clf.predict_proba(grown)
    np.testing.assert_array_equal(clf.predict_proba(embedded), known)
    np.testing.assert_array_equal(clf.predict_proba(grown), first)
    for before, after in zip(weights, clf.weights_, strict=True):
        np.testing.assert_array_equal(before, after)
    assert clf.model_.get_layer("tokens").input_dim == 6


@settings(max_examples=20, deadline=None)
@given(rows=st.lists(st.integers(0, 47), min_size=1, max_size=5))
def test_a_prediction_does_not_depend_on_the_other_texts(rows, fitted_to_vectors, grown):
    clf = fitted_to_vectors["pooling"]
    together = clf.predict_proba(grown)
    np.testing.assert_allclose(clf.predict_proba(grown[rows]), together[rows], rtol=1e-6)


def test_the_order_of_new_words_does_not_matter(
    fitted_to_vectors, grown, grown_vocabulary, grown_table
):
    clf = fitted_to_vectors["pooling"]
    swapped = Vocabulary((*grown_vocabulary.words[:6], *NEW[::-1]), grown_vocabulary.n_known)
    X = grown.ids.copy()
    X[grown.ids == 6], X[grown.ids == 7] = 7, 6
    other = EmbeddedTokens(TokenIds(X, swapped), grown_table[[0, 1, 2, 3, 4, 5, 7, 6]])
    np.testing.assert_array_equal(clf.predict_proba(other), clf.predict_proba(grown))


@pytest.mark.parametrize(
    ("name", "optimizer"), [*((name, "adam") for name in NETWORKS), ("pooling", "adamw")]
)
def test_a_new_word_at_fit_is_looked_up_and_never_trained(name, optimizer, tiny, grown, labels):
    """Words excluded by num_words: their vectors are used in training and not changed."""
    clf = tiny(model=NETWORKS[name], optimizer=optimizer, epochs=2, dtype="float64")
    fast = clone(clf).fit(grown, labels)
    assert [w.shape for w in fast.weights_][:1] == [(6, DIM)]
    with plain_keras():
        slow = clone(clf).fit(grown, labels)
    for one, other in zip(fast.weights_, slow.weights_, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(
        fast.predict_proba(grown), slow.predict_proba(grown), rtol=1e-9, atol=1e-12
    )


def test_new_words_at_fit_affect_training_without_a_row(tiny, grown, ids, vocabulary, labels):
    with_vectors = tiny(epochs=2).fit(grown, labels)
    dropped = EmbeddedTokens(TokenIds(np.where(ids == 5, 0, ids), vocabulary), grown.table[:6])
    without = tiny(epochs=2).fit(dropped, labels)
    assert not np.array_equal(with_vectors.weights_[1], without.weights_[1])
    assert with_vectors.model_.count_params() == without.model_.count_params()
    np.testing.assert_array_equal(with_vectors.weights_[0][5], grown.table[5])  # seen by no step


def test_folds_with_other_words_beside_the_table_share_a_program(tiny, grown, labels):
    from sklearn_textnn.engines._tensorflow import _program_cache

    clf = tiny(epochs=1)
    clf.fit(grown, labels)
    before = set(_program_cache._programs)
    more = Vocabulary((*grown.vocabulary.words, "dull"), 6)
    table = np.concatenate([grown.table, np.ones((1, DIM), np.float32)])
    clf.fit(EmbeddedTokens(TokenIds(grown.ids, more), table), labels)
    assert set(_program_cache._programs) == before


def test_new_words_of_validation_data_are_looked_up(tiny, embedded, grown, labels):
    """Their ids do not collide with those of new words of the training data."""
    other = Vocabulary((*grown.vocabulary.words[:6], "superb"), 6)
    X = TokenIds(np.where(grown.ids == 7, 6, grown.ids), other)
    X_val = EmbeddedTokens(X, np.concatenate([grown.table[:6], grown.table[7:]]))
    clf = tiny(epochs=2, dtype="float64").fit(grown, labels, X_val=X_val, y_val=labels)
    probabilities = clf.predict_proba(X_val)[np.arange(len(labels)), labels]
    assert clf.history_["val_loss"][-1] == pytest.approx(-np.log(probabilities).mean())


def test_partial_fit_continues_from_the_table(tiny, embedded, grown, labels):
    clf = tiny()
    clf.partial_fit(embedded, labels, classes=[0, 1])
    before = clf.weights_[0].copy()
    clf.partial_fit(grown, labels)
    assert clf.weights_[0].shape == before.shape
    assert not np.array_equal(clf.weights_[0], before)
    copied = pickle.loads(pickle.dumps(clf)).partial_fit(embedded, labels)
    for one, other in zip(clf.partial_fit(embedded, labels).weights_, copied.weights_, strict=True):
        np.testing.assert_array_equal(one, other)


def test_warm_start_gives_new_words_their_pretrained_vectors(tiny, embedded, table, labels):
    clf = tiny(warm_start=True).fit(embedded, labels)
    words = ("", "good", "food", "superb", "bad", "fine")
    rows = np.concatenate([table[[0, 2, 1]], np.full((1, DIM), 0.5, np.float32), table[[3, 4]]])
    X = EmbeddedTokens(TokenIds(embedded.ids, Vocabulary(words, 6)), rows)
    before = clf.weights_[0].copy()
    clf.set_params(epochs=1, optimizer__learning_rate=1e-12).fit(X, labels)
    np.testing.assert_allclose(clf.weights_[0][[1, 2, 4, 5]], before[[2, 1, 3, 4]], atol=1e-6)
    np.testing.assert_allclose(clf.weights_[0][3], 0.5, atol=1e-6)


# Plain tensors


def test_a_plain_tensor_equals_frozen_vectors(fitted_to_vectors, tiny, embedded, labels):
    frozen = fitted_to_vectors["frozen"]
    clf = tiny(model=PoolingNetwork(units=2, activation="tanh"), epochs=3)
    clf.fit(np.asarray(embedded), labels)
    np.testing.assert_allclose(
        clf.predict_proba(np.asarray(embedded)), frozen.predict_proba(embedded), rtol=1e-5
    )
    assert clf.n_features_in_ == embedded.shape[1]


def test_only_trailing_zero_vectors_are_padding(tiny, embedded, labels):
    X = np.asarray(embedded)
    average = PoolingNetwork(pooling="average", units=2, activation="tanh")
    clf = tiny(model=average).fit(X, labels)
    longer = np.pad(X, ((0, 0), (0, 2), (0, 0)))
    longer_clf = tiny(model=average).fit(longer, labels)
    np.testing.assert_allclose(longer_clf.predict_proba(longer), clf.predict_proba(X), rtol=1e-5)
    before = np.pad(X, ((0, 0), (2, 0), (0, 0)))
    assert not np.allclose(longer_clf.predict_proba(before), clf.predict_proba(X), rtol=1e-3)


def test_a_classifier_of_tensors_reads_embedded_tokens_as_a_tensor(tiny, embedded, grown, labels):
    clf = tiny().fit(np.asarray(embedded), labels)
    np.testing.assert_allclose(
        clf.predict_proba(grown), clf.predict_proba(np.asarray(grown)), rtol=1e-6
    )


def test_training_the_vectors_of_a_tensor_is_refused(tiny, embedded, labels):
    clf = tiny(model=PoolingNetwork(trainable=True))
    with pytest.raises(ValueError, match="X is a plain tensor"):
        clf.fit(np.asarray(embedded), labels)


def test_a_tensor_is_refused_after_a_fit_on_ids(fitted_to_vectors, embedded):
    with pytest.raises(ValueError, match="X is a plain tensor, but the classifier was fitted with"):
        fitted_to_vectors["frozen"].predict(np.asarray(embedded))


def test_ids_are_refused_after_a_fit_on_a_tensor(tiny, embedded, ids, labels):
    clf = tiny().fit(np.asarray(embedded), labels)
    with pytest.raises(ValueError, match="X holds token ids, but the classifier was fitted with"):
        clf.predict(ids)


def test_vectors_of_another_length_are_refused(fitted_to_vectors, tokens, table):
    X = EmbeddedTokens(tokens, np.ascontiguousarray(table[:, :2]))
    with pytest.raises(ValueError, match=r"vectors of length 2, but .* fitted with length 3"):
        fitted_to_vectors["pooling"].predict(X)


def test_a_tensor_with_nan_is_refused(tiny, embedded, labels):
    X = np.asarray(embedded).copy()
    X[3, 0, 1] = np.nan
    with pytest.raises(ValueError, match="Input X contains NaN"):
        tiny().fit(X, labels)


@pytest.mark.parametrize("form", [lambda X: X, np.asarray])
def test_dense_network_refuses_vectors_with_a_hint(form, embedded, labels):
    with pytest.raises(ValueError, match='Use GloVeEmbedder\\(output="mean"\\)'):
        KerasTextClassifier(DenseNetwork()).fit(form(embedded), labels)


# Functions


def create_model(meta, trainable=True):
    ids = keras.Input((meta["maxlen"],), dtype="int32")
    table = keras.layers.Embedding(
        meta["n_tokens"], meta["vector_dim"], weights=[meta["table"]], trainable=trainable
    )
    x = keras.layers.GlobalAveragePooling1D()(table(ids))
    return keras.Model(ids, keras.layers.Dense(1, activation="sigmoid")(x))


def create_model_of_tensors(meta):
    vectors = keras.Input(meta["X_shape_"][1:])
    x = keras.layers.GlobalMaxPooling1D()(vectors)
    return keras.Model(vectors, keras.layers.Dense(1, activation="sigmoid")(x))


def test_a_function_finds_the_table_in_meta(tiny, embedded, grown, table, labels):
    clf = tiny(model=create_model, model__trainable=False).fit(embedded, labels)
    np.testing.assert_array_equal(clf.weights_[0], table)
    new = (grown.ids >= 6).any(axis=1)
    without = TokenIds(grown.ids, grown.vocabulary)
    changed = np.any(clf.predict_proba(grown) != clf.predict_proba(without), axis=1)
    np.testing.assert_array_equal(changed, new)
    assert tiny(model=create_model).fit(grown, labels).weights_[0].shape == table.shape


def test_a_function_gets_a_plain_tensor_unchanged(tiny, embedded, labels):
    clf = tiny(model=create_model_of_tensors, epochs=3)
    X = np.asarray(embedded)
    fast = clone(clf).fit(X, labels).predict_proba(X[:3])
    with plain_keras():
        slow = clone(clf).fit(X, labels).predict_proba(X[:3])
    np.testing.assert_allclose(fast, slow, rtol=1e-4)


# Pickling and meta-estimators


def test_pickling_preserves_the_vectors(fitted_to_vectors, grown):
    for clf in fitted_to_vectors.values():
        copied = pickle.loads(pickle.dumps(clf))
        np.testing.assert_array_equal(copied.predict_proba(grown), clf.predict_proba(grown))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda clf: CalibratedClassifierCV(clf, cv=2),
        lambda clf: VotingClassifier([("one", clf), ("two", clone(clf))], voting="soft"),
    ],
    ids=["CalibratedClassifierCV", "VotingClassifier"],
)
def test_meta_estimators_preserve_the_vectors(wrap, tiny, embedded, grown, labels):
    """Without vectors, trainable=False would be an error and new words would be unknown."""
    clf = wrap(tiny(model=NETWORKS["frozen"])).fit(embedded, labels)
    without = TokenIds(grown.ids, grown.vocabulary)
    changed = np.any(clf.predict_proba(grown) != clf.predict_proba(without), axis=1)
    assert changed.sum() > 5


def test_cross_validation_preserves_the_vectors(tiny, embedded, labels):
    clf = tiny(model=NETWORKS["frozen"])  # an error where the vectors are lost
    assert np.isfinite(cross_val_score(clf, embedded, labels, cv=2, error_score="raise")).all()
