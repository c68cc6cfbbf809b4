"""The contract of scikit-learn's classifiers."""

import copy
import json
import subprocess
import sys

import keras
import numpy as np
import pandas as pd
import pytest
from scikeras.wrappers import BaseWrapper
from sklearn.base import BaseEstimator, ClassifierMixin, clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingClassifier
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.utils import get_tags

from sklearn_textnn import KerasTextClassifier
from sklearn_textnn.classifiers import _scikeras
from sklearn_textnn.networks import ConvolutionalNetwork, DenseNetwork, PoolingNetwork


def test_it_is_a_scikeras_classifier(tiny):
    assert isinstance(tiny(), BaseWrapper)
    assert isinstance(tiny(), ClassifierMixin)


def test_attributes_of_scikeras_are_hidden(tiny, fitted):
    public = {name for name in dir(BaseWrapper) if not name.startswith("_")} | {"__name__"}
    ours = {"fit", "initialize", "initialized_", "partial_fit", "predict"}
    strangers = public - {*dir(ClassifierMixin), *dir(BaseEstimator)} - ours
    strangers = {name for name in strangers if not name.startswith("set_")}  # metadata routing
    assert strangers == {"__name__", "current_epoch", "feature_encoder", "scorer", "target_encoder"}
    for clf in (tiny(), fitted):
        assert not [name for name in strangers if hasattr(clf, name) or name in dir(clf)]
    assert KerasTextClassifier.__name__ == "KerasTextClassifier"
    assert {"model_", "fit", "get_params"} <= {*dir(fitted)}


WITHOUT_SCIKERAS = """
import json, sys

class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "scikeras":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hide())
import numpy as np
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.model_selection import GridSearchCV
from sklearn_textnn import KerasTextClassifier, PoolingNetwork

X, y = np.array(json.loads(sys.argv[1])), np.array(json.loads(sys.argv[2]))
clf = KerasTextClassifier(PoolingNetwork(3, units=2), epochs=2, random_state=0)
clf = clone(clf).set_params(optimizer__learning_rate=0.1, model__activation="tanh")
assert is_classifier(clf) and "scikeras" not in sys.modules and not hasattr(clf, "scorer")
grid = {"model__units": [2, 3], "optimizer__learning_rate": [0.1]}
search = GridSearchCV(clf, grid, cv=2, error_score="raise").fit(X, y)
scores = search.cv_results_["mean_test_score"].tolist()
print(json.dumps([clf.fit(X, y).predict_proba(X).tolist(), scores, repr(clf)]))
"""


def test_without_scikeras_it_is_the_same_classifier(ids, labels):
    """Fitted, cloned and searched in a process that cannot import SciKeras."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_SCIKERAS, str(ids.tolist()), str(labels.tolist())],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    probabilities, scores, shown = json.loads(done.stdout.splitlines()[-1])
    network = PoolingNetwork(3, units=2, activation="tanh")
    clf = KerasTextClassifier(network, epochs=2, random_state=0, optimizer__learning_rate=0.1)
    assert repr(clf) == shown
    search = GridSearchCV(clf, {"model__units": [2, 3]}, cv=2).fit(ids, labels)
    np.testing.assert_allclose(search.cv_results_["mean_test_score"], scores, atol=1e-5)
    np.testing.assert_allclose(clf.fit(ids, labels).predict_proba(ids), probabilities, atol=1e-5)


def test_scikit_learn_recognises_a_classifier(tiny):
    assert is_classifier(tiny())
    assert get_tags(tiny()).estimator_type == "classifier"


def test_the_patch_of_tags_is_still_needed():
    assert _scikeras.TAGS_ARE_MISSING, (
        "SciKeras has __sklearn_tags__ of its own now: remove the shim in "
        "sklearn_textnn/classifiers/_scikeras.py, and this test."
    )


def test_tags_depend_on_what_the_network_reads(tiny, tiny_dense):
    ids, features = get_tags(tiny()).input_tags, get_tags(tiny_dense()).input_tags
    assert (ids.categorical, ids.sparse) == (True, False)
    assert (features.categorical, features.sparse) == (False, True)
    assert get_tags(KerasTextClassifier()).input_tags.categorical
    assert get_tags(tiny()).classifier_tags.multi_label
    assert get_tags(tiny()).target_tags.required


def test_folds_are_stratified(tiny, ids):
    """Unstratified folds of sorted labels would hold one class each, and fail."""
    y = np.repeat([0, 1], 24)
    accuracies = cross_val_score(tiny(epochs=1, run_eagerly=True), ids, y, cv=2)
    assert np.isfinite(accuracies).all()


def test_constructor_only_assigns():
    network, callback = DenseNetwork(), object()
    clf = KerasTextClassifier(network, epochs="many", callbacks=callback, optimizer__nonsense=1)
    assert clf.model is network
    assert clf.callbacks is callback
    assert clf.epochs == "many"


def test_clone_has_equal_parameters_and_is_not_fitted(fitted):
    fitted = copy.deepcopy(fitted).set_params(optimizer__learning_rate=0.5, callbacks__patience=2)
    copied = clone(fitted)
    assert not copied.__sklearn_is_fitted__()
    assert copied.model is not fitted.model
    assert repr(copied) == repr(fitted)
    assert copied.get_params()["optimizer__learning_rate"] == 0.5


def test_clone_copies_keras_objects():
    adam = keras.optimizers.Adam(0.25)
    copied = clone(
        KerasTextClassifier(optimizer=adam, callbacks=[keras.callbacks.TerminateOnNaN()])
    )
    assert copied.optimizer is not adam
    assert float(copied.optimizer.learning_rate) == 0.25
    assert isinstance(copied.callbacks[0], keras.callbacks.TerminateOnNaN)


def test_repr_shows_changed_parameters():
    clf = KerasTextClassifier(ConvolutionalNetwork(units=3), optimizer__learning_rate=0.1)
    assert repr(clf) == (
        "KerasTextClassifier(model=ConvolutionalNetwork(units=3), optimizer__learning_rate=0.1)"
    )


def test_column_names_are_learned_and_compared(tiny_dense, features, labels):
    names = ["food", "good", "bad", "fine", "poor"]
    frame = pd.DataFrame(features, columns=names)
    clf = tiny_dense(epochs=1, run_eagerly=True).fit(frame, labels)
    assert clf.feature_names_in_.tolist() == names
    assert clf.n_features_in_ == 5
    with pytest.raises(ValueError, match="feature names should match"):
        clf.predict(frame.rename(columns={"food": "drink"}))


def test_it_works_in_a_voting_classifier(tiny, ids, labels):
    network = tiny(epochs=1)
    vote = VotingClassifier([("a", network), ("b", clone(network))], voting="soft").fit(ids, labels)
    expected = network.fit(ids, labels).predict_proba(ids)
    np.testing.assert_array_equal(vote.predict_proba(ids), expected)


def test_it_can_be_calibrated(tiny, ids, labels):
    calibrated = CalibratedClassifierCV(tiny(epochs=1), cv=2).fit(ids, labels)
    np.testing.assert_allclose(calibrated.predict_proba(ids).sum(axis=1), 1)


def test_score_is_accuracy(fitted, tokens, labels):
    assert fitted.score(tokens, labels) == np.mean(fitted.predict(tokens) == labels)


def test_initialize_gives_random_weights_and_no_history(tiny, tokens, labels):
    clf = tiny().initialize(tokens, labels)
    assert (clf.n_iter_, clf.history_) == (0, {})
    trained = tiny().fit(tokens, labels)
    assert clf.predict_proba(tokens).shape == (48, 2)
    assert not np.array_equal(clf.weights_[0], trained.weights_[0])
