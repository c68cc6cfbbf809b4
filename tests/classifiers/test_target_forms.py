"""Every loss, metric and optimizer of Keras: as in plain Keras, or an error."""

import inspect

import keras
import numpy as np
import pytest

from sklearn_textnn import DenseNetwork, KerasTextClassifier

ARGUMENTS = {
    "IoU": {"num_classes": 3, "target_class_ids": [0], "sparse_y_pred": False},
    "MeanIoU": {"num_classes": 3, "sparse_y_pred": False},
    "OneHotIoU": {"num_classes": 3, "target_class_ids": [0]},
    "OneHotMeanIoU": {"num_classes": 3},
    "PrecisionAtRecall": {"recall": 0.5},
    "RecallAtPrecision": {"precision": 0.5},
    "SensitivityAtSpecificity": {"specificity": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5},
}
BASES = {"Loss", "Metric", "MeanMetricWrapper", "Optimizer", "LossScaleOptimizer"}
TAKE_CLASS_NUMBERS = {"IoU", "MeanIoU"}


def classes_of(module):
    named = {cls.__name__: cls for cls in vars(module).values() if inspect.isclass(cls)}
    return {k: v for k, v in sorted(named.items()) if k not in BASES}


LOSSES, METRICS = classes_of(keras.losses), classes_of(keras.metrics)
OPTIMIZERS = classes_of(keras.optimizers)
OF_ONE_CLASS = {n for n in METRICS if "Categorical" in n or "IoU" in n} - {"BinaryIoU"}
OF_THRESHOLD = {"F1Score", "FBetaScore"}
OF_NOTHING = {"Accuracy", "Mean", "Sum"}


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 4))
    scores = X @ rng.normal(size=(4, 3))
    return X, {
        "binary": (scores[:, 0] > 0).astype(int),
        "multiclass": scores.argmax(axis=1),
        "multilabel": (scores > 0).astype(int),
    }


def classifier(**params):
    given = {"epochs": 1, "batch_size": 20, "random_state": 0, "shuffle": False}
    return KerasTextClassifier(DenseNetwork(units=3, activation="tanh"), **given | params)


def trained_by_keras(clf, loss, X, target):
    """Return the weights of one epoch of plain Keras from the same start."""
    start = classifier().initialize(X, clf[1])
    model = start.model_
    model.compile("adam", loss)
    model.fit(X, target, batch_size=20, epochs=1, shuffle=False, verbose=0)
    return model.get_weights()


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_trains_as_in_keras_or_is_refused(name, kind, data):
    X, y = data[0], data[1][kind]
    cls = LOSSES[name]
    spellings = [cls.__name__, cls, cls()]
    if name in ("CTC", "Dice", "Tversky", "Circle"):  # of sequences, images and embeddings
        pytest.skip("not a loss of classes")
    is_sparse = name in ("SparseCategoricalCrossentropy", "CategoricalGeneralizedCrossEntropy")
    if (
        kind != "multiclass"
        and (name.startswith("Categorical") or is_sparse)
        and "Hinge" not in name
    ):
        for loss in spellings:
            with pytest.raises(ValueError, match=f"{name} compares the outputs of a softmax"):
                classifier(loss=loss).fit(X, y)
        return
    target = y[:, None] if kind == "binary" else y
    if kind == "multiclass" and not is_sparse:
        target = np.eye(3)[y]
    expected = trained_by_keras((None, y), cls(), X, target)
    for loss in spellings:
        clf = classifier(loss=loss).fit(X, y)
        for ours, theirs in zip(clf.weights_, expected, strict=True):
            np.testing.assert_allclose(ours, theirs, atol=2e-5)


def measured_by_keras(clf, metric, X, target):
    outputs = clf.model_(X.astype("float32"))
    metric.update_state(target, outputs)
    return float(metric.result())


@pytest.mark.parametrize("loss", [None, "mean_squared_error"])
@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
@pytest.mark.parametrize("name", METRICS)
def test_a_metric_measures_as_in_keras_or_is_refused(name, kind, loss, data):
    X, y = data[0], data[1][kind]
    arguments = ARGUMENTS.get(name, {})
    made = METRICS[name](**arguments)
    refused = name in OF_NOTHING or (kind != "multiclass" and name in OF_ONE_CLASS | OF_THRESHOLD)
    clf = classifier(loss=loss, metrics=[made], optimizer="sgd", optimizer__learning_rate=1e-12)
    if refused:
        with pytest.raises(ValueError, match=f"holds {name}, which cannot measure these targets"):
            clf.fit(X, y)
        return
    history = clf.fit(X, y).history_
    target = y[:, None] if kind == "binary" else y
    takes_numbers = name.startswith("Sparse") or name in TAKE_CLASS_NUMBERS
    if kind == "multiclass" and not takes_numbers:
        target = np.eye(3, dtype="float32")[y]
    if name in OF_THRESHOLD:
        return  # one value for each class, see below
    expected = measured_by_keras(clf, METRICS[name](**arguments), X, target.astype("float32"))
    (key,) = history.keys() - {"loss", "accuracy"}
    assert history[key] == pytest.approx([expected], rel=1e-5, abs=1e-5, nan_ok=True)


@pytest.mark.parametrize("name", ["precision", "auc", "categorical_accuracy"])
def test_metrics_by_name_take_class_numbers(name, data):
    X, y = data[0], data[1]["multiclass"]
    clf = classifier(metrics=[name], optimizer="sgd", optimizer__learning_rate=1e-12).fit(X, y)
    expected = measured_by_keras(clf, keras.metrics.get(name), X, np.eye(3, dtype="float32")[y])
    assert clf.history_[name] == pytest.approx([expected], abs=1e-5)


def test_f1_with_a_threshold_measures_multilabel_targets(data):
    X, y = data[0], data[1]["multilabel"]
    metric = keras.metrics.F1Score(average="macro", threshold=0.5)
    clf = classifier(metrics=[metric], optimizer="sgd", optimizer__learning_rate=1e-12).fit(X, y)
    reference = keras.metrics.F1Score(average="macro", threshold=0.5)
    assert clf.history_["f1_score"] == pytest.approx(
        [measured_by_keras(clf, reference, X, y.astype("float32"))], abs=1e-5
    )


def test_metrics_of_predicted_class_numbers_are_refused(data):
    metric = keras.metrics.MeanIoU(num_classes=3)
    with pytest.raises(ValueError, match=r"MeanIoU, which cannot .*set sparse_y_pred=False"):
        classifier(metrics=[metric]).fit(data[0], data[1]["multiclass"])


def test_a_custom_metric_replaces_no_key_of_the_history(data):
    def accuracy(y_true, y_pred):
        return keras.ops.zeros_like(y_pred[:, 0])

    def loss(y_true, y_pred):
        return keras.ops.zeros_like(y_pred[:, 0])

    X, y = data[0], data[1]["binary"]
    history = classifier(metrics=[accuracy, loss, accuracy]).fit(X, y).history_
    assert list(history) == ["loss", "accuracy", "accuracy_1", "loss_1", "accuracy_2"]
    assert history["accuracy"][0] > 0
    assert history["accuracy_1"] == [0]


@pytest.mark.parametrize("name", sorted(set(OPTIMIZERS) - {"MultiOptimizer", "OptimizerMap"}))
def test_an_optimizer_can_be_a_name_class_or_instance(name, data):
    X, y = data[0], data[1]["multiclass"]
    cls = OPTIMIZERS[name]
    fits = [classifier(optimizer=o).fit(X, y).weights_ for o in (cls.__name__, cls, cls())]
    for other in fits[1:]:
        for a, b in zip(fits[0], other, strict=True):
            np.testing.assert_array_equal(a, b)
