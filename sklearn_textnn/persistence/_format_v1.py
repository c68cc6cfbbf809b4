"""Version 1 of the format: a fitted classifier was eleven attributes instead of one value."""

import numpy as np

from ._errors import expect

_STATE = ("_reads", "_targets", "classes_", "vocabulary_", "spec_", "network_", "_state", "_grows")
_STATE += ("n_iter_", "history_")


def upgrade(node, arrays):
    """Return a model, or a part of one, as version 2 describes it.

    Parameters
    ----------
    node : object
        From JSON; what makes no sense stays as it is, for the decoder to refuse.
    arrays : dict of str to ndarray
        The arrays by name; copies that version 2 does not hold are taken out.
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
    """Make one record of the attributes; several of them said the same."""
    spec, targets, state = (old[name]["fields"] for name in ("spec_", "_targets", "_state"))
    reads = "ids" if spec["n_features"] is None else "features"
    expect(old["_reads"] == reads, "its network reads something else than the classifier")
    expect(old["_grows"] is state.get("grows", False), "its _grows is not that of its weights")
    are_equal = _are_equal(old["classes_"], targets["classes"], arrays)
    expect(are_equal, "its classes_ are not its targets")
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
