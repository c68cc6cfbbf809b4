"""scikit-learn's classes that a model file can contain: constraints on attributes and parameters.

Classes of this package declare them in ``_saved_state``.
"""

from typing import NamedTuple

import numpy as np
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.preprocessing import LabelBinarizer

from .. import _saved_state as saved
from .._compat import check_steps, check_transformers
from ._container import NUMBERS
from ._errors import expect, shown


class SklearnClass(NamedTuple):
    """Class of scikit-learn: module, fitted attributes, and a check that these agree."""

    module: str
    state: dict = {}
    check: object = lambda estimator: None


def _is_range(value):
    sizes = saved.sequence_of(saved.integer())
    return sizes.test(value, {}) and len(value) == 2 and value[0] <= value[1]


def _is_number_type(value):
    return isinstance(value, (str, type, np.dtype)) and np.dtype(value).name in NUMBERS


def _named(*more):
    """Accept a list of tuples of a name, an estimator and possibly columns."""
    return saved.Constraint(
        f"a list of tuples of a name, an estimator{''.join(more)}",
        lambda v, _: isinstance(v, list) and all(_is_named(part, 2 + len(more)) for part in v),
    )


def _is_named(part, size):
    if not (isinstance(part, tuple) and len(part) == size and isinstance(part[0], str)):
        return False
    is_step = part[1] in (None, "passthrough", "drop") or hasattr(part[1], "get_params")
    return is_step and all(map(_are_columns, part[2:]))


def _are_columns(value):
    """Return whether a value names columns, and is not code that selects them."""
    if isinstance(value, slice):
        value = [end for end in (value.start, value.stop, value.step) if end is not None]
    elif isinstance(value, np.ndarray):
        value = value.tolist() if value.ndim == 1 else [None]
    elif not isinstance(value, list):
        value = [value]
    return any(all(isinstance(item, kind) for item in value) for kind in (str, int, np.integer))


def _check_columns(transformer):
    check_transformers(transformer)
    if not hasattr(transformer, "transformers_"):
        return
    indices = transformer._transformer_to_input_indices
    names = {name for name, *_ in transformer.transformers_} | {"remainder"}
    expect(names == {*indices}, f"the columns of some of {shown(names)} are missing")
    largest = max((i for found in indices.values() for i in found), default=0)
    n_columns = transformer.n_features_in_
    expect(largest < n_columns, f"it takes column {largest} of {n_columns}")


_IS_NONE = saved.Constraint("None: a file contains no code or folder", lambda v, _: v is None)
_IS_ESTIMATOR = saved.Constraint("an estimator", lambda v, _: hasattr(v, "get_params"))
_IS_SLICE = saved.Constraint("a slice", lambda v, _: isinstance(v, slice) and _are_columns(v))
_NAMES_COLUMNS = saved.Constraint("columns by name, place or mask", lambda v, _: _are_columns(v))

# Constraints on parameters of any class, which only a forged file violates.
PARAMETERS = {
    "input": saved.Constraint(
        '"content": it would open the files that texts name', lambda v, _: v == "content"
    ),
    **dict.fromkeys(  # else a callable, such as a number type
        ("preprocessor", "tokenizer", "strip_accents", "analyzer"),
        saved.or_none(saved.instance_of(str)),
    ),
    "ngram_range": saved.Constraint("two int, the smaller one first", lambda v, _: _is_range(v)),
    "stop_words": saved.Constraint(
        "a list of str", lambda v, _: not isinstance(v, list) or saved.are_texts(v)
    ),
    "dtype": saved.Constraint("a type of numbers", lambda v, _: _is_number_type(v)),
    **dict.fromkeys(("memory", "func", "inverse_func", "kw_args", "inv_kw_args"), _IS_NONE),
    "feature_names_out": saved.or_none(saved.one_of("one-to-one")),
    "estimator": _IS_ESTIMATOR,
    **dict.fromkeys(("steps", "transformer_list"), _named()),
    "transformers": _named(", columns"),
    "verbose_feature_names_out": saved.instance_of(bool, str),
}

_ATTRIBUTES = {
    "classes_": saved.array("label", None),
    "coef_": saved.array("float", None, "n_features_in_"),
    "estimators_": saved.sequence_of(_IS_ESTIMATOR),
    "feature_names_in_": saved.texts("n_features_in_"),
    "fixed_vocabulary_": saved.instance_of(bool),
    "idf_": saved.array("float", "n_features_in_"),
    "intercept_": saved.array("float", None),
    "label_binarizer_": saved.instance_of(LabelBinarizer),
    "n_features_in_": saved.integer(1),
    "output_indices_": saved.dict_of(_IS_SLICE),
    "sparse_input_": saved.instance_of(bool),
    "sparse_output_": saved.instance_of(bool),
    "transformers_": _named(", columns"),
    "vocabulary_": saved.Constraint(
        "a dict of str to int, which numbers the columns from 0 on",
        lambda v, _: saved.counts(0).test(v, {}) and sorted(v.values()) == [*range(len(v))],
    ),
    "y_": saved.array("number", None),
    "y_type_": saved.one_of("binary", "multiclass", "multilabel-indicator"),
    "_columns": saved.sequence_of(_NAMES_COLUMNS),
    "_remainder": saved.Constraint(
        "a tuple of a name, an estimator, columns", lambda v, _: _is_named(v, 3)
    ),
    "_tfidf": saved.Constraint(
        "a TfidfTransformer of as many columns as its vocabulary_",
        lambda v, state: (
            isinstance(v, TfidfTransformer)
            and vars(v).get("n_features_in_") == len(state["vocabulary_"])
        ),
    ),
    "_transformer_to_input_indices": saved.dict_of(saved.sequence_of(saved.integer())),
    "_transformers_feature_names_out": saved.texts(None),
}


def _state(needed="", optional="", *, more=()):
    """Return constraints by attribute, in the order that they refer to each other."""
    state = {name: _ATTRIBUTES[name] for name in needed.split()}
    return state | {n: saved.optional(_ATTRIBUTES[n]) for n in optional.split()} | dict(more)


def _check_weights(transformer):
    learned = vars(transformer)
    is_missing = transformer.use_idf and "n_features_in_" in learned and "idf_" not in learned
    expect(not is_missing, "its idf_ is missing, expected one weight for each column")


def _check_linear(classifier):
    if not hasattr(classifier, "classes_"):
        return
    n_classes = len(classifier.classes_)
    expect(n_classes > 1, f"its classes_ holds {n_classes} classes, expected two or more")
    n_rows = 1 if n_classes == 2 else n_classes
    found = len(classifier.coef_), len(classifier.intercept_)
    expect(found == (n_rows,) * 2, f"its coef_ and intercept_ have {found} rows, expected {n_rows}")


def _check_one_versus_rest(classifier):
    if not hasattr(classifier, "estimators_"):
        return
    n_classes = len(classifier.label_binarizer_.classes_)
    is_binary = n_classes == 2 and classifier.label_binarizer_.y_type_ == "binary"
    n_needed = 1 if is_binary else n_classes
    found = len(classifier.estimators_)
    expect(found == n_needed, f"it has {found} estimators for {n_classes} classes")


_TEXT = "sklearn.feature_extraction.text"
_NOT_SAVED = {"_stop_words_id": None}
_LINEAR = "n_features_in_ classes_ coef_ intercept_"
_COLUMN_TRANSFORMER = """n_features_in_ transformers_ _columns _transformer_to_input_indices
_remainder sparse_output_ output_indices_"""

SKLEARN_CLASSES = {
    "ColumnTransformer": SklearnClass(
        "sklearn.compose",
        _state(_COLUMN_TRANSFORMER, "_transformers_feature_names_out feature_names_in_"),
        _check_columns,
    ),
    "CountVectorizer": SklearnClass(
        _TEXT, _state("vocabulary_", "fixed_vocabulary_", more=_NOT_SAVED)
    ),
    "FeatureUnion": SklearnClass("sklearn.pipeline", check=check_transformers),
    # which ColumnTransformer makes of "passthrough"
    "FunctionTransformer": SklearnClass("sklearn.preprocessing", saved.COLUMNS),
    "HashingVectorizer": SklearnClass(_TEXT, _NOT_SAVED),
    "LabelBinarizer": SklearnClass(
        "sklearn.preprocessing", _state("classes_ y_type_ sparse_input_")
    ),
    "LinearSVC": SklearnClass(
        "sklearn.svm",
        _state(_LINEAR, "feature_names_in_", more={"n_iter_": saved.integer()}),
        _check_linear,
    ),
    "LogisticRegression": SklearnClass(
        "sklearn.linear_model",
        _state(_LINEAR, "feature_names_in_", more={"n_iter_": saved.array("int", None)}),
        _check_linear,
    ),
    "OneVsRestClassifier": SklearnClass(
        "sklearn.multiclass",
        _state("label_binarizer_ estimators_", "n_features_in_ feature_names_in_ classes_"),
        _check_one_versus_rest,
    ),
    "Pipeline": SklearnClass("sklearn.pipeline", check=check_steps),
    # which OneVsRestClassifier makes of a label never there
    "_ConstantPredictor": SklearnClass(
        "sklearn.multiclass", _state("y_", "n_features_in_ feature_names_in_")
    ),
    "TfidfTransformer": SklearnClass(
        _TEXT, _state("n_features_in_", "feature_names_in_ idf_"), _check_weights
    ),
    "TfidfVectorizer": SklearnClass(
        _TEXT, _state("vocabulary_ _tfidf", "fixed_vocabulary_", more=_NOT_SAVED)
    ),
}
