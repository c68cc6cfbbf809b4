"""Errors of save: they have the name of what cannot be saved, and nothing is written."""

import keras
import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, HalvingRandomSearchCV, RandomizedSearchCV
from sklearn.pipeline import Pipeline, make_pipeline

from sklearn_textnn import persistence
from sklearn_textnn.model_selection import EpochHalvingSearchCV
from sklearn_textnn.networks import Network, PoolingNetwork
from sklearn_textnn.preprocessing import KerasTokenizerTransformer, PadTransformer


def cut(text):
    return text.split()


def create_model(meta):
    raise AssertionError("never called")


class OwnNetwork(PoolingNetwork):
    """Written by a user."""


class OwnPad(PadTransformer):
    """Written by a user."""


CODE = "is code, and a model file contains none"
KERAS = "is a Keras object"

REFUSED = {
    "a function": (CountVectorizer(tokenizer=cut), "tokenizer", CODE),
    "an analyzer": (KerasTokenizerTransformer(analyzer=cut), "analyzer", CODE),
    "a lambda": (CountVectorizer(preprocessor=lambda text: text), "preprocessor", CODE),
    "a builtin": (CountVectorizer(tokenizer=len), "tokenizer", CODE),
    "a method": (CountVectorizer(tokenizer="a".split), "tokenizer", CODE),
    "a type": (CountVectorizer(dtype=complex), "dtype", CODE),
    "an object type": (CountVectorizer(dtype=np.object_), "dtype", CODE),
    "a random state": (
        LogisticRegression(random_state=np.random.RandomState(0)),
        "random_state",
        "state that changes with use. Set an int",
    ),
    "an array of times": (
        CountVectorizer(vocabulary=np.array(["2001"], dtype="M8[Y]")),
        "vocabulary",
        "cannot contain a .*numpy.ndarray",
    ),
    "a nested array of objects": (
        CountVectorizer(vocabulary=np.array([["a", object()]])),
        "vocabulary",
        "cannot contain a .*numpy.ndarray",
    ),
    "bytes": (
        CountVectorizer(vocabulary=[b"a"]),
        r"vocabulary\[0\]",
        "cannot contain a .*builtins.bytes",
    ),
    "another estimator": (Pipeline([("last", Ridge())]), "last", "cannot contain a .*Ridge"),
    "a subclass": (Pipeline([("pad", OwnPad())]), "pad", "cannot contain a .*OwnPad"),
    "no estimator": ("text", "this", "cannot contain a .*str"),
    "no estimator of ours": (Ridge(), "this", "cannot contain a .*Ridge"),
}
OF_NETWORKS = {
    "an optimizer": ({"optimizer": keras.optimizers.Adam(0.1)}, "optimizer", KERAS),
    "a Keras class": ({"loss": keras.losses.Hinge}, "loss", KERAS),
    "callbacks": (
        {"callbacks": [keras.callbacks.TerminateOnNaN()]},
        r"callbacks\[0\]",
        r"set_params\(deep__clf__callbacks=None\)",
    ),
    "a schedule": (
        {"optimizer__learning_rate": keras.optimizers.schedules.CosineDecay(0.1, 9)},
        "optimizer__learning_rate",
        KERAS,
    ),
    "a model function": ({"model": create_model}, "model", CODE),
    "an own network": ({"model": OwnNetwork()}, "model", "cannot contain a .*OwnNetwork"),
    "a function in a dict": ({"class_weight": {"good": cut}}, r"class_weight\['good'\]", CODE),
    "inside the network": (
        {"model": PoolingNetwork(activation=keras.activations.relu)},
        "model__activation",
        KERAS,
    ),
}


def assert_refused(thing, path, message, error=TypeError):
    path.write_bytes(b"as it was")
    with pytest.raises(error, match=message):
        persistence.save(thing, path)
    assert path.read_bytes() == b"as it was"
    assert [*path.parent.iterdir()] == [path]


@pytest.mark.parametrize("case", REFUSED)
def test_code_and_foreign_objects_are_refused_with_their_name(case, tmp_path):
    thing, place, message = REFUSED[case]
    assert_refused(thing, tmp_path / "x", f"Cannot save {place}: .*{message}")


@pytest.mark.parametrize("case", OF_NETWORKS)
def test_the_name_is_that_of_set_params(case, network, tmp_path):
    params, place, message = OF_NETWORKS[case]
    inner = Pipeline([("pad", PadTransformer()), ("clf", network(**{"model": None} | params))])
    thing = Pipeline([("deep", inner)])
    assert_refused(thing, tmp_path / "x", f"Cannot save deep__clf__{place}: .*{message}")
    name = place.partition("[")[0].rstrip("\\")
    thing.set_params(**{f"deep__clf__{name}": None if name != "model__activation" else "relu"})
    persistence.save(thing, tmp_path / "x")


def test_objects_only_needed_for_training_can_be_removed(network, two, tmp_path):
    """As the error suggests: a fitted classifier needs no optimizer or callback to predict."""
    clf = network(None, optimizer=keras.optimizers.Adam(0.1))
    ids = np.arange(24).reshape(24, 1) % 5
    expected = clf.fit(ids, two).predict_proba(ids)
    persistence.save(clf.set_params(optimizer=None), tmp_path / "x")
    loaded = persistence.load(tmp_path / "x")
    np.testing.assert_array_equal(loaded.predict_proba(ids), expected)


def test_a_fitted_function_is_refused_even_if_the_parameter_is_not(network, two, tmp_path):
    def create(meta):
        layers = [keras.Input((2,)), keras.layers.Dense(1, activation="sigmoid")]
        return keras.Sequential(layers)

    clf = network(create).fit(np.eye(2, dtype=float)[two], two)
    assert_refused(
        clf.set_params(model=None), tmp_path / "x", r"Cannot save _fitted\.network: .*Function"
    )


def searches(**params):
    """Return searches of scikit-learn and our own, over what they can search."""
    forest = RandomForestClassifier(n_estimators=2, random_state=0)
    space = {"max_depth": [1, 2]}
    return [
        GridSearchCV(forest, space, cv=2, **params),
        RandomizedSearchCV(forest, space, n_iter=2, cv=2, **params),
        HalvingRandomSearchCV(forest, space, n_candidates=2, cv=2, random_state=0, **params),
        EpochHalvingSearchCV(
            forest, space, n_iter=2, cv=2, resource="n_estimators", warm_start=True, **params
        ),
    ]


@pytest.mark.parametrize("place", ["this", "last"])
def test_a_search_is_refused_and_what_it_found_is_named(place, tmp_path):
    X, y = np.random.default_rng(0).normal(size=(40, 3)), np.arange(40) % 2
    for search in searches():
        for thing in (search, clone(search).fit(X, y)):
            if place != "this":
                thing = Pipeline([("pad", PadTransformer()), (place, thing)])
            name = type(search).__name__
            message = f"Cannot save {place}: {name} is a search, .*Save its best_estimator_"
            assert_refused(thing, tmp_path / "x", message)


def test_what_a_search_found_can_be_saved(network, two, tmp_path):
    ids = np.arange(24).reshape(24, 1) % 5
    search = EpochHalvingSearchCV(network(None), {"batch_size": [4, 8]}, n_iter=2, cv=2)
    search.fit(ids, two)
    persistence.save(search.best_estimator_, tmp_path / "x")
    found = persistence.load(tmp_path / "x").predict_proba(ids)
    np.testing.assert_array_equal(found, search.predict_proba(ids))


def test_a_cache_folder_is_refused(tmp_path):
    pipeline = make_pipeline(CountVectorizer(), memory=str(tmp_path))
    assert_refused(pipeline, tmp_path / "x", "its memory is .*, expected None", ValueError)


@pytest.mark.parametrize("source", ["filename", "file"])
def test_a_vectorizer_that_opens_files_is_refused(source, tmp_path):
    assert_refused(
        TfidfVectorizer(input=source), tmp_path / "x", "would open the files", ValueError
    )


def test_an_invalid_parameter_is_refused_as_fit_would(network, tmp_path):
    message = "The 'epochs' parameter of KerasTextClassifier must be"
    assert_refused(network(None, epochs=0), tmp_path / "x", message, ValueError)


def test_impossible_weights_are_refused(fitted, tmp_path):
    regression = clone(fitted("tf-idf")[-1])
    vars(regression).update(vars(fitted("tf-idf")[-1]))
    regression.coef_ = regression.coef_[:, 1:]
    message = (
        r"LogisticRegression: its coef_ is an array of .*\(1, 7\), expected .*n_features_in_\)"
    )
    assert_refused(regression, tmp_path / "x", message, ValueError)
    regression.coef_ = sparse.csr_array(regression.coef_)
    assert_refused(regression, tmp_path / "x", "Cannot save coef_: it is a sparse matrix")


def test_an_undeclared_attribute_is_refused(tmp_path):
    pad = PadTransformer()
    pad.note = "mine"
    assert_refused(pad, tmp_path / "x", "Cannot save note: note is not a fitted attribute")


def test_missing_fitted_attributes_are_refused(tmp_path):
    regression = LogisticRegression()
    regression.coef_ = np.zeros((1, 2))
    assert_refused(regression, tmp_path / "x", "half fitted.*save clone", ValueError)


def test_every_network_of_the_library_can_be_saved(network, tmp_path):
    from sklearn_textnn import networks

    classes = [vars(networks)[name] for name in networks.__all__ if "Network" in name]
    concrete = [c for c in classes if issubclass(c, Network) and c is not Network]
    assert len(concrete) >= 4
    for cls in concrete:
        persistence.save(network(cls()), tmp_path / "x")
        assert type(persistence.load(tmp_path / "x").model) is cls


def test_every_estimator_of_the_library_can_be_saved():
    """A new one needs a place in the table."""
    import sklearn_textnn
    from sklearn_textnn.persistence._classes import find_entry

    public = [
        vars(sklearn_textnn).get(n) or getattr(sklearn_textnn, n) for n in sklearn_textnn._HOMES
    ]
    for cls in public:
        if hasattr(cls, "get_params"):
            assert find_entry(cls.__name__).cls is cls
