"""Forged descriptions are refused, or load as a valid model."""

import json
import zipfile

import numpy as np
import pytest
import sklearn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.exceptions import InconsistentVersionWarning

from sklearn_textnn import persistence
from sklearn_textnn.networks import ACTIVATIONS
from sklearn_textnn.persistence import ModelFormatError


def assert_refused(path, message, **kwargs):
    with pytest.raises(ModelFormatError, match=message):
        persistence.load(path, **kwargs)


# The file as a whole


def test_a_newer_file_is_refused_with_its_version(saved, forge):
    def change(description):
        description |= {"version": 3, "news": []}
        description["libraries"]["sklearn_textnn"] = "9.1"

    message = (
        r"format is 3, written by sklearn_textnn '9.1'; this version, .*, reads formats up to 2"
    )
    assert_refused(forge(saved("tf-idf"), change), message)


def test_a_newer_file_may_have_other_members(saved, members_of, zipped):
    path = saved("tf-idf")
    members = members_of(path)
    members["model.json"] = members["model.json"].replace(b'"version":2', b'"version":4')
    path.write_bytes(zipped([*members.items(), ("graph.pb", b"")]))
    assert_refused(path, "format is 4")


@pytest.mark.parametrize("version", [0, -1, "1", None, 1.0, True, [1]])
def test_an_invalid_version_is_refused(version, saved, forge):
    path = forge(saved("tf-idf"), lambda d: d.update(version=version))
    assert_refused(path, "its version is .* expected an int >= 1")


@pytest.mark.parametrize("change", [{"format": "keras"}, {"format": None}, {"more": 1}])
def test_another_description_is_refused(change, saved, forge):
    assert_refused(forge(saved("tf-idf"), lambda d: d.update(change)), "expected")


@pytest.mark.parametrize("part", ["libraries", "model", "vocabularies", "vectors", "format"])
def test_every_part_is_required(part, saved, forge):
    assert_refused(forge(saved("tf-idf"), lambda d: d.pop(part) and None), "expected")


@pytest.mark.parametrize("model", [None, 1, [], {"type": "tuple", "items": []}])
def test_a_file_without_an_estimator_is_refused(model, saved, forge):
    assert_refused(forge(saved("tf-idf"), lambda d: d.update(model=model)), "nothing uses")


@pytest.mark.parametrize("libraries", [None, [], {}, {"scikit-learn": 1, "sklearn_textnn": "0"}])
def test_versions_of_libraries_are_required(libraries, saved, forge):
    path = forge(saved("tf-idf"), lambda d: d.update(libraries=libraries))
    assert_refused(path, "its libraries have no versions")


def test_another_version_of_scikit_learn_warns_as_scikit_learn_does(saved, forge):
    path = forge(saved("tf-idf"), lambda d: d["libraries"].update({"scikit-learn": "1.7.9"}))
    with pytest.warns(InconsistentVersionWarning) as caught:
        persistence.load(path)
    assert {w.message.estimator_name for w in caught} == {
        "LogisticRegression",
        "Pipeline",
        "TfidfTransformer",
        "TfidfVectorizer",
    }
    assert caught[0].message.original_sklearn_version == "1.7.9"
    assert caught[0].filename == __file__


def test_a_parameter_that_scikit_learn_removed_is_ignored(saved, forge, fitted, texts):
    def change(description):
        description["libraries"]["scikit-learn"] = "1.7.9"
        find_step(description, 1)["params"]["multi_class"] = "auto"

    path = forge(saved("tf-idf"), change)
    with pytest.warns(InconsistentVersionWarning):
        loaded = persistence.load(path)
    expected = fitted("tf-idf").predict_proba(texts)
    np.testing.assert_array_equal(loaded.predict_proba(texts), expected)


def find_step(description, i):
    return description["model"]["params"]["steps"][i]["items"][1]


def test_a_newer_parameter_has_its_default(saved, forge):
    path = forge(saved("pooling"), lambda d: find_step(d, 0)["params"].pop("unknown"))
    assert persistence.load(path)[0].unknown == "drop"


@pytest.mark.parametrize("field", ["slots", "slot_tables", "grows"])
def test_a_newer_field_has_its_default(field, saved, forge, fitted, texts):
    path = forge(saved("pooling"), lambda node: node["fields"].pop(field), of="ModelState")
    expected = fitted("pooling").predict_proba(texts)
    np.testing.assert_array_equal(persistence.load(path).predict_proba(texts), expected)


# Classes


@pytest.mark.parametrize(
    "key",
    ["os.system", "builtins.eval", "Ridge", "KerasTextClassifier2", "", None, [], {}, "ModelState"],
)
def test_a_class_that_is_not_in_the_table_is_refused(key, saved, forge):
    path = forge(saved("tf-idf"), lambda node: node.update({"class": key}), of="TfidfVectorizer")
    assert_refused(path, "which a model file cannot contain")


@pytest.mark.parametrize("kind", ["function", "pickle", "__reduce__", "module", None, 3, []])
def test_an_unknown_type_of_value_is_refused(kind, saved, forge):
    value = {"type": kind, "value": "os.system"}
    path = forge(
        saved("tf-idf"),
        lambda node: node["params"].update(tokenizer=value),
        of="TfidfVectorizer",
    )
    assert_refused(path, "TfidfVectorizer: it contains a value of the unknown type")


# Parameters and attributes of each class: the change, its place, and the error.
FORGERIES = [
    ("tf-idf", "TfidfVectorizer", "params", {"input": "filename"}, "would open the files"),
    ("tf-idf", "TfidfVectorizer", "params", {"lowercase": "yes"}, "'lowercase' parameter"),
    ("tf-idf", "TfidfVectorizer", "params", {"evil": 1}, "no parameter"),
    ("tf-idf", "TfidfVectorizer", "params", {"a__b": 1}, "no parameter"),
    ("tf-idf", "TfidfVectorizer", "fitted", {"predict": 1}, "has no fitted attribute"),
    ("tf-idf", "TfidfVectorizer", "fitted", {"__class__": 1}, "has no fitted attribute"),
    (
        "tf-idf",
        "TfidfVectorizer",
        "fitted",
        {"vocabulary_": {}},
        "a value of the unknown type None",
    ),
    ("tf-idf", "TfidfVectorizer", "fitted", {"vocabulary_": []}, "dict of str to int"),
    ("tf-idf", "TfidfVectorizer", "fitted", {"_tfidf": None}, "expected a TfidfTransformer"),
    ("tf-idf", "TfidfVectorizer", "settings", {"_metadata_request": {"evil": {}}}, "requests"),
    ("tf-idf", "TfidfVectorizer", "settings", {"_other": {}}, "it has settings"),
    (
        "tf-idf",
        "TfidfVectorizer",
        "settings",
        {"_sklearn_output_config": {"transform": "evil"}},
        "its output is set to",
    ),
    (
        "tf-idf",
        "TfidfVectorizer",
        "settings",
        {"_sklearn_output_config": {"transform": None}},
        "its output is set to",
    ),
    ("tf-idf", "TfidfVectorizer", "settings", {"_skl_callbacks": []}, "it has settings"),
    ("tf-idf", "LogisticRegression", "fitted", {"coef_": None}, "its coef_ is None, expected an"),
    ("tf-idf", "LogisticRegression", "fitted", {"n_features_in_": 10**12}, "n_features_in_"),
    ("tf-idf", "LogisticRegression", "fitted", {"n_features_in_": True}, "n_features_in_"),
    ("tf-idf", "Pipeline", "params", {"memory": "/tmp"}, "its memory is '/tmp', expected None"),
    ("tf-idf", "Pipeline", "params", {"steps": []}, "Pipeline|inconsistent"),
    (
        "tf-idf",
        "Pipeline",
        "params",
        {"steps": [[1, 2]]},
        "expected a list of tuples of a name, an estimator",
    ),
    ("tf-idf", "Pipeline", "params", {"transform_input": 5}, "transform_input"),
    ("pooling", "KerasTokenizerTransformer", "fitted", {"n_tokens_": 3}, "n_tokens_ is|_cut"),
    ("pooling", "KerasTokenizerTransformer", "fitted", {"_cut": 99}, "_cut"),
    ("pooling", "KerasTokenizerTransformer", "fitted", {"vocabulary_": None}, "a Vocabulary"),
    ("pooling", "PadTransformer", "fitted", {"maxlen_": 2**40}, "maxlen_"),
    ("pooling", "PadTransformer", "fitted", {"maxlen_": -1}, "maxlen_"),
    ("pooling", "KerasTextClassifier", "fitted", {"n_features_in_": 7}, "its spec has the width 6"),
    ("pooling", "NetworkSpec", "fields", {"n_tokens": 10**9}, "its weights have the shapes"),
    ("pooling", "NetworkSpec", "fields", {"n_outputs": 10**9}, "n_outputs, expected"),
    ("pooling", "NetworkSpec", "fields", {"vector_dim": 10**9}, "its weights have the shapes"),
    ("pooling", "NetworkSpec", "fields", {"maxlen": 10**9}, "the width 1000000000"),
    ("pooling", "NetworkSpec", "fields", {"dtype": "float16"}, "dtype"),
    ("pooling", "NetworkSpec", "fields", {"dtype": "float64"}, "not all of float64"),
    ("pooling", "NetworkSpec", "fields", {"output_activation": "linear"}, "output_activation"),
    ("pooling", "NetworkSpec", "fields", {"seed": -1}, "seed"),
    ("pooling", "NetworkSpec", "fields", {"seed": "0"}, "its seed is '0', expected an int"),
    ("pooling", "NetworkSpec", "fields", {"evil": 0}, "has the fields"),
    ("pooling", "Vocabulary", "fields", {"n_known": 10**9}, "inconsistent"),
    ("pooling", "Vocabulary", "fields", {"words": []}, "its words is a list, expected a tuple"),
]
STATE = [
    ({"tables": [5]}, "indices of its 5 weights"),
    ({"tables": [1]}, "its tables are"),
    ({"tables": []}, "its tables are"),
    ({"weights": [1.5]}, "its weights is a list, expected .* each item an array"),
    ({"weights": [], "tables": []}, "its weights have the"),
    ({"seeds": []}, "its random layers"),
    ({"seeds": [1]}, "its seeds is a list, expected .* each item an array of int"),
    ({"architecture": "0" * 64}, "has the fields"),
]
# Fields of one value that were attributes in version 1.
FITTED = [
    ("Fitted", "fields", {"network": None}, "its network is None, expected a Network"),
    ("Fitted", "fields", {"history": [1]}, "its history is a list, expected a dict of str"),
    ("Fitted", "fields", {"n_iter": "1"}, "its n_iter is '1', expected an int"),
    ("Fitted", "fields", {"engine": 1}, "its engine is 1, expected a str"),
    ("Fitted", "fields", {"head": None}, "its head is None, expected a Head"),
    ("BinaryHead", "fields", {"classes": None}, "its classes is None, expected an array"),
    ("BinaryHead", "class", "MultilabelHead", "n_outputs, expected"),
    ("BinaryHead", "class", "ModelState", "has the fields"),
    *(("ModelState", "fields", change, message) for change, message in STATE),
]
FITTED_V1 = [
    ("KerasTextClassifier", "fitted", {"_reads": "features"}, "reads another input"),
    ("KerasTextClassifier", "fitted", {"network_": None}, "its network is None"),
    ("KerasTextClassifier", "fitted", {"history_": [1]}, "history"),
    ("KerasTextClassifier", "fitted", {"n_iter_": "1"}, "n_iter"),
    ("KerasTextClassifier", "fitted", {"_grows": 1}, "_grows"),
    ("Targets", "fields", {"is_multilabel": True}, "n_outputs, expected"),
    ("Targets", "fields", {"classes": None}, "its classes_ do not|inconsistent"),
    *(("State", "fields", change, message) for change, message in STATE),
]


def changed(node, part, change):
    node[part] = node[part] | change if isinstance(change, dict) else change


def _is_of_another_scikit_learn(path):
    with zipfile.ZipFile(path) as file:
        return (
            json.loads(file.read("model.json"))["libraries"]["scikit-learn"] != sklearn.__version__
        )


def named(forgeries):
    ids = [" ".join(map(str, forgery[-4:-1]))[:60] for forgery in forgeries]
    return pytest.mark.parametrize(("key", "part", "change", "message"), forgeries, ids=ids)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    ("source", "key", "part", "change", "message"),
    FORGERIES,
    ids=[f"{key} {part} {change}"[:60] for _, key, part, change, _ in FORGERIES],
)
def test_a_forged_part_is_refused(
    version, source, key, part, change, message, saved, saved_v1, forge
):
    path = saved(source) if version == 2 else saved_v1(source)
    if message == "no parameter" and version == 1 and _is_of_another_scikit_learn(path):
        pytest.skip("parameters of another version are ignored")
    assert_refused(forge(path, lambda node: changed(node, part, change), of=key), message)


@named(FITTED)
def test_a_forged_fit_is_refused(key, part, change, message, saved, forge):
    path = forge(saved("pooling"), lambda node: changed(node, part, change), of=key)
    assert_refused(path, message)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")
@named(FITTED_V1)
def test_a_forged_fit_of_version_1_is_refused(key, part, change, message, saved_v1, forge):
    path = forge(saved_v1("pooling"), lambda node: changed(node, part, change), of=key)
    assert_refused(path, message)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")
def test_duplicate_attributes_of_version_1_must_agree(saved_v1, members_of, zipped, fitted, texts):
    """`classes_` may have an array of its own, after joblib for instance."""
    import safetensors.numpy

    path = saved_v1("pooling")
    members = members_of(path)
    description = json.loads(members["model.json"])
    node = description["model"]["params"]["steps"][-1]["items"][1]["fitted"]["classes_"]
    arrays = safetensors.numpy.load(members["arrays.safetensors"])
    classes = arrays[node["name"]]
    node["name"] = "copy"
    members["model.json"] = json.dumps(description).encode()
    for copy, is_sound in ((classes.copy(), True), (classes + 1, False)):
        members["arrays.safetensors"] = safetensors.numpy.save(arrays | {"copy": copy})
        path.write_bytes(zipped(members.items()))
        if is_sound:
            assert persistence.load(path).predict(texts).shape == (len(texts),)
        else:
            assert_refused(path, "its classes_ do not match its targets")


def test_a_network_larger_than_its_weights_is_refused(saved, saved_v1, forge):
    """10^9 units would take terabytes, in the spec as in a parameter of the network."""

    def change(network):
        params = network["params"]
        params.update({name: 10**9 for name in ("embedding_dim", "units") if name in params})

    for source in ("pooling", "flatten", "convolution", "dense"):
        path = forge(saved(source), lambda node: change(node["fields"]["network"]), of="Fitted")
        assert_refused(path, "its weights have the shapes")
    for source in ("pooling", "flatten", "dense"):
        path = forge(
            saved_v1(source),
            lambda node: change(node["fitted"]["network_"]),
            of="KerasTextClassifier",
        )
        assert_refused(path, "its weights have the shapes")


@pytest.mark.parametrize("activation", ["os.system", "sklearn_textnn>TokenEmbedding", ""])
def test_an_unknown_activation_is_refused(activation, saved, forge):
    def change(fitted):
        fitted["fields"]["network"]["params"]["activation"] = activation

    assert_refused(forge(saved("pooling"), change, of="Fitted"), "its activation is")


def test_the_activations_are_those_of_keras():
    """Except for "glu", with which the weights would have other shapes."""
    from keras.src.activations import ALL_OBJECTS_DICT

    unknown = {*ALL_OBJECTS_DICT} - {"glu", *ACTIVATIONS}
    assert unknown == set()


def test_program_keys_are_not_read_from_the_file(saved, fitted, texts):
    """Compiled programs are found by a description of the network, which is recomputed."""
    loaded, original = persistence.load(saved("pooling")), fitted("pooling")
    np.testing.assert_array_equal(loaded.predict_proba(texts), original.predict_proba(texts))


def test_string_arrays_must_hold_valid_characters(saved, members_of, zipped):
    import safetensors.numpy

    path = saved("few words, three classes")
    members = members_of(path)
    arrays = safetensors.numpy.load(members["arrays.safetensors"])
    name = next(k for k, a in arrays.items() if a.dtype == np.uint32)
    for damaged in (arrays[name] + np.uint32(0x110000), arrays[name][:, :0].copy()):
        members["arrays.safetensors"] = safetensors.numpy.save(arrays | {name: damaged})
        path.write_bytes(zipped(members.items()))
        assert_refused(path, "an array of texts")


# Anything anywhere

VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([0, 1, 2, 7, -1, 2**31, 2**63, 10**40])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3)
    | st.sampled_from(["ids", "features", "C", "F", "text", "0", "1", "float64", "vocabulary"])
    | st.lists(st.integers(0, 3), max_size=3)
    | st.just({})
    | st.just({"type": "vocabulary", "number": 0})
    | st.builds(lambda n: {"type": "array", "name": str(n), "layout": "C"}, st.integers(0, 5))
)


def places_in(node):
    """Yield every container in a description together with each of its keys."""
    keys = node if isinstance(node, dict) else range(len(node))
    for key in list(keys):
        yield node, key
        if isinstance(node[key], (dict, list)):
            yield from places_in(node[key])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")
@pytest.mark.parametrize("source", ["few words, three classes", "pooling", "pooled vectors"])
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_change_gives_a_model_or_a_model_format_error(
    source, data, saved, members_of, zipped, vectors
):
    """A model that loads can be saved again, so fit could have produced it."""
    path = saved(source)
    members = members_of(path)
    description = json.loads(members["model.json"])
    for _ in range(data.draw(st.integers(1, 2))):
        places = [*places_in(description)]
        node, key = places[data.draw(st.integers(0, len(places) - 1))]
        action = data.draw(st.sampled_from(["set", "delete", "copy"]))
        if action == "set":
            node[key] = data.draw(VALUES)
        elif action == "delete":
            del node[key]
        else:
            other, place = places[data.draw(st.integers(0, len(places) - 1))]
            node[key] = json.loads(json.dumps(other[place]))
    members["model.json"] = json.dumps(description).encode()
    path.write_bytes(zipped(members.items()))
    try:
        loaded = persistence.load(path, vectors=vectors)
    except ModelFormatError:
        return
    persistence.save(loaded, path)
