"""The classifier's contract where Keras runs on JAX and there is no TensorFlow: ``make test-jax``.

On TensorFlow the same is tested in ``tests/classifiers``, and much more.
"""

import importlib.util
import os
import pickle
import sys

import numpy as np
import pytest
from sklearn.base import is_classifier
from sklearn.ensemble import VotingClassifier
from sklearn.model_selection import RandomizedSearchCV, cross_val_score

from sklearn_textnn import persistence
from sklearn_textnn.networks import ConvolutionalNetwork, DenseNetwork, PoolingNetwork

BACKEND = os.environ.get("KERAS_BACKEND")
pytestmark = pytest.mark.skipif(BACKEND != "jax", reason="Keras runs on TensorFlow; make test-jax")


@pytest.fixture(scope="module")
def pipeline(text_pipeline, texts, labels):
    """Return a fitted pipeline; tests that change it copy it first."""
    return text_pipeline(epochs=5, optimizer__learning_rate=0.05).fit(texts, labels)


def test_keras_runs_on_jax_and_tensorflow_is_not_imported(pipeline):
    import keras

    assert keras.config.backend() == "jax"
    assert "tensorflow" not in sys.modules
    assert pipeline["clf"].engine_ == (
        "keras.Model.fit, since programs need TensorFlow, and Keras runs on jax"
    )


def test_it_is_a_classifier_of_scikeras_and_learns(pipeline, texts, labels):
    from scikeras.wrappers import BaseWrapper

    assert is_classifier(pipeline)
    assert isinstance(pipeline["clf"], BaseWrapper)
    probabilities = pipeline.predict_proba(texts)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(pipeline.predict(texts), probabilities.argmax(axis=1))
    losses = pipeline["clf"].history_["loss"]
    assert losses[-1] < losses[0]
    assert pipeline.score(texts, labels) > np.bincount(labels).max() / len(labels)


def test_equal_seeds_give_equal_bits(pipeline, text_pipeline, texts, labels):
    reference = text_pipeline(epochs=5, optimizer__learning_rate=0.05).fit(texts, labels)
    np.testing.assert_array_equal(reference.predict_proba(texts), pipeline.predict_proba(texts))
    other = text_pipeline(epochs=5, optimizer__learning_rate=0.05, random_state=1)
    assert (other.fit(texts, labels).predict_proba(texts) != pipeline.predict_proba(texts)).any()


def test_padding_does_not_change_a_prediction(pipeline, ids):
    wider = np.pad(ids, [(0, 0), (0, 7)])
    model = pipeline["clf"].model_
    np.testing.assert_allclose(np.asarray(model(wider)), np.asarray(model(ids)), atol=1e-6)


@pytest.mark.parametrize("target", ["three_labels", "indicator"])
def test_multiclass_and_multilabel_targets(target, tiny, tokens, request):
    y = request.getfixturevalue(target)
    clf = tiny(model=ConvolutionalNetwork(3, num_filters=4, kernel_size=(1, 2))).fit(tokens, y)
    probabilities = clf.predict_proba(tokens)
    assert probabilities.shape == (len(y), 3)
    assert clf.predict(tokens).shape == y.shape
    assert clf.score(tokens, y) >= 0


def test_sparse_counts(tiny, features, labels):
    clf = tiny(model=DenseNetwork(units=4), epochs=10, optimizer__learning_rate=0.05)
    assert clf.fit(features, labels).score(features, labels) > 0.8


def test_class_weights_are_sample_weights(tiny, tokens, labels):
    weighed = tiny(class_weight={0: 1, 1: 3}).fit(tokens, labels)
    weight = np.where(labels == 1, 3.0, 1.0)
    reference = tiny().fit(tokens, labels, sample_weight=weight)
    for ours, other in zip(weighed.weights_, reference.weights_, strict=True):
        np.testing.assert_allclose(ours, other, atol=1e-6)


def test_repeated_words_take_one_step_of_adam(tiny, ids, labels):
    """Adam's first step on a summed gradient is not longer than the learning rate."""
    batch = {"batch_size": len(ids), "shuffle": False, "optimizer__learning_rate": 0.01}
    start = tiny(**batch).initialize(ids, labels).weights_[0]
    step = tiny(epochs=1, **batch).fit(ids, labels).weights_[0] - start
    assert np.abs(step[1:]).max() == pytest.approx(0.01, rel=1e-3)


def test_early_stopping_restores_the_best_weights(tiny, tokens, labels):
    stopping = {"early_stopping": True, "validation_fraction": 0.25, "n_iter_no_change": 2}
    clf = tiny(epochs=40, optimizer__learning_rate=0.3, **stopping).fit(tokens, labels)
    losses = clf.history_["val_loss"]
    assert clf.n_iter_ == len(losses) < 40
    assert np.argmin(losses) == len(losses) - 3


def test_callbacks_get_epochs_and_batches(tiny, tokens, labels):
    import keras

    class Seen(keras.callbacks.Callback):
        epochs, batches = [], []

        def on_epoch_end(self, epoch, logs=None):
            Seen.epochs.append((epoch, sorted(logs)))

        def on_train_batch_end(self, batch, logs=None):
            Seen.batches.append(batch)

    tiny(callbacks=[Seen()]).fit(tokens, labels)
    assert Seen.epochs == [(0, ["accuracy", "loss"]), (1, ["accuracy", "loss"])]
    assert Seen.batches == [0, 1, 2] * 2


def test_partial_fit_continues_after_saving(tiny, tokens, labels, tmp_path):
    clf = tiny(model=PoolingNetwork(3, units=2, dropout=0.3))
    clf.partial_fit(tokens, labels, classes=[0, 1])
    persistence.save(clf, tmp_path / "half.textnn")
    loaded = persistence.load(tmp_path / "half.textnn")
    for half in (clf, loaded):
        half.partial_fit(tokens, labels)
    for ours, other in zip(clf.weights_, loaded.weights_, strict=True):
        np.testing.assert_array_equal(ours, other)


@pytest.mark.parametrize("way", ["persistence", "pickle"])
def test_a_loaded_classifier_predicts_the_same(way, pipeline, texts, tmp_path):
    if way == "pickle":
        loaded = pickle.loads(pickle.dumps(pipeline))
    else:
        persistence.save(pipeline, tmp_path / "x.textnn")
        loaded = persistence.load(tmp_path / "x.textnn")
    np.testing.assert_array_equal(loaded.predict_proba(texts), pipeline.predict_proba(texts))


def test_several_members(tiny, tokens, labels):
    both = tiny(n_members=2).fit(tokens, labels)
    assert len(both.members_) == 2
    mean = np.mean([member.predict_proba(tokens) for member in both.members_], axis=0)
    np.testing.assert_allclose(both.predict_proba(tokens), mean, rtol=1e-6)


def test_nested_search(text_pipeline, texts, labels):
    grid = {"clf__model__units": [2, 3], "clf__epochs": [1]}
    search = RandomizedSearchCV(text_pipeline(), grid, n_iter=2, cv=2, random_state=0)
    scores = cross_val_score(search, texts, labels, cv=2)
    assert np.isfinite(scores).all()


def test_voting_classifier(tiny, ids, labels):
    members = [(str(seed), tiny(random_state=seed)) for seed in (0, 1)]
    vote = VotingClassifier(members, voting="soft").fit(ids, labels)
    each = [clf.predict_proba(ids) for clf in vote.estimators_]
    np.testing.assert_allclose(vote.predict_proba(ids), np.mean(each, axis=0), atol=1e-6)
    assert not np.allclose(*each)


def test_lazy_adam_is_refused_by_name(tiny, tokens, labels):
    from sklearn_textnn.classifiers import LazyAdam

    with pytest.raises(ValueError, match="LazyAdam works on TensorFlow only, and Keras runs on"):
        tiny(optimizer=LazyAdam).fit(tokens, labels)


def test_float64_is_refused_unless_jax_computes_in_it(tiny, tokens, labels):
    import jax

    clf = tiny(dtype="float64", epochs=1)
    with pytest.raises(ValueError, match="JAX_ENABLE_X64=1 before Python starts"):
        clf.fit(tokens, labels)
    jax.config.update("jax_enable_x64", True)
    try:
        assert {w.dtype.name for w in clf.fit(tokens, labels).weights_} == {"float64"}
        assert clf.predict_proba(tokens).dtype == np.float64
    finally:
        jax.config.update("jax_enable_x64", False)


def test_tensorflow_programs_are_not_used_on_jax():
    from sklearn_textnn.classifiers import clear_program_cache, set_program_cache_limit

    set_program_cache_limit(10**6)
    clear_program_cache()
    assert importlib.util.find_spec("tensorflow") is None
