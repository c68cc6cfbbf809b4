"""Version 1 of the format, in which a fitted classifier had eleven attributes, not one value."""

import numpy as np

from ._errors import expect

_STATE = ("_reads", "_targets", "classes_", "vocabulary_", "spec_", "network_", "_state", "_grows")
_STATE += ("n_iter_", "history_")


def upgrade(node, arrays):
    """Return a model, or part of one, in version 2 of the format.

    Parameters
    ----------
    node : object
        A value from JSON; invalid ones stay as they are, since the decoder refuses them.
    arrays : dict of str to ndarray
        The arrays by name; copies that version 2 does not contain are removed.
    """
    if isinstance(node, list):
        return [upgrade(v, arrays) if isinstance(v, (list, dict)) else v for v in node]
    if not isinstance(node, dict):
        return node
    node = {key: upgrade(value, arrays) for key, value in node.items()}
    if node.get("class") == "NetworkSpec":
        fields = node["fields"]
        return node | {"fields": {k: v for k, v in fields.items() if (k, v) not in _LEFT_OUT}}
    if node.get("class") == "KerasTokenizerTransformer" and "_cut" in node["fitted"]:
        fitted = dict(node["fitted"])
        cut, n_tokens = fitted.pop("_cut"), fitted["n_tokens_"]
        expect(0 < cut <= n_tokens, f"its _cut is {cut}, expected 1 to {n_tokens}")
        return node | {"fitted": fitted}
    if node.get("class") == "KerasTextClassifier" and node["fitted"].keys() >= {*_STATE}:
        return node | {"fitted": _fitted(node["fitted"], arrays)}
    return node


_LEFT_OUT = (("table", None), ("fixed_rows", None))


def _fitted(old, arrays):
    """Return one record of the attributes, some of which are copies of others."""
    spec, targets, state = (old[name]["fields"] for name in ("spec_", "_targets", "_state"))
    reads = "ids" if spec["n_features"] is None else "features"
    expect(old["_reads"] == reads, "its network reads another input than the classifier")
    expect(old["_grows"] is state.get("grows", False), "its _grows does not match its weights")
    are_equal = _are_equal(old["classes_"], targets["classes"], arrays)
    expect(are_equal, "its classes_ do not match its targets")
    head = "BinaryHead" if spec["n_outputs"] == 1 else "MulticlassHead"
    head = "MultilabelHead" if targets["is_multilabel"] else head
    fields = {
        "network": old["network_"],
        "spec": old["spec_"],
        "head": {"type": "record", "class": head, "fields": {"classes": targets["classes"]}},
        "vocabulary": old["vocabulary_"],
        "state": old["_state"] | {"class": "ModelState"},
        "history": old["history_"],
        "n_iter": old["n_iter_"],
        "engine": "not recorded",
    }
    rest = {name: value for name, value in old.items() if name not in _STATE}
    return rest | {"_fitted": {"type": "record", "class": "Fitted", "fields": fields}}


def _are_equal(one, other, arrays):
    if one == other:
        return True
    return np.array_equal(arrays.pop(one["name"]), arrays[other["name"]])
