"""Every grid key changes what is trained, not only `best_params_`.

SciKeras' own `set_params` stores ``model__units`` as an attribute and trains one and the same
network for every candidate. Here each key goes through GridSearchCV over a Pipeline, as users write
it, and the trained networks of the candidates are compared.
"""

import keras
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from sklearn_textnn.networks import (
    ConvolutionalNetwork,
    DenseNetwork,
    FlattenNetwork,
    Network,
    PoolingNetwork,
)

STEPS = []  # batches seen by CountSteps, of every fit


class CountSteps(keras.callbacks.Callback):
    """Record the number of batches per epoch."""

    def on_train_batch_end(self, batch, logs=None):
        STEPS.append(batch)


def search_over(clf, grid, X, y):
    """Run a grid search and return the classifier of each candidate, in the grid's order."""
    candidates = []

    def look(pipeline, X, y):
        candidates.append(pipeline[-1])
        return 0.0

    rows = np.arange(len(y))
    grid = {f"clf__{key}": values for key, values in grid.items()}
    search = GridSearchCV(
        Pipeline([("clf", clf)]), grid, cv=[(rows, rows)], scoring=look, refit=False
    )
    search.fit(X, y)
    return candidates


def shapes(clf):
    return [weight.shape for weight in clf.weights_]


def vectors(clf):
    return clf.weights_[0]


def epochs(clf):
    return len(clf.history_["loss"])


def max_vector_step(clf):
    """Return how far the trained vectors are from their random start."""
    start = PoolingNetwork.build(clf.network_, clf.spec_).get_weights()[0]
    return np.abs(clf.weights_[0] - start).max()


# Parameters of networks


@pytest.mark.parametrize(
    ("network", "key", "values", "place", "expected"),
    [
        (PoolingNetwork(), "embedding_dim", [3, 4], 0, [(6, 3), (6, 4)]),
        (PoolingNetwork(3, "max"), "units", [2, 5], 1, [(3, 2), (3, 5)]),
        (PoolingNetwork(3), "pooling", ["max", ("max", "average")], 1, [(3, 1), (6, 1)]),
        (ConvolutionalNetwork(3), "num_filters", [2, 4], 1, [(1, 3, 2), (1, 3, 4)]),
        (ConvolutionalNetwork(3, 2), "kernel_size", [1, (2, 3)], 1, [(1, 3, 2), (2, 3, 2)]),
        (ConvolutionalNetwork(3, 2, 3), "units", [None, 4], 3, [(2, 1), (2, 4)]),
        (FlattenNetwork(), "embedding_dim", [3, 4], 1, [(18, 10), (24, 10)]),
        (DenseNetwork(), "units", [2, (3, 4)], 0, [(6, 2), (6, 3)]),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Network) else "",
)
def test_a_size_changes_the_shapes_of_the_weights(
    network, key, values, place, expected, tiny, ids, labels
):
    clf = tiny(model=network, epochs=1, run_eagerly=True, batch_size="auto")
    candidates = search_over(clf, {f"model__{key}": values}, ids, labels)
    assert [shapes(candidate)[place] for candidate in candidates] == expected


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("pooling", ["max", "average"]),
        ("activation", ["tanh", "sigmoid"]),
        ("dropout", [0.0, 0.5]),
    ],
)
def test_other_parameters_change_the_trained_weights(key, values, tiny, ids, labels):
    first, second = search_over(tiny(epochs=1), {f"model__{key}": values}, ids, labels)
    assert shapes(first) == shapes(second)
    assert not np.array_equal(vectors(first), vectors(second))


def test_networks_can_be_searched_over(tiny, ids, labels):
    networks = [PoolingNetwork(embedding_dim=3), ConvolutionalNetwork(embedding_dim=3)]
    pooling, convolutional = search_over(tiny(epochs=1), {"model": networks}, ids, labels)
    assert shapes(pooling) == [(6, 3), (6, 1), (1,)]
    assert shapes(convolutional)[1] == (1, 3, 100)
    assert networks[0].embedding_dim == 3


def test_networks_and_their_parameters_can_be_searched_together(tiny, ids, labels):
    grid = {
        "model": [ConvolutionalNetwork(embedding_dim=3), ConvolutionalNetwork(embedding_dim=4)],
        "model__num_filters": [2, 5],
        "optimizer__learning_rate": [0.1],
        "epochs": [1, 2],
    }
    candidates = search_over(tiny(), grid, ids, labels)
    found = sorted((shapes(c)[1][1:], epochs(c)) for c in candidates)
    assert found == sorted(
        ((dim, filters), n) for dim in (3, 4) for filters in (2, 5) for n in (1, 2)
    )


# Training


def test_learning_rate_scales_a_step(tiny, ids, labels):
    """A step of gradient descent is proportional to the rate."""
    clf = tiny(optimizer="sgd", epochs=1, batch_size="auto", dtype="float64")
    slow, fast = search_over(clf, {"optimizer__learning_rate": [0.1, 0.3]}, ids, labels)
    assert max_vector_step(fast) == pytest.approx(3 * max_vector_step(slow), rel=1e-6)


def test_the_optimizer_trains(tiny, ids, labels):
    """Adam's first step is the learning rate, whatever the gradient; gradient descent's is not."""
    clf = tiny(epochs=1, batch_size="auto", optimizer__learning_rate=0.1)
    adam, sgd = search_over(clf, {"optimizer": ["adam", keras.optimizers.SGD]}, ids, labels)
    assert max_vector_step(adam) == pytest.approx(0.1, rel=1e-3)
    assert max_vector_step(sgd) < 0.05


def test_epochs_is_the_length_of_the_history(tiny, ids, labels):
    candidates = search_over(tiny(), {"epochs": [1, 3]}, ids, labels)
    assert [epochs(c) for c in candidates] == [1, 3]
    assert [c.n_iter_ for c in candidates] == [1, 3]


def test_batch_size_determines_the_number_of_steps(tiny, ids, labels):
    STEPS.clear()
    clf = tiny(epochs=1, callbacks=CountSteps)
    search_over(clf, {"batch_size": [10, "auto"]}, ids, labels)
    assert STEPS == [0, 1, 2, 3, 4, 0]  # 48 samples: five batches, then one


def test_smaller_batches_take_more_steps(tiny, ids, labels):
    """Gradient descent without shuffling: two half batches are two steps, not one."""
    clf = tiny(optimizer="sgd", optimizer__learning_rate=1.0, epochs=1, shuffle=False)
    halves, whole = search_over(clf, {"batch_size": [24, 48]}, ids, labels)
    start = tiny(**clf.get_params(deep=False)).set_params(batch_size=24, warm_start=True)
    first = start.initialize(ids, labels).fit(ids[:24], labels[:24])
    both = first.fit(ids[24:], labels[24:])
    np.testing.assert_allclose(vectors(halves), vectors(both), atol=1e-7)
    assert not np.allclose(vectors(halves), vectors(whole), atol=1e-5)


def test_auto_batch_size_is_at_most_200(tiny_dense):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(401, 2)), np.arange(401) % 2
    STEPS.clear()
    tiny_dense(epochs=1, batch_size="auto", callbacks=CountSteps).fit(X, y)
    assert STEPS == [0, 1, 2]


def test_shuffle_changes_the_order_of_the_samples(tiny, ids, labels):
    ordered, shuffled = search_over(tiny(batch_size=4), {"shuffle": [False, True]}, ids, labels)
    assert not np.array_equal(vectors(ordered), vectors(shuffled))


def test_the_loss_is_in_the_history(tiny, ids, labels):
    """Before the first step p is near the share of class 1: both losses are near those of it."""
    clf = tiny(epochs=1, batch_size="auto")
    entropy, squares = search_over(clf, {"loss": [None, "mean_squared_error"]}, ids, labels)
    p = labels.mean()
    expected = -p * np.log(p) - (1 - p) * np.log(1 - p)
    assert entropy.history_["loss"][0] == pytest.approx(expected, abs=0.01)
    assert squares.history_["loss"][0] == pytest.approx(p * (1 - p), abs=0.01)


def test_arguments_of_the_loss_reach_it(tiny, ids, labels):
    """With smoothing 1 every target is 0.5, and nothing about the labels can be learned."""
    clf = tiny(epochs=3, optimizer__learning_rate=0.1)
    plain, smooth = search_over(clf, {"loss__label_smoothing": [0.0, 1.0]}, ids, labels)
    spread = [np.ptp(c.predict_proba(ids)[:, 1]) for c in (plain, smooth)]
    assert spread[1] < 0.1 * spread[0]


def test_metrics_are_recorded(tiny, ids, labels):
    clf = tiny(epochs=1)
    without, with_auc = search_over(clf, {"metrics": [None, ["AUC"]]}, ids, labels)
    assert set(without.history_) == {"loss", "accuracy"}
    assert len(with_auc.history_) == 3


def test_early_stopping_and_patience_shorten_training(tiny, ids):
    noise = np.random.default_rng(0).integers(0, 2, 48)
    clf = tiny(epochs=30, optimizer__learning_rate=0.3, validation_fraction=0.3)
    grid = {"early_stopping": [True, False], "n_iter_no_change": [1, 6]}
    lengths = [epochs(c) for c in search_over(clf, grid, ids, noise)]
    stopped, patient, *others = lengths
    assert stopped < patient < 30
    assert others == [30, 30]


def test_validation_fraction_changes_the_training_data(tiny, ids, labels):
    clf = tiny(early_stopping=True, epochs=2)
    tenth, half = search_over(clf, {"validation_fraction": [0.1, 0.5]}, ids, labels)
    assert tenth.history_["val_loss"] != half.history_["val_loss"]
    assert not np.array_equal(vectors(tenth), vectors(half))


def test_class_weight_shifts_the_probabilities(tiny, ids, labels):
    clf = tiny(epochs=3, optimizer__learning_rate=0.1)
    weights = [{0: 20, 1: 1}, {0: 1, 1: 20}]
    no, yes = (
        c.predict_proba(ids)[:, 1].mean()
        for c in search_over(clf, {"class_weight": weights}, ids, labels)
    )
    assert yes - no > 0.2


def test_callback_arguments_reach_the_callback(tiny, ids, labels):
    clf = tiny(epochs=6, callbacks=keras.callbacks.EarlyStopping, callbacks__monitor="loss")
    clf.set_params(callbacks__min_delta=10)  # no epoch is better by 10 than the first
    candidates = search_over(clf, {"callbacks__patience": [1, 3]}, ids, labels)
    assert [epochs(c) for c in candidates] == [2, 4]


def test_arguments_of_keras_fit_reach_it(tiny, ids, labels):
    clf = tiny(epochs=1, batch_size=10, callbacks=CountSteps)
    STEPS.clear()
    search_over(clf, {"fit__steps_per_epoch": [2]}, ids, labels)
    assert STEPS == [0, 1]


def test_random_state_changes_start_and_order(tiny, ids, labels):
    first, second = search_over(tiny(epochs=1), {"random_state": [0, 1]}, ids, labels)
    assert not np.array_equal(vectors(first), vectors(second))


def test_weights_and_probabilities_have_the_dtype(tiny, ids, labels):
    clf = tiny(epochs=1)
    for candidate, dtype in zip(
        search_over(clf, {"dtype": ["float32", "float64"]}, ids, labels),
        ["float32", "float64"],
        strict=True,
    ):
        assert {weight.dtype for weight in candidate.weights_} == {np.dtype(dtype)}
        assert candidate.predict_proba(ids).dtype == dtype


def test_n_tokens_is_the_number_of_rows(tiny, ids, labels):
    clf = tiny(epochs=1, run_eagerly=True)
    candidates = search_over(clf, {"n_tokens": [None, 9]}, ids, labels)
    assert [len(vectors(c)) for c in candidates] == [6, 9]


def test_run_eagerly_gives_the_same_network(tiny, ids, labels):
    graph, eager = search_over(tiny(), {"run_eagerly": [False, True]}, ids, labels)
    for a, b in zip(graph.weights_, eager.weights_, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
