"""Round trips: load returns what was saved."""

import copy
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from sklearn_textnn import persistence
from sklearn_textnn.embeddings import GloVeEmbedder
from sklearn_textnn.networks import NETWORKS
from sklearn_textnn.preprocessing import KerasTokenizerTransformer, PadTransformer


@pytest.fixture
def through_file(tmp_path):
    """Return a function that saves something and loads it again."""

    def round_trip(thing, **kwargs):
        persistence.save(thing, tmp_path / "x.textnn")
        return persistence.load(tmp_path / "x.textnn", **kwargs)

    return round_trip


def assert_same(after, before):
    """Compare two objects attribute by attribute, including types, layouts and orders."""
    assert type(after) is type(before)
    if isinstance(before, np.ndarray):
        np.testing.assert_array_equal(after, before, strict=True)
        if before.flags.forc:  # else a view into another array, which a file does not hold
            assert after.flags.f_contiguous == before.flags.f_contiguous
        assert after.flags.writeable == before.flags.writeable
    elif isinstance(before, dict):
        assert list(after) == list(before)
        assert_same([*after.values()], [*before.values()])
    elif isinstance(before, (list, tuple)):
        assert len(after) == len(before)
        for a, b in zip(after, before, strict=True):
            assert_same(a, b)
    elif hasattr(before, "__dict__") and not isinstance(before, type):
        own = ("_stop_words_id", "_seen")  # an address in this process; partial_fit's counts
        states = [
            {k: v for k, v in sorted(vars(x).items()) if k not in own} for x in (after, before)
        ]
        assert_same(*states)
    else:
        assert after == before


def test_a_loaded_pipeline_predicts_the_same_bits(example, fitted, saved, vectors, texts):
    pipeline = fitted(example)
    restored = persistence.load(saved(example), vectors=vectors)
    new = [*texts, "", "great unheard-of food"]
    expected = pipeline.predict_proba(new)
    np.testing.assert_array_equal(restored.predict_proba(new), expected, strict=True)
    np.testing.assert_array_equal(restored.predict(new), pipeline.predict(new), strict=True)


@pytest.mark.parametrize("model", [n for cls in NETWORKS for n in cls.examples()], ids=str)
def test_every_network_is_loaded_equal(model, through_file, network, texts, two):
    words = TfidfVectorizer() if model.reads == "features" else KerasTokenizerTransformer()
    pipeline = Pipeline([("words", words), ("pad", PadTransformer()), ("clf", network(model))])
    if model.reads == "features":
        pipeline.set_params(pad="passthrough")
    loaded = through_file(pipeline.fit(texts, two))
    expected = pipeline.predict_proba(texts)
    np.testing.assert_array_equal(loaded.predict_proba(texts), expected, strict=True)


def test_every_attribute_is_loaded_equal(example, fitted, saved, vectors):
    assert_same(persistence.load(saved(example), vectors=vectors), fitted(example))


def test_an_unfitted_estimator_is_unfitted_after_loading(example, fitted, through_file, vectors):
    unfitted = clone(fitted(example))
    assert_same(through_file(unfitted, vectors=vectors), unfitted)


def test_equal_pipelines_give_equal_files(example, saved, vectors, tmp_path):
    path = saved(example)
    first = path.read_bytes()
    persistence.save(persistence.load(path, vectors=vectors), tmp_path / "again.textnn")
    assert (tmp_path / "again.textnn").read_bytes() == first
    assert saved(example).read_bytes() == first


def test_an_unfitted_pipeline_learns_the_same(fitted, through_file, texts, two):
    restored = through_file(clone(fitted("pooling"))).fit(texts, two)
    expected = fitted("pooling").predict_proba(texts)
    np.testing.assert_array_equal(restored.predict_proba(texts), expected)


def test_training_continues_after_loading(fitted, saved, texts, two):
    """The state of optimizer and dropout is saved, too, as in a pickle."""
    pipeline, counts = fitted("continued"), fitted("continued")[0].transform(texts)
    both = persistence.load(saved("continued")), pickle.loads(pickle.dumps(pipeline))
    one, other = (restored[-1].partial_fit(counts, two) for restored in both)
    np.testing.assert_array_equal(one.predict_proba(counts), other.predict_proba(counts))
    assert not np.array_equal(one.predict_proba(counts), pipeline.predict_proba(texts))


def test_shared_objects_are_shared_after_loading(saved, vectors):
    pipeline = persistence.load(saved("two copies"), vectors=vectors)
    tokens, _, embedder, clf = (step for _, step in pipeline.steps)
    assert clf.vocabulary_ is tokens.vocabulary_ is not None
    assert clf._fitted.vocabulary is clf.vocabulary_
    assert embedder.vectors is embedder.vectors_ is embedder._lookup.vectors is vectors


def test_words_are_written_once(saved, members_of):
    text = members_of(saved("pooling"))["model.json"].decode()
    assert text.count('"tasty"') == 3  # word_index_, word_counts_ and one vocabulary


PARAMS = [
    None,
    True,
    10**30,
    -0.0,
    1e-300,
    float("inf"),
    "\ud800 lone, \x00 null, 😀",
    (),
    (1, ("a", [2.5])),
    [None, "x"],
    {"a": 1, 2: (3,), None: 0.5, ("t",): "t"},
    {"a": np.int64(1), "b": np.int64(2)},
    {"a": np.int64(1), "b": 2},
    {},
    {1, 2},
    frozenset("ab"),
    np.float32(0.1),
    np.float64("nan"),
    np.int8(-3),
    np.bool_(True),
    np.str_("text"),
    np.uint16,
    np.dtype("float32"),
    np.arange(6).reshape(2, 3),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.arange(12)[::-2],
    np.zeros((0, 3), dtype=np.float16),
    np.array(1.5),
    np.array("text"),
    np.array(["a", "béé", "\udfff"]),
    np.array(["ab", ""], dtype="U7"),
    np.array([["a"], ["b"]]),
    np.array(["a", None, 1, 2.5], dtype=object),
    np.array([1, 2], dtype=">i4"),
]


@pytest.mark.parametrize("value", PARAMS, ids=map(str, range(len(PARAMS))))
def test_values_are_loaded_equal(value, through_file):
    """Inside a parameter that only fit reads."""
    restored = through_file(KerasTokenizerTransformer(vocabulary=[{"value": value}]))
    after = restored.vocabulary[0]["value"]
    if isinstance(value, np.ndarray):
        expected = value.astype(value.dtype.newbyteorder("="))
        np.testing.assert_array_equal(after, expected, strict=True)
        assert after.flags.fnc or not value.flags.fnc
    else:
        assert type(after) is type(value)
        assert repr(after) == repr(value)


@pytest.mark.parametrize("dtype", [float, int, bool, np.float32, np.dtype("int16"), "float64"])
def test_numeric_types_are_loaded_equal(dtype, through_file, texts):
    vectorizer = CountVectorizer(dtype=dtype).fit(texts)
    restored = through_file(vectorizer)
    assert restored.dtype is dtype or (
        isinstance(dtype, (str, np.dtype)) and restored.dtype == dtype
    )
    assert restored.transform(texts).dtype == vectorizer.transform(texts).dtype == np.dtype(dtype)


@pytest.mark.parametrize("kind", [TfidfVectorizer, CountVectorizer, KerasTokenizerTransformer])
def test_words_from_an_array_are_loaded_equal(kind, through_file, texts):
    """NumPy's own texts become the keys of vocabularies."""
    tokens = kind(vocabulary=np.array(["good", "food", "bad"])).fit(texts)
    restored = through_file(tokens)
    assert_same(restored, tokens)
    assert [*map(str, restored.transform(texts))] == [*map(str, tokens.transform(texts))]


def test_metrics_per_class_are_saved(through_file, network, three):
    clf = network(None, metrics=["f1_score"]).fit(np.arange(24).reshape(24, 1) % 5, three)
    assert isinstance(clf.history_["f1_score"][0], list)
    assert_same(through_file(clf), clf)


def test_routed_parameters_are_loaded_equal(through_file, network):
    clf = network(None, optimizer="sgd", optimizer__momentum=0.5, metrics=["AUC"], loss__name="x")
    restored = through_file(clf)
    assert restored.get_params() == clf.get_params()
    assert restored.get_params()["optimizer__momentum"] == 0.5


def test_parameters_set_after_fit_do_not_change_a_prediction(fitted, through_file, texts):
    pipeline = copy.deepcopy(fitted("pooling"))
    expected = pipeline.predict_proba(texts)
    pipeline.set_params(kerastextclassifier__model=None, kerastextclassifier__dtype="float64")
    restored = through_file(pipeline)
    np.testing.assert_array_equal(restored.predict_proba(texts), expected, strict=True)
    assert restored[-1].model is None
    assert restored[-1].network_.pooling == ("max", "average")


@pytest.mark.usefixtures("metadata_routing")
def test_metadata_requests_and_set_output_are_loaded(through_file, network):
    clf = network(None).set_fit_request(X_val=True, y_val="labels", sample_weight=False)
    pad = PadTransformer().set_output(transform="pandas")
    pipeline = Pipeline([("pad", pad), ("clf", clf)], transform_input=["X_val"])
    restored = through_file(pipeline)
    assert str(restored[-1].get_metadata_routing()) == str(clf.get_metadata_routing())
    assert restored[-1].get_metadata_routing().fit.requests["y_val"] == "labels"
    assert restored[0]._sklearn_output_config == {"transform": "pandas"}
    assert restored.transform_input == ["X_val"]


def test_column_names_are_loaded(through_file, texts, two):
    vectorizer = CountVectorizer()
    counts = vectorizer.fit_transform(texts).toarray()
    counts = pd.DataFrame(counts, columns=vectorizer.get_feature_names_out())
    regression = LogisticRegression().fit(counts, two)
    restored = through_file(regression)
    assert_same(restored, regression)
    with pytest.raises(ValueError, match="feature names"):
        restored.predict(counts[counts.columns[::-1]])


def test_a_single_estimator_can_be_saved(fitted, through_file):
    for step in (fitted("pooling")[0], fitted("pooling")[-1], fitted("tf-idf")[0]):
        assert_same(through_file(step), step)


@pytest.mark.filterwarnings("ignore:.*hold white space")
def test_words_of_any_characters_are_loaded_equal(through_file):
    words = ["\ud800", "\x00", "naïve", "😀", "a\u2028b", '"', "\\"]
    tokens = KerasTokenizerTransformer(filters="", lower=False).fit([" ".join(words)])
    assert_same(through_file(tokens), tokens)
    assert through_file(tokens).vocabulary_.words == ("", *words)


def test_a_path_of_vectors_is_saved_as_a_path(through_file):
    for path in (Path("no") / "such file.txt", "no such file.txt"):
        assert through_file(GloVeEmbedder(path, output="mean")).vectors == path
