"""Small files that would take much memory or time, at loading or later."""

import json

import numpy as np
import pytest
import safetensors.numpy
import sklearn

from sklearn_textnn import persistence
from sklearn_textnn.embeddings import GloVeEmbedder, WordVectors
from sklearn_textnn.networks import ConvolutionalNetwork, DenseNetwork, PoolingNetwork
from sklearn_textnn.persistence import ModelFormatError, _classes
from sklearn_textnn.persistence._container import MOST_PLACES
from sklearn_textnn.persistence._decoding import MOST_PARTS
from sklearn_textnn.preprocessing import KerasTokenizerTransformer, Vocabulary


def estimator(key, params=(), fitted=()):
    """Describe an estimator."""
    return {
        "type": "estimator",
        "class": key,
        "params": dict(params),
        "fitted": dict(fitted),
        "settings": {},
    }


def record(key, **fields):
    return {"type": "record", "class": key, "fields": fields}


def array(name, layout="C"):
    return {"type": "array", "name": name, "layout": layout}


def items(kind, *values):
    return {"type": kind, "items": values}


def a_dict(keys, values):
    return {"type": "dict", "keys": keys, "values": values}


@pytest.fixture
def load(zipped, tmp_path):
    """Return a function that loads a model from its description."""

    def write_and_load(model, arrays=None, vocabularies=(), vectors=()):
        description = {
            "format": "sklearn_textnn.model",
            "version": 2,
            "libraries": {"sklearn_textnn": "0.1.0", "scikit-learn": sklearn.__version__},
            "model": model,
            "vocabularies": vocabularies,
            "vectors": vectors,
        }
        members = {
            "model.json": json.dumps(description).encode(),
            "arrays.safetensors": safetensors.numpy.save(arrays or {}),
        }
        (tmp_path / "x").write_bytes(zipped(members.items()))
        return persistence.load(tmp_path / "x")

    return write_and_load


def refused(message):
    return pytest.raises(ModelFormatError, match=message)


# One object in many places

TOO_MANY = f"is used more than {MOST_PLACES} times"


def test_an_error_does_not_repeat_a_long_text(load):
    """An error would show the parameter, 8000 times 1 MB of text."""
    text = {"0": np.full((1, 1000), ord("a"), dtype=np.uint32)}
    with refused(TOO_MANY):
        load(estimator("TfidfVectorizer", {"lowercase": [array("0", "text")] * 8000}), text)
    words = {"class": "Vocabulary", "fields": {"words": items("tuple", "", "a" * 1000)}}
    words["fields"] |= {"n_known": 2, "oov_id": None}
    many = [{"type": "vocabulary", "number": 0}] * 8000
    with refused(TOO_MANY):
        load(estimator("TfidfVectorizer", {"lowercase": many}), vocabularies=[words])


def test_errors_are_short(load):
    with refused("'lowercase' parameter") as caught:
        load(estimator("TfidfVectorizer", {"lowercase": "a" * 10_000}))
    assert len(str(caught.value)) < 1000


def test_objects_with_many_references_are_written_several_times(tmp_path):
    words, array = Vocabulary(("", "a"), n_known=2), np.arange(3)
    many = [words, array] * (2 * MOST_PLACES + 1)
    persistence.save(KerasTokenizerTransformer(vocabulary=many), tmp_path / "x")
    restored = persistence.load(tmp_path / "x").vocabulary
    assert restored[::2] == many[::2]
    assert len({*map(id, restored[::2])}) == len({*map(id, restored[1::2])}) == 3
    np.testing.assert_array_equal(restored[1::2], many[1::2])


@pytest.mark.parametrize("n", [2, 30])
def test_an_array_cannot_be_several_weights(n, saved, forge):
    """9 MB could be gigabytes of weights."""

    def change(classifier):
        fitted = classifier["fitted"]["_fitted"]["fields"]
        fitted["network"]["params"]["units"] = items("tuple", *[8] * n)
        weights = fitted["state"]["fields"]["weights"]["items"]
        weights[2:-2] = weights[:2] * (n - 1)

    path = forge(saved("dense"), change, of="KerasTextClassifier")
    with refused("two weights of a network are the same array" if n == 2 else TOO_MANY):
        persistence.load(path)


def test_vectors_cannot_be_repeated(load):
    vectors = WordVectors(["a"], np.ones((1, 1000)))
    node = {"digest": vectors.digest, "shape": [1, 1000], "words": ["a"], "matrix": array("0")}
    matrix = {"0": np.asarray(vectors.vectors)}
    load(estimator("PadTransformer"), matrix, vectors=[node])
    with refused("vectors twice"):
        load(estimator("PadTransformer"), matrix, vectors=[node] * 2)
    with refused(TOO_MANY):
        load(estimator("PadTransformer"), matrix, vectors=[node] * 200)
    with refused("not an array of float32"):
        load(estimator("PadTransformer"), {"0": np.ones((1, 1000), np.uint8)}, vectors=[node])


@pytest.mark.parametrize(
    "keys",
    [
        [k * (2**61 - 1) for k in range(100)],  # the modulus of Python's hashes of numbers
        [items("tuple", 0, k * (2**61 - 1)) for k in range(100)],
    ],
)
def test_items_of_equal_hash_are_refused(keys, load):
    for value in (items("set", *keys), items("frozenset", *keys), a_dict(keys, [0] * 100)):
        with refused("100 items of a set or dict have the same hash"):
            load(estimator("PadTransformer", {"padding": value}))


def test_ordinary_sets_and_dicts_are_accepted(tmp_path):
    keys = [*range(-50, 50), *np.linspace(0, 1, 50), "a", None, True, 2**70, (1, 2), np.int64(77)]
    honest = [set(keys), frozenset(keys), dict.fromkeys(keys, 1)]
    persistence.save(KerasTokenizerTransformer(vocabulary=honest), tmp_path / "x")
    assert persistence.load(tmp_path / "x").vocabulary == honest


# Empty, wide, deep


def test_an_empty_array_cannot_declare_a_large_size(load):
    """Vectors of no words and 2^31 dimensions have a mean of 16 GB."""
    for dim, message in ((2**31, "is empty but of shape"), (100, "of at least one word")):
        vectors = WordVectors([], np.zeros((0, dim), dtype=np.float32))
        node = {"digest": vectors.digest, "shape": [0, dim], "words": [], "matrix": array("0")}
        lookup = record("Lookup", vectors={"type": "vectors", "number": 0}, forms=[], end="mean")
        with refused(message):
            load(
                estimator("PadTransformer", {"padding": lookup}),
                {"0": np.asarray(vectors.vectors)},
                vectors=[node],
            )


def test_a_network_with_too_many_layers_is_refused(saved, forge):
    def change(classifier):
        network = classifier["fitted"]["_fitted"]["fields"]["network"]["params"]
        name = next(n for n in ("pooling", "kernel_size", "units") if n in network)
        network[name] = items("tuple", *[network[name]] * 2000)

    for source in ("pooling", "convolution", "dense"):
        path = forge(saved(source), change, of="KerasTextClassifier")
        with refused(f"has 2000 .* at most {MOST_PARTS} are"):
            persistence.load(path)


def test_a_network_that_no_file_could_hold_is_not_saved(network, two, tmp_path):
    clf = network(DenseNetwork(units=[1] * MOST_PARTS)).fit(np.eye(2)[two], two)
    persistence.save(clf, tmp_path / "x")
    assert len(persistence.load(tmp_path / "x").weights_) == 2 * MOST_PARTS + 2
    clf.network_.units += [1]
    with pytest.raises(ValueError, match=f"has {MOST_PARTS + 1} units"):
        persistence.save(clf, tmp_path / "x")


def nested(node, n):
    for _ in range(n):
        node = estimator("Pipeline", {"steps": [items("tuple", "a", node)]})
    return node


def test_deeply_nested_pipelines_are_refused(load):
    """Each level triples the time that scikit-learn takes to predict."""
    assert load(nested(estimator("PadTransformer", (), {"maxlen_": 2}), 7)).transform([[1]]).any()
    with refused("nests estimators deeper than 8 levels"):
        load(nested(estimator("PadTransformer"), 8))
    assert load(estimator("KerasTokenizerTransformer", {"vocabulary": [[[[[[[[]]]]]]]]}))
    with refused("nests values deeper than 8 levels"):
        load(estimator("KerasTokenizerTransformer", {"vocabulary": [[[[[[[[[]]]]]]]]]}))


def test_a_pipeline_of_many_trained_networks_is_refused(saved, members_of, zipped):
    """Each is built, before scikit-learn finds that no Pipeline has several of them."""

    def with_arrays_of_its_own(node, i):
        if isinstance(node, list):
            return [with_arrays_of_its_own(value, i) for value in node]
        if not isinstance(node, dict):
            return node
        node = {key: with_arrays_of_its_own(value, i) for key, value in node.items()}
        return node | {"name": f"{i}-{node['name']}"} if node.get("type") == "array" else node

    path = saved("dense")
    members, copies = members_of(path), range(MOST_PLACES + 1)
    description = json.loads(members["model.json"])
    steps = description["model"]["params"]["steps"]
    steps[:] = [with_arrays_of_its_own(steps[-1], i) for i in copies]
    arrays = safetensors.numpy.load(members["arrays.safetensors"])
    arrays = {f"{i}-{name}": a for i in copies for name, a in arrays.items()}
    members["model.json"] = json.dumps(description).encode()
    members["arrays.safetensors"] = safetensors.numpy.save(arrays)
    path.write_bytes(zipped(members.items()))
    with refused(f"trained 'KerasTextClassifier' {TOO_MANY}"):
        persistence.load(path)


# Faults that would show up after loading


@pytest.mark.parametrize("name", ["idf_", "feature_names_in_"])
def test_a_partly_fitted_estimator_is_refused(name, load):
    with refused("half fitted: it has only"):
        load(estimator("TfidfTransformer", (), {name: array("0")}), {"0": np.ones(1)})


KERAS_OBJECT = {"module": "keras.layers", "class_name": "StringLookup", "config": "a file"}
OBJECTS = [
    KERAS_OBJECT,
    [KERAS_OBJECT],
    (0.9, {"class_name": "__lambda__"}),
    {},
    np.array([{"class_name": "Lambda"}], dtype=object),
    {"a set"},
    np.float32,
]


@pytest.mark.parametrize("value", OBJECTS, ids=str)
def test_a_parameter_cannot_describe_a_keras_object(value, network, tmp_path):
    """Keras makes objects of such dicts when the classifier is fitted; some of them run code."""
    routed = ("optimizer__learning_rate", "loss__a", "metrics__a", "callbacks__0__a", "fit__a")
    for name in (*routed, "model__a"):
        with pytest.raises(ValueError, match=f"Cannot save this.*its {name} is .*make an object"):
            persistence.save(network(None, **{name: value}), tmp_path / "x")
    for name in ("optimizer", "loss", "metrics", "callbacks"):
        with pytest.raises(ValueError, match=f"its {name} is .* expected None, a name or a list"):
            persistence.save(network(None, **{name: value}), tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_a_file_cannot_describe_a_keras_object(saved, forge):
    node = a_dict([*KERAS_OBJECT], [*KERAS_OBJECT.values()])
    for name in ("optimizer__learning_rate", "optimizer", "metrics", "loss__a"):
        path = forge(
            saved("pooling"),
            lambda classifier, name=name: classifier["params"].update({name: node}),
            of="KerasTextClassifier",
        )
        with refused(f"its {name} is"):
            persistence.load(path)


def test_names_and_numbers_for_keras_are_accepted(network, tmp_path):
    clf = network(
        None,
        optimizer="adam",
        optimizer__beta_1=np.float32(0.5),
        loss=None,
        loss__label_smoothing=0.1,
        metrics=("AUC", "mae"),
        callbacks=[],
        fit__validation_freq=[1, 2],
        optimizer__amsgrad=np.True_,
    )
    persistence.save(clf, tmp_path / "x")
    assert persistence.load(tmp_path / "x").get_params() == clf.get_params()


TYPE = {"type": "number type", "name": "float32"}
VECTORIZERS = [
    ({"tokenizer": TYPE}, "its tokenizer is a type"),
    ({"preprocessor": TYPE}, "its preprocessor is a type"),
    ({"analyzer": TYPE}, "its analyzer is a type"),
    ({"strip_accents": TYPE}, "its strip_accents is a type"),
    ({"dtype": "S200000000"}, "its dtype is"),
    ({"dtype": "O"}, "its dtype is"),
    ({"dtype": "f8,f8"}, "its dtype is"),
    ({"dtype": "C"}, "are inconsistent"),
    ({"dtype": None}, "its dtype is"),
    ({"dtype": {"type": "builtin", "name": "object"}}, "are inconsistent"),
    ({"ngram_range": items("tuple", 1, None)}, "its ngram_range is"),
    ({"ngram_range": items("tuple", 2, 1)}, "its ngram_range is"),
    ({"ngram_range": items("tuple", 1)}, "its ngram_range is"),
    ({"stop_words": [["a"]]}, "its stop_words is a list, expected a list of str"),
]


@pytest.mark.parametrize("key", ["CountVectorizer", "TfidfVectorizer"])
@pytest.mark.parametrize(("params", "message"), VECTORIZERS, ids=str)
def test_invalid_parameters_of_a_vectorizer_are_refused(key, params, message, load):
    with refused(message):
        load(estimator(key, params))


@pytest.mark.parametrize(
    "params", [{"output": False}, {"output": "x"}, {"output": []}, {"oov": "x"}, {"oov": None}]
)
def test_invalid_parameters_of_an_embedder_are_refused(params, load, tmp_path):
    with refused(f"The '{next(iter(params))}' parameter of GloVeEmbedder"):
        load(estimator("GloVeEmbedder", {"vectors": "a.txt"} | params))
    with pytest.raises(ValueError, match="parameter of GloVeEmbedder"):
        persistence.save(GloVeEmbedder("a.txt", **params), tmp_path / "x")


def test_a_model_that_is_not_a_network_is_refused(saved, forge):
    for value in (TYPE, "text", estimator("PadTransformer")):
        path = forge(
            saved("pooling"),
            lambda classifier, value=value: classifier["params"].update(model=value),
            of="KerasTextClassifier",
        )
        with refused("its model is a"):
            persistence.load(path)


# Errors


@pytest.mark.parametrize("error", [NotImplementedError, RecursionError, RuntimeError, ValueError])
def test_errors_of_other_libraries_become_model_format_errors(error, load, monkeypatch):
    def fail(*args):
        raise error("from elsewhere")

    monkeypatch.setattr(_classes, "check_parameters", fail)
    with refused(r"are inconsistent \(from elsewhere\)") as caught:
        load(estimator("PadTransformer"))
    assert isinstance(caught.value.__cause__, error)


def test_the_hint_matches_the_error(saved, forge, tmp_path):
    path = forge(saved("tf-idf"), lambda d: d.update(version=3))
    with pytest.raises(ModelFormatError, match=r"formats up to 2\. Install the newer version\.$"):
        persistence.load(path)
    path.write_bytes(b"")
    with pytest.raises(ModelFormatError, match=r"Get the file anew, or save the pipeline again\.$"):
        persistence.load(path)


def test_an_unfitted_network_may_have_any_width(network, tmp_path):
    """It is built by fit only."""
    for model in (
        PoolingNetwork(pooling=["max"] * 100),
        ConvolutionalNetwork(kernel_size=[1] * 99),
    ):
        persistence.save(network(model), tmp_path / "x")
        assert repr(persistence.load(tmp_path / "x").model) == repr(model)
