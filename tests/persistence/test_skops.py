"""skops.io loads fitted pipelines of ours with exactly the list that we publish."""

import copy
import zipfile
from io import BytesIO

import numpy as np
import skops.io

from sklearn_textnn.persistence import SKOPS_TRUSTED


def untrusted(thing):
    return set(skops.io.get_untrusted_types(data=skops.io.dumps(thing)))


def test_the_list_is_exact(fitted):
    """No pipeline needs more, and every entry is needed by one."""
    needed = set().union(*(untrusted(fitted(example)) for example in fitted.names))
    assert needed == set(SKOPS_TRUSTED)
    assert sorted(SKOPS_TRUSTED) == SKOPS_TRUSTED


def test_the_list_names_classes_of_this_package_alone():
    assert all(name.startswith("sklearn_textnn.") for name in SKOPS_TRUSTED)


def test_scikit_learn_alone_needs_none_of_it(fitted):
    for example in fitted.light:
        assert untrusted(fitted(example)) == set()


def test_no_state_names_a_function_to_call(fitted):
    """For objects with a ``__reduce__`` of their own skops keeps what that returns: code to run."""
    for example in fitted.names:
        with zipfile.ZipFile(BytesIO(skops.io.dumps(fitted(example)))) as archive:
            schema = archive.read("schema.json").decode()
        assert "reduce" not in schema.lower()
        assert "sklearn_textnn" in schema or example in fitted.light


def test_a_file_cannot_have_others_predict_through_its_program(fitted, texts):
    """Compiled programs are shared under a digest of the network, which no file may state."""
    victim, forger = fitted("pooling"), copy.deepcopy(fitted("the default"))
    victim.predict_proba(texts)
    digest = victim[-1]._state.architecture
    assert len(digest) == 64
    forger[-1]._state.architecture = digest
    file = skops.io.dumps(forger)
    assert digest.encode() not in zipfile.ZipFile(BytesIO(file)).read("schema.json")
    state = copy.copy(forger[-1]._state)
    state.__setstate__(state.__getstate__() | {"architecture": digest})
    assert state.architecture != digest
    twin = skops.io.loads(file, trusted=SKOPS_TRUSTED)
    expected = fitted("the default").predict_proba(texts)
    np.testing.assert_array_equal(twin.predict_proba(texts), expected)
