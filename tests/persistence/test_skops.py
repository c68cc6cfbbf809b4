"""skops.io loads fitted pipelines with exactly the published list of types."""

import copy
import zipfile
from io import BytesIO

import numpy as np
import skops.io
from sklearn.base import BaseEstimator

from sklearn_textnn.classifiers import OneHotHead
from sklearn_textnn.networks import NETWORKS
from sklearn_textnn.persistence import SKOPS_TRUSTED


def untrusted(thing):
    return set(skops.io.get_untrusted_types(data=skops.io.dumps(thing)))


def test_the_list_is_exact(fitted, network):
    """No pipeline needs more, and every entry is needed by one."""
    things = [fitted(example) for example in fitted.names]
    things += [network(example) for cls in NETWORKS for example in cls.examples()]
    things += [OneHotHead(np.arange(3))]  # that of a network that ends in a softmax
    assert set().union(*map(untrusted, things)) == set(SKOPS_TRUSTED)
    assert sorted(SKOPS_TRUSTED) == SKOPS_TRUSTED


def test_the_list_contains_only_classes_of_this_package():
    assert all(name.startswith("sklearn_textnn.") for name in SKOPS_TRUSTED)


def test_pipelines_of_scikit_learn_need_no_trusted_types(fitted):
    for example in fitted.light:
        assert untrusted(fitted(example)) == set()


def test_no_state_contains_a_function_to_call(fitted):
    """For objects with their own ``__reduce__``, skops stores its result, which is code to run."""
    for example in fitted.names:
        with zipfile.ZipFile(BytesIO(skops.io.dumps(fitted(example)))) as archive:
            schema = archive.read("schema.json").decode()
        assert "reduce" not in schema.lower()
        assert "sklearn_textnn" in schema or example in fitted.light


def objects_of_ours(thing, seen):
    """Yield every object of this package that a fitted estimator consists of."""
    if id(thing) in seen or isinstance(thing, type):
        return
    seen[id(thing)] = thing
    if type(thing).__module__.startswith("sklearn_textnn."):
        yield thing
    parts = [*thing] if isinstance(thing, (list, tuple, set)) else []
    if isinstance(thing, dict):
        parts = [*thing, *thing.values()]
    for part in (*parts, *getattr(thing, "__dict__", {}).values()):
        yield from objects_of_ours(part, seen)


def test_no_class_defines_reduce(fitted):
    """Loading calls what ``__reduce__`` returned."""
    found, seen = set(), {}
    for example in fitted.names:
        found |= {*map(type, objects_of_ours(fitted(example), seen))}
    for cls in found:
        assert cls.__reduce__ is object.__reduce__
        assert cls.__reduce_ex__ is object.__reduce_ex__
    names = {f"{cls.__module__}.{cls.__qualname__}" for cls in found}
    assert set(SKOPS_TRUSTED) - names == {"sklearn_textnn.classifiers._heads._one_hot.OneHotHead"}
    assert names - set(SKOPS_TRUSTED) == {"sklearn_textnn.embeddings._words.PackedWords"}
    known = (None, BaseEstimator.__setstate__)
    setters = {cls.__name__ for cls in found if getattr(cls, "__setstate__", None) not in known}
    heads = {"BinaryHead", "MulticlassHead", "MultilabelHead"}
    assert setters == {"GloVeEmbedder", "ModelState", "WordVectors"} | heads


def test_a_file_cannot_choose_a_program_key(fitted, texts):
    """Compiled programs are found by a description of the network, which is not in the file."""
    victim, forger = fitted("pooling"), copy.deepcopy(fitted("the default"))
    victim.predict_proba(texts)
    vars(forger[-1]._fitted.state)["architecture"] = "pooling"
    restored = skops.io.loads(skops.io.dumps(forger), trusted=SKOPS_TRUSTED)
    expected = fitted("the default").predict_proba(texts)
    np.testing.assert_array_equal(restored.predict_proba(texts), expected)
