"""Classes of users can be saved once registered, and are never imported for a file."""

import json
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils._param_validation import HasMethods

from sklearn_textnn import persistence
from sklearn_textnn.networks import Network, dense, feature_input, output
from sklearn_textnn.persistence import ModelFormatError, _classes
from sklearn_textnn.preprocessing import PadTransformer


class WideNetwork(Network):
    """One hidden layer."""

    reads = "features"

    def __init__(self, units=3, activation="relu"):
        self.units = units
        self.activation = activation

    def build(self, spec):
        import keras

        features = feature_input(spec)
        x = dense(spec, features, self.units, self.activation)
        return keras.Model(features, output(spec, x))

    def weight_shapes(self, spec):
        return [
            ("hidden/kernel", (spec.n_features, self.units)),
            ("hidden/bias", (self.units,)),
            ("output/kernel", (self.units, spec.n_outputs)),
            ("output/bias", (spec.n_outputs,)),
        ]


class SilentNetwork(WideNetwork):
    """Does not define weight_shapes."""

    weight_shapes = Network.weight_shapes


class Scaler(TransformerMixin, BaseEstimator):
    """Learns arrays and plain values."""

    _parameter_constraints = {"power": [int, float], "inner": [HasMethods("fit"), None]}

    def __init__(self, power=1, inner=None, note=None):
        self.power = power
        self.inner = inner
        self.note = note

    def fit(self, X, y=None):
        X = X.toarray()
        self.largest_ = X.max(axis=0)
        self.sizes_ = {"rows": len(X), "columns": [*X.shape]}
        return self

    def transform(self, X):
        return (X.toarray() / self.largest_) ** self.power


class OwnPad(PadTransformer):
    """Inherits the declarations of its base class."""


@pytest.fixture
def registered(monkeypatch):
    monkeypatch.setattr(_classes, "_registered", {})
    for cls in (WideNetwork, SilentNetwork, Scaler, OwnPad):
        assert persistence.register(cls) is cls


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.textnn"


def refused(message):
    return pytest.raises(ModelFormatError, match=message)


@pytest.mark.usefixtures("registered")
def test_a_registered_network_is_loaded_equal(network, texts, two, path):
    pipeline = make_pipeline(CountVectorizer(), network(WideNetwork(4))).fit(texts, two)
    persistence.save(pipeline, path)
    loaded = persistence.load(path)
    assert type(loaded[-1].network_) is WideNetwork
    np.testing.assert_array_equal(loaded.predict_proba(texts), pipeline.predict_proba(texts))


@pytest.mark.usefixtures("registered")
def test_a_registered_transformer_is_loaded_equal(texts, two, path):
    scaler = Scaler(2, inner=PadTransformer(3), note=("a", 1))
    pipeline = make_pipeline(CountVectorizer(), scaler, LogisticRegression()).fit(texts, two)
    persistence.save(pipeline, path)
    loaded = persistence.load(path)
    assert repr(loaded) == repr(pipeline)
    assert loaded[1].sizes_ == pipeline[1].sizes_
    np.testing.assert_array_equal(loaded.predict_proba(texts), pipeline.predict_proba(texts))


@pytest.mark.usefixtures("registered")
def test_a_subclass_inherits_the_declared_state(path, forge):
    persistence.save(OwnPad().fit([[1, 2]]), path)
    assert type(persistence.load(path)) is OwnPad
    for change, message in (
        ({"maxlen_": 0}, "maxlen_"),
        ({"other_": 1}, "has no fitted attribute"),
    ):
        forge(path, lambda d, change=change: d["model"]["fitted"].update(change))
        with refused(message):
            persistence.load(path)


def test_an_unregistered_class_is_refused_and_not_imported(texts, two, path, monkeypatch):
    pipeline = make_pipeline(CountVectorizer(), Scaler(), LogisticRegression()).fit(texts, two)
    with pytest.raises(TypeError, match=r"scaler: .*cannot contain a .*Scaler.*register\(Scaler\)"):
        persistence.save(pipeline, path)
    monkeypatch.setattr(_classes, "_registered", {})
    persistence.register(Scaler)
    persistence.save(pipeline, path)
    name = f"{__name__}.Scaler"
    assert name in path.read_bytes().decode("latin-1")
    monkeypatch.setattr(_classes, "_registered", {})
    with refused(
        rf"the class '{name}'.* trust .*, import the class and pass it to persistence\.register"
    ):
        persistence.load(path)
    code = (
        "import sys\nfrom sklearn_textnn import persistence\ntry:\n"
        f"    persistence.load({str(path)!r})\nexcept persistence.ModelFormatError:\n"
        f"    print({__name__!r} in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.usefixtures("registered")
def test_a_registered_network_needs_weight_shapes(network, texts, two, path, forge):
    silent = make_pipeline(CountVectorizer(), network(SilentNetwork())).fit(texts, two)
    with pytest.raises(ValueError, match=r"Cannot save this.*weight_shapes\(spec\)"):
        persistence.save(silent, path)
    pipeline = make_pipeline(CountVectorizer(), network(WideNetwork())).fit(texts, two)
    persistence.save(pipeline, path)
    forge(path, lambda node: node["fields"]["network"]["params"].update(units=10**9), of="Fitted")
    with refused("its weights have the shapes .* for its WideNetwork"):
        persistence.load(path)


TYPE = {"type": "builtin", "name": "float"}
FORGERIES = [
    ("params", {"power": "2"}, "The 'power' parameter of Scaler must be"),
    ("params", {"inner": 1}, "The 'inner' parameter of Scaler must be"),
    ("params", {"note": {"type": "dict", "keys": [], "values": []}}, "its note is a dict"),
    ("params", {"note": TYPE}, "its note is a type"),
    ("params", {"evil": 1}, "no parameter"),
    ("fitted", {"transform": 1}, "has no fitted attribute"),
    ("fitted", {"__class__": 1}, "has no fitted attribute"),
    ("fitted", {"_private_": 1}, "has no fitted attribute"),
    ("fitted", {"largest_": TYPE}, "its largest_ is a type"),
    ("fitted", {"largest_": {"type": "tuple", "items": [[{"type": "path", "value": "a"}]]}}, "its"),
    (
        "fitted",
        {"largest_": {"type": "objects", "items": [{"type": "builtin", "name": "int"}]}},
        "its",
    ),
]


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(("part", "change", "message"), FORGERIES, ids=str)
def test_a_forged_object_of_a_registered_class_is_refused(
    part, change, message, texts, path, forge
):
    persistence.save(Scaler().fit(CountVectorizer().fit_transform(texts)), path)
    forge(path, lambda d: d["model"][part].update(change))
    with refused(message):
        persistence.load(path)


@pytest.mark.usefixtures("registered")
def test_a_redefined_class_is_another_class(path):
    old = Scaler()
    new = type("Scaler", (Scaler,), {"__module__": __name__, "__qualname__": "Scaler"})
    persistence.register(new)
    with pytest.raises(TypeError, match=r"a model file cannot contain a .*Scaler"):
        persistence.save(old, path)
    persistence.save(new(), path)
    assert type(persistence.load(path)) is new


@pytest.mark.parametrize("wrong", [Scaler(), dict, len, "Scaler"])
def test_only_estimator_classes_can_be_registered(wrong):
    with pytest.raises(TypeError, match="expected a class of estimators"):
        persistence.register(wrong)


@pytest.mark.usefixtures("registered")
def test_builtin_classes_cannot_be_replaced(path):
    fake = type("PadTransformer", (BaseEstimator,), {"__module__": "elsewhere"})
    persistence.register(fake)
    persistence.save(PadTransformer(), path)
    assert type(persistence.load(path)) is PadTransformer
    assert json.loads(json.dumps(sorted(_classes._registered)))[-1] != "PadTransformer"
