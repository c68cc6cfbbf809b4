"""A description that says other things: refused, or a model like any other."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.exceptions import InconsistentVersionWarning

from sklearn_textnn import persistence
from sklearn_textnn.persistence import ModelFormatError


def assert_refused(path, message, **kwargs):
    with pytest.raises(ModelFormatError, match=message):
        persistence.load(path, **kwargs)


# The whole


def test_a_newer_file_is_refused_by_name(saved, forge):
    def change(description):
        description |= {"version": 2, "news": []}
        description["libraries"]["sklearn_textnn"] = "9.1"

    message = r"format 2, written by sklearn_textnn '9.1'; this version, .*, reads up to format 1"
    assert_refused(forge(saved("tf-idf"), change), message)


def test_a_newer_file_may_have_other_members(saved, members_of, zipped):
    path = saved("tf-idf")
    members = members_of(path)
    members["model.json"] = members["model.json"].replace(b'"version":1', b'"version":3')
    path.write_bytes(zipped([*members.items(), ("graph.pb", b"")]))
    assert_refused(path, "format 3")


@pytest.mark.parametrize("version", [0, -1, "1", None, 1.0, True, [1]])
def test_a_version_that_there_never_was_is_refused(version, saved, forge):
    path = forge(saved("tf-idf"), lambda d: d.update(version=version))
    assert_refused(path, "its version is .* expected an int >= 1")


@pytest.mark.parametrize("change", [{"format": "keras"}, {"format": None}, {"more": 1}])
def test_another_description_is_refused(change, saved, forge):
    assert_refused(forge(saved("tf-idf"), lambda d: d.update(change)), "expected")


@pytest.mark.parametrize("part", ["libraries", "model", "vocabularies", "vectors", "format"])
def test_every_part_has_to_be_there(part, saved, forge):
    assert_refused(forge(saved("tf-idf"), lambda d: d.pop(part) and None), "expected")


@pytest.mark.parametrize("model", [None, 1, [], {"type": "tuple", "items": []}])
def test_a_file_holds_an_estimator(model, saved, forge):
    assert_refused(forge(saved("tf-idf"), lambda d: d.update(model=model)), "nothing asks for")


@pytest.mark.parametrize("libraries", [None, [], {}, {"scikit-learn": 1, "sklearn_textnn": "0"}])
def test_the_libraries_have_versions(libraries, saved, forge):
    path = forge(saved("tf-idf"), lambda d: d.update(libraries=libraries))
    assert_refused(path, "its libraries have no versions")


def test_another_scikit_learn_is_warned_of_as_it_does_itself(saved, forge):
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


def test_a_parameter_that_scikit_learn_has_dropped_since_is_left_out(saved, forge, fitted, texts):
    def change(description):
        description["libraries"]["scikit-learn"] = "1.7.9"
        find_step(description, 1)["params"]["multi_class"] = "auto"

    path = forge(saved("tf-idf"), change)
    with pytest.warns(InconsistentVersionWarning):
        twin = persistence.load(path)
    expected = fitted("tf-idf").predict_proba(texts)
    np.testing.assert_array_equal(twin.predict_proba(texts), expected)


def find_step(description, i):
    return description["model"]["params"]["steps"][i]["items"][1]


def test_a_parameter_that_came_later_has_its_default(saved, forge):
    path = forge(saved("pooling"), lambda d: find_step(d, 0)["params"].pop("unknown"))
    assert persistence.load(path)[0].unknown == "drop"


@pytest.mark.parametrize("field", ["slots", "slot_tables", "grows"])
def test_a_field_that_came_later_has_its_default(field, saved, forge, fitted, texts):
    path = forge(saved("pooling"), lambda node: node["fields"].pop(field), of="State")
    expected = fitted("pooling").predict_proba(texts)
    np.testing.assert_array_equal(persistence.load(path).predict_proba(texts), expected)


# Classes


@pytest.mark.parametrize(
    "key",
    ["os.system", "builtins.eval", "Ridge", "KerasTextClassifier2", "", None, [], {}, "State"],
)
def test_a_class_that_is_not_in_the_table_is_refused(key, saved, forge):
    path = forge(saved("tf-idf"), lambda node: node.update({"class": key}), of="TfidfVectorizer")
    assert_refused(path, "which is none that a model file can hold")


@pytest.mark.parametrize("kind", ["function", "pickle", "__reduce__", "module", None, 3, []])
def test_a_type_of_value_that_there_is_not_is_refused(kind, saved, forge):
    value = {"type": kind, "value": "os.system"}
    path = forge(
        saved("tf-idf"),
        lambda node: node["params"].update(tokenizer=value),
        of="TfidfVectorizer",
    )
    assert_refused(path, "TfidfVectorizer: it holds a value of type .* which there is not")


# Parameters and attributes of each class: what is set, where, and what the error says.
FORGERIES = [
    ("tf-idf", "TfidfVectorizer", "params", {"input": "filename"}, "would open the files"),
    ("tf-idf", "TfidfVectorizer", "params", {"lowercase": "yes"}, "'lowercase' parameter"),
    ("tf-idf", "TfidfVectorizer", "params", {"evil": 1}, "no parameter"),
    ("tf-idf", "TfidfVectorizer", "params", {"a__b": 1}, "no parameter"),
    ("tf-idf", "TfidfVectorizer", "fitted", {"predict": 1}, "learns no attribute"),
    ("tf-idf", "TfidfVectorizer", "fitted", {"__class__": 1}, "learns no attribute"),
    ("tf-idf", "TfidfVectorizer", "fitted", {"vocabulary_": {}}, "a value of type None"),
    ("tf-idf", "TfidfVectorizer", "fitted", {"vocabulary_": []}, "dict of str to int"),
    ("tf-idf", "TfidfVectorizer", "fitted", {"_tfidf": None}, "no TfidfTransformer"),
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
    ("tf-idf", "LogisticRegression", "fitted", {"coef_": None}, "its coef_ is no array"),
    ("tf-idf", "LogisticRegression", "fitted", {"n_features_in_": 10**12}, "n_features_in_"),
    ("tf-idf", "LogisticRegression", "fitted", {"n_features_in_": True}, "n_features_in_"),
    ("tf-idf", "Pipeline", "params", {"memory": "/tmp"}, "memory is a folder"),
    ("tf-idf", "Pipeline", "params", {"steps": []}, "Pipeline|fit together"),
    ("tf-idf", "Pipeline", "params", {"steps": [[1, 2]]}, "no pairs"),
    ("tf-idf", "Pipeline", "params", {"transform_input": 5}, "transform_input"),
    ("pooling", "KerasTokenizerTransformer", "fitted", {"n_tokens_": 3}, "n_tokens_ words"),
    ("pooling", "KerasTokenizerTransformer", "fitted", {"_cut": 99}, "_cut"),
    ("pooling", "KerasTokenizerTransformer", "fitted", {"vocabulary_": None}, "no Vocabulary"),
    ("pooling", "PadTransformer", "fitted", {"maxlen_": 2**40}, "maxlen_"),
    ("pooling", "PadTransformer", "fitted", {"maxlen_": -1}, "maxlen_"),
    ("pooling", "KerasTextClassifier", "fitted", {"_reads": "features"}, "reads something else"),
    ("pooling", "KerasTextClassifier", "fitted", {"network_": None}, "no network"),
    ("pooling", "KerasTextClassifier", "fitted", {"n_features_in_": 7}, "another width"),
    ("pooling", "KerasTextClassifier", "fitted", {"history_": [1]}, "history_"),
    ("pooling", "KerasTextClassifier", "fitted", {"n_iter_": "1"}, "n_iter_"),
    ("pooling", "KerasTextClassifier", "fitted", {"_grows": 1}, "_grows"),
    ("pooling", "NetworkSpec", "fields", {"n_tokens": 10**9}, "its weights have the shapes"),
    ("pooling", "NetworkSpec", "fields", {"n_outputs": 10**9}, "an output for each class"),
    ("pooling", "NetworkSpec", "fields", {"vector_dim": 10**9}, "its weights have the shapes"),
    ("pooling", "NetworkSpec", "fields", {"maxlen": 10**9}, "another width"),
    ("pooling", "NetworkSpec", "fields", {"dtype": "float16"}, "dtype"),
    ("pooling", "NetworkSpec", "fields", {"dtype": "float64"}, "not all of float64"),
    ("pooling", "NetworkSpec", "fields", {"output_activation": "linear"}, "output_activation"),
    ("pooling", "NetworkSpec", "fields", {"seed": -1}, "fit together"),
    ("pooling", "NetworkSpec", "fields", {"seed": "0"}, "NetworkSpec.seed is a str"),
    ("pooling", "NetworkSpec", "fields", {"evil": 0}, "has the fields"),
    ("pooling", "State", "fields", {"tables": [5]}, "places among its weights"),
    ("pooling", "State", "fields", {"tables": [1]}, "in another order"),
    ("pooling", "State", "fields", {"weights": [1.5]}, "weights of a network are no arrays"),
    ("pooling", "State", "fields", {"weights": [], "tables": []}, "its weights have the"),
    ("pooling", "State", "fields", {"seeds": []}, "its random layers"),
    ("pooling", "State", "fields", {"architecture": "0" * 64}, "has the fields"),
    ("pooling", "Targets", "fields", {"is_multilabel": True}, "an output for each class"),
    ("pooling", "Targets", "fields", {"classes": None}, "Targets.classes is a NoneType"),
    ("pooling", "Vocabulary", "fields", {"n_known": 10**9}, "fit together"),
    ("pooling", "Vocabulary", "fields", {"words": []}, "Vocabulary.words is a list"),
]


@pytest.mark.parametrize(
    ("source", "key", "part", "change", "message"),
    FORGERIES,
    ids=[f"{key} {part} {change}"[:60] for _, key, part, change, _ in FORGERIES],
)
def test_a_forged_part_is_refused(source, key, part, change, message, saved, forge):
    path = forge(saved(source), lambda node: node[part].update(change), of=key)
    assert_refused(path, message)


def test_a_network_is_not_built_before_its_weights_are_there(saved, forge):
    """10^9 units would take terabytes; the same in one of the networks' own parameters."""

    def change(classifier):
        params = classifier["fitted"]["network_"]["params"]
        params.update({name: 10**9 for name in ("embedding_dim", "units") if name in params})

    for source in ("pooling", "flatten", "convolution", "dense"):
        path = forge(saved(source), change, of="KerasTextClassifier")
        assert_refused(path, "its weights have the shapes")


@pytest.mark.parametrize("activation", ["os.system", "sklearn_textnn>TokenEmbedding", ""])
def test_an_activation_is_one_of_keras(activation, saved, forge):
    def change(classifier):
        classifier["fitted"]["network_"]["params"]["activation"] = activation

    path = forge(saved("pooling"), change, of="KerasTextClassifier")
    assert_refused(path, "do not fit together")


def test_nothing_is_shared_under_a_name_from_the_file(saved, fitted, texts):
    """Compiled programs are found by a description of the network; it is made anew."""
    twin, original = persistence.load(saved("pooling")), fitted("pooling")
    np.testing.assert_array_equal(twin.predict_proba(texts), original.predict_proba(texts))


def test_arrays_of_texts_hold_characters(saved, members_of, zipped):
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
def test_any_change_gives_a_model_or_the_one_error(
    source, data, saved, members_of, zipped, vectors
):
    """A model that loads can be saved again, so it is one that fit could have made."""
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
        twin = persistence.load(path, vectors=vectors)
    except ModelFormatError:
        return
    persistence.save(twin, path)
