"""skops.io loads fitted pipelines of ours with exactly the list that we publish."""

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
