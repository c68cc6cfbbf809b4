"""A frozen pipeline predicts as the original, without TensorFlow."""

import copy
import json
import pickle

import joblib
import numpy as np
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RandomizedSearchCV, cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from sklearn_textnn import persistence
from sklearn_textnn.classifiers import KerasTextClassifier
from sklearn_textnn.embeddings import GloVeEmbedder, WordVectors
from sklearn_textnn.engines import plain_keras
from sklearn_textnn.networks import (
    NETWORKS,
    ConvolutionalNetwork,
    DenseNetwork,
    FlattenNetwork,
    Network,
    PoolingNetwork,
    embed,
    feature_input,
    output,
    pool,
    token_input,
)
from sklearn_textnn.persistence import SKOPS_TRUSTED
from sklearn_textnn.pipelines import text_classifier
from sklearn_textnn.preprocessing import KerasTokenizerTransformer, PadTransformer
from sklearn_textnn.serving import FrozenTextClassifier, freeze

STRANGE_TEXTS = ["", "nothing known here", "good good good food " * 9, "FOOD!", "bad\x00 food"]
METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function")
VECTORS = WordVectors(
    ["food", "good", "bad", "fine", "poor", "tasty", "dire"],
    np.random.default_rng(0).normal(size=(7, 4)).astype(np.float32),
)


def pipeline_of(network, *, vectors=None, padding="post", **params):
    classifier = KerasTextClassifier(network, epochs=1, random_state=0, **params)
    if network.reads == "features":
        return make_pipeline(CountVectorizer(), classifier)
    tokens = KerasTokenizerTransformer(unknown="keep" if vectors is not None else "drop")
    steps = [tokens, PadTransformer(padding=padding), classifier]
    if vectors is not None:
        steps.insert(2, GloVeEmbedder(vectors))
    return make_pipeline(*steps)


@pytest.fixture(scope="module")
def targets(labels, three_labels, indicator):
    return {"binary": labels, "multiclass": three_labels, "multilabel": indicator}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
@pytest.mark.parametrize("example", [n for cls in NETWORKS for n in cls.examples()], ids=str)
def test_every_method_agrees_with_keras(example, kind, texts, targets):
    pipeline = pipeline_of(example).fit(texts, targets[kind])
    frozen, some = freeze(pipeline), [*texts, *STRANGE_TEXTS]
    assert isinstance(frozen, Pipeline)
    assert isinstance(frozen[-1], FrozenTextClassifier)
    assert all(a is b for a, b in zip(frozen[:-1], pipeline[:-1], strict=True))
    assert np.array_equal(frozen.classes_, pipeline.classes_)
    for method in METHODS:
        found = getattr(frozen, method)(some)
        assert np.array_equal(found, getattr(pipeline, method)(some))
        with plain_keras():
            expected = getattr(pipeline, method)(some)
        assert found.dtype == expected.dtype
        if method != "predict":
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
    for text, row in zip(some, frozen.predict_proba(some), strict=True):
        assert np.array_equal(frozen.predict_proba([text])[0], row)


@pytest.mark.parametrize("padding", ["pre", "post"])
@pytest.mark.parametrize("trainable", [None, False, "both"])
def test_unseen_words_are_looked_up_as_before(trainable, padding, texts, labels):
    network = ConvolutionalNetwork(num_filters=3, kernel_size=(1, 2), trainable=trainable)
    pipeline = pipeline_of(network, vectors=VECTORS, padding=padding).fit(texts, labels)
    frozen, some = freeze(pipeline), ["tasty food", "dire food", "tasty dire tasty", "zzz", ""]
    found = frozen.predict_proba(some)
    with plain_keras():
        np.testing.assert_allclose(found, pipeline.predict_proba(some), rtol=0, atol=1e-5)
    assert not np.array_equal(found[0], found[1])
    assert np.array_equal(np.concatenate([frozen.predict_proba([t]) for t in some]), found)


documents = st.lists(
    st.lists(st.sampled_from(["good", "food", "bad", "fine", "unheard", "of"]), max_size=24),
    min_size=1,
    max_size=12,
).map(lambda documents: [" ".join(words) for words in documents])


@pytest.fixture(scope="module")
def long_pipelines(texts, three_labels):
    """Return a fitted pipeline of each network, for texts of up to twenty tokens."""
    networks = [
        ConvolutionalNetwork(embedding_dim=3, num_filters=4, kernel_size=(1, 2, 5)),
        PoolingNetwork(embedding_dim=3, pooling=("average", "max"), units=3),
        FlattenNetwork(embedding_dim=3, units=3),
        DenseNetwork(units=3),
    ]
    longer = [*texts[1:], "good food " * 10]
    return [pipeline_of(network).fit(longer, three_labels) for network in networks]


@settings(deadline=None, max_examples=25)
@given(some=documents, seed=st.integers(0, 99))
def test_a_text_has_the_same_bits_among_texts_of_any_length(some, seed, long_pipelines):
    for pipeline in long_pipelines:
        frozen = freeze(pipeline)
        found = frozen.predict_proba(some)
        order = np.random.default_rng(seed).permutation(len(some))
        assert np.array_equal(frozen.predict_proba([some[i] for i in order]), found[order])
        assert np.array_equal(np.concatenate([frozen.predict_proba([t]) for t in some]), found)
        with plain_keras():
            np.testing.assert_allclose(found, pipeline.predict_proba(some), rtol=0, atol=1e-5)


@pytest.mark.slow
def test_text_classifier_can_be_frozen(texts, three_labels):
    pipeline = text_classifier(random_state=0).fit(texts, three_labels)
    frozen, some = freeze(pipeline), [*texts, *STRANGE_TEXTS]
    assert list(classifiers_inside(pipeline, {}))
    assert not list(classifiers_inside(frozen, {}))
    with plain_keras():
        expected = pipeline.predict_proba(some)
    np.testing.assert_allclose(frozen.predict_proba(some), expected, rtol=0, atol=1e-5)


def test_a_frozen_classifier_reads_plain_tensors(tiny, labels):
    tensor = np.random.default_rng(0).normal(size=(48, 6, 3)).astype(np.float32)
    tensor[::2, 4:] = 0
    classifier = tiny().fit(tensor, labels)
    with plain_keras():
        expected = classifier.predict_proba(tensor)
    np.testing.assert_allclose(freeze(classifier).predict_proba(tensor), expected, atol=1e-5)


def test_a_frozen_classifier_averages_members(tiny, tokens, labels):
    classifier = tiny(n_members=3).fit(tokens, labels)
    frozen = freeze(classifier)
    assert np.array_equal(frozen.predict_proba(tokens), classifier.predict_proba(tokens))
    members = [freeze(member).predict_proba(tokens) for member in classifier.members_]
    np.testing.assert_allclose(frozen.predict_proba(tokens), np.mean(members, axis=0), atol=1e-6)


def test_the_original_is_unchanged_and_can_be_trained(fitted, tokens, labels):
    before = copy.copy(fitted)
    weights = before.weights_
    frozen = freeze(before)
    before.partial_fit(tokens, labels)
    assert not np.array_equal(before.weights_[0], weights[0])
    assert np.array_equal(frozen.weights_[0], weights[0])


def test_training_state_is_dropped(tiny, tokens, labels):
    classifier = tiny().partial_fit(tokens, labels, classes=[0, 1])
    assert len(pickle.dumps(freeze(classifier))) < 0.8 * len(pickle.dumps(classifier))


@pytest.mark.parametrize("handle_unknown", ["oov", "error"])
def test_ids_without_a_row_are_treated_as_before(handle_unknown, tiny, ids, labels):
    frozen = freeze(tiny(handle_unknown=handle_unknown).fit(ids, labels))
    assert frozen.handle_unknown == handle_unknown
    if handle_unknown == "error":
        with pytest.raises(ValueError, match="token id 100 in row 0"):
            frozen.predict(ids + 99)
    else:
        assert frozen.predict(ids + 99).shape == (48,)
    assert get_tags(frozen).input_tags.categorical


def test_a_frozen_classifier_refuses_bad_input(fitted, tokens, texts):
    frozen = freeze(fitted)
    with pytest.raises(ValueError, match="X holds texts"):
        frozen.predict(texts)
    with pytest.raises(ValueError, match="has 2 features, but FrozenTextClassifier is expecting 6"):
        frozen.predict(np.asarray(tokens)[:, :2])


def test_a_frozen_classifier_cannot_be_fitted_and_clones_to_itself(fitted, texts, labels):
    frozen = freeze(fitted)
    assert clone(frozen) is frozen
    check_is_fitted(frozen)
    with pytest.raises(NotImplementedError, match="only predicts"):
        frozen.fit(texts, labels)


def test_unfitted_estimators_are_refused(tiny, text_pipeline):
    for unfitted in (tiny(), text_pipeline()):
        with pytest.raises(NotFittedError):
            freeze(unfitted)
    with pytest.raises(NotFittedError):
        FrozenTextClassifier().predict([[1]])


def test_estimators_that_need_no_freezing_are_returned_as_they_are(texts, labels, fitted):
    linear = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, labels)
    assert freeze(linear) is linear
    frozen = freeze(fitted)
    assert freeze(frozen) is frozen


def classifiers_inside(thing, seen):
    """Yield every KerasTextClassifier inside an object."""
    if id(thing) in seen:
        return
    seen[id(thing)] = thing
    if isinstance(thing, KerasTextClassifier):
        yield thing
    parts = [*thing.values()] if isinstance(thing, dict) else []
    parts += [*thing] if isinstance(thing, (list, tuple)) else []
    for part in (*parts, *getattr(thing, "__dict__", {}).values()):
        yield from classifiers_inside(part, seen)


def ensembles(make, linear):
    yield VotingClassifier([("net", make()), ("linear", linear)], voting="soft")
    yield StackingClassifier([("net", make()), ("linear", linear)], cv=2)
    yield CalibratedClassifierCV(make(), cv=2)
    yield OneVsRestClassifier(make())


@pytest.mark.slow
def test_members_of_ensembles_are_frozen_too(text_pipeline, texts, three_labels):
    linear = make_pipeline(TfidfVectorizer(), LogisticRegression())
    for ensemble in ensembles(text_pipeline, linear):
        ensemble.fit(texts, three_labels)
        frozen = freeze(ensemble)
        assert list(classifiers_inside(ensemble, {}))
        assert not list(classifiers_inside(frozen, {}))
        assert np.array_equal(frozen.predict_proba(texts), ensemble.predict_proba(texts))


def test_members_of_bags_are_frozen_too(tiny_dense, features, labels):
    bag = BaggingClassifier(tiny_dense(), n_estimators=2, random_state=0).fit(features, labels)
    frozen = freeze(bag)
    assert not list(classifiers_inside(frozen, {}))
    assert np.array_equal(frozen.predict_proba(features), bag.predict_proba(features))


def test_freezing_a_search_returns_the_best_pipeline(text_pipeline, texts, labels):
    grid = {"clf__model__units": [2, 3, 4]}
    inner = RandomizedSearchCV(text_pipeline(epochs=1), grid, n_iter=2, cv=2, random_state=0)
    assert len(cross_val_score(inner, texts, labels, cv=2)) == 2
    search = inner.fit(texts, labels)
    frozen = freeze(search)
    assert isinstance(frozen, Pipeline)
    assert np.array_equal(frozen.predict_proba(texts), search.predict_proba(texts))


class Squared(Network):
    """A custom network of features without `forward`."""

    reads = "features"

    def build(self, spec):
        import keras

        x = feature_input(spec)
        normal = keras.layers.LayerNormalization(dtype=spec.dtype, name="normal")(x)
        return keras.Model(x, output(spec, normal))

    def weight_shapes(self, spec):
        n = spec.n_features
        shapes = [("normal/gamma", (n,)), ("normal/beta", (n,)), ("output/kernel", (n, 1))]
        return [*shapes, ("output/bias", (1,))]


class SquaredWithForm(Squared):
    build = Squared.build

    def forward(self, layers, x):
        gamma, beta = layers.weights["normal/gamma"], layers.weights["normal/beta"]
        x = (x - x.mean(axis=1, keepdims=True)) / np.sqrt(x.var(axis=1, keepdims=True) + 1e-3)
        return layers.output(x * gamma + beta)


def test_a_network_without_a_form_is_refused_by_its_layer(tiny, features, labels):
    with pytest.raises(ValueError, match=r"Squared has no NumPy form.*'normal' \(LayerNorm"):
        freeze(tiny(model=Squared()).fit(features, labels))


def test_a_users_form_is_used(tiny, features, labels):
    classifier = tiny(model=SquaredWithForm()).fit(features, labels)
    with plain_keras():
        expected = classifier.predict_proba(features)
    np.testing.assert_allclose(freeze(classifier).predict_proba(features), expected, atol=1e-5)


class OnlyAverages(PoolingNetwork):
    """Builds another model than its base class, whose `forward` it inherits."""

    def build(self, spec):
        import keras

        ids = token_input(spec)
        x = pool(spec, embed(spec, ids, self.embedding_dim), "average", "average_pool")
        return keras.Model(ids, output(spec, x))


def test_a_form_of_another_model_is_refused(tiny, tokens, labels):
    with pytest.raises(ValueError, match=r"OnlyAverages has no NumPy form\. Define forward"):
        freeze(tiny(model=OnlyAverages(embedding_dim=3)).fit(tokens, labels))


def create_model(meta):
    import keras

    layers = [keras.Input((meta["n_features_in_"],)), keras.layers.Dense(1, activation="sigmoid")]
    return keras.Sequential(layers)


def test_the_model_of_a_function_is_refused(tiny, features, labels):
    with pytest.raises(ValueError, match=r"create_model has no NumPy form\. Write it as a Network"):
        freeze(tiny(model=create_model).fit(features, labels))


# Files and processes


@pytest.fixture(scope="module")
def saved(tmp_path_factory, texts, three_labels):
    """Return a folder with one pipeline saved in every way, and its probabilities."""
    folder = tmp_path_factory.mktemp("frozen")
    network = ConvolutionalNetwork(num_filters=3, kernel_size=(1, 2), dropout=0.5)
    pipeline = pipeline_of(network, vectors=VECTORS).fit(texts, three_labels)
    frozen = freeze(pipeline)
    persistence.save(pipeline, folder / "trained.textnn", embed_vectors=True)
    persistence.save(frozen, folder / "frozen.textnn", embed_vectors=True)
    (folder / "pickle").write_bytes(pickle.dumps(frozen))
    joblib.dump(frozen, folder / "joblib")
    skops.io.dump(frozen, folder / "skops")
    some = [*texts[:5], *STRANGE_TEXTS, "tasty food"]
    (folder / "texts.json").write_text(json.dumps(some))
    np.save(folder / "probabilities.npy", pipeline.predict_proba(some))
    return folder


WITHOUT_TENSORFLOW = """
import json, os, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("keras", "scikeras", "tensorflow", "pandas"):
            raise ImportError(f"{name} is not installed")

sys.meta_path.insert(0, Absent())
os.chdir(sys.argv[1])
import pickle
import joblib, numpy as np
from sklearn_textnn import persistence
from sklearn_textnn.serving import freeze

loaded = {
    "trained": persistence.load("trained.textnn", frozen=True),
    "frozen": persistence.load("frozen.textnn"),
    "frozen twice": persistence.load("frozen.textnn", frozen=True),
    "pickle": pickle.load(open("pickle", "rb")),
    "joblib": joblib.load("joblib"),
}
if "skops" in sys.argv:
    import skops.io
    loaded["skops"] = skops.io.load("skops", trusted=persistence.SKOPS_TRUSTED)
texts = json.load(open("texts.json"))
expected = np.load("probabilities.npy")
results = {}
for name, pipeline in loaded.items():
    again = freeze(pipeline)
    assert again is pipeline
    same = np.array_equal(pipeline.predict_proba(texts), expected)
    results[name] = [same, str(pipeline[-1]), "tensorflow" in sys.modules]
print(json.dumps(results))
"""


def test_it_predicts_where_tensorflow_cannot_be_imported(saved, run_python):
    done = run_python("-W", "ignore", "-c", WITHOUT_TENSORFLOW, saved, "skops")
    results = json.loads(done.stdout.splitlines()[-1])
    assert len(results) == 6
    assert {tuple(v) for v in results.values()} == {(True, "FrozenTextClassifier()", False)}


def test_loading_frozen_equals_freezing_after_loading(saved):
    """Loading frozen equals loading and freezing, for every way of saving."""
    frozen = persistence.load(saved / "trained.textnn", frozen=True)
    trained = persistence.load(saved / "trained.textnn")
    again = saved / "again.textnn"
    for pipeline in (frozen, freeze(trained)):
        persistence.save(pipeline, again, embed_vectors=True)
        assert again.read_bytes() == (saved / "frozen.textnn").read_bytes()


def test_an_unfitted_pipeline_is_loaded_unfitted_with_frozen(tmp_path):
    persistence.save(make_pipeline(CountVectorizer(), KerasTextClassifier()), tmp_path / "new")
    loaded = persistence.load(tmp_path / "new", frozen=True)
    with pytest.raises(NotFittedError):
        loaded[-1].predict([[1]])


def test_loading_frozen_refuses_a_network_without_a_form(tmp_path, tiny, features, labels):
    persistence.register(Squared)
    classifier = tiny(model=Squared()).fit(features, labels)
    persistence.save(classifier, tmp_path / "squared")
    with pytest.raises(persistence.ModelFormatError, match="Squared has no NumPy form"):
        persistence.load(tmp_path / "squared", frozen=True)


def test_skops_loads_frozen_pipelines_with_the_published_list(saved):
    untrusted = set(skops.io.get_untrusted_types(file=saved / "skops"))
    assert untrusted <= set(SKOPS_TRUSTED)
    assert "sklearn_textnn.serving._frozen_classifier.FrozenTextClassifier" in untrusted


def test_a_fitted_classifier_predicts_with_one_engine(tiny, features, labels):
    """A dense network predicts sparse and dense, one and many samples with the same engine."""
    classifier = tiny(model=DenseNetwork(units=3)).fit(features, labels)
    frozen = freeze(classifier)
    for rows in (slice(None), slice(0, 1), slice(3, 20)):
        part = features[rows]
        assert np.array_equal(classifier.predict_proba(part), frozen.predict_proba(part))
