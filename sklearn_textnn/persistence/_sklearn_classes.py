"""scikit-learn's classes that a model file can hold: what they learn, and what fit would refuse.

They say so here, as those of this package say so on the class; see ``_saved_state.py``.
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
    """A class of scikit-learn, by its module and what its attributes are.

    `parameters` are what only a file can spoil, `state` is what fit gives, and `check` compares
    several of them.
    """

    module: str
    parameters: dict = {}
    state: dict = {}
    check: object = lambda estimator: None


_IS_NONE = saved.Constraint("None, as a file holds no code and no folder", lambda v, _: v is None)
_IS_ESTIMATOR = saved.Constraint("an estimator", lambda v, _: hasattr(v, "get_params"))
_COLUMNS = {**saved.COLUMNS, "n_features_in_": saved.integer(1)}

# Vectorizers


def _is_range(value):
    sizes = saved.sequence_of(saved.integer())
    return sizes.test(value, {}) and len(value) == 2 and value[0] <= value[1]


def _is_number_type(value):
    return isinstance(value, (str, type, np.dtype)) and np.dtype(value).name in NUMBERS


_TEXT = "sklearn.feature_extraction.text"
_OF_VECTORIZERS = {
    "input": saved.Constraint(
        '"content": it would open the files that texts name', lambda v, _: v == "content"
    ),
    **dict.fromkeys(  # a type of numbers could be called, too
        ("preprocessor", "tokenizer", "strip_accents", "analyzer"),
        saved.or_none(saved.instance_of(str)),
    ),
    "ngram_range": saved.Constraint("two int, the smaller one first", lambda v, _: _is_range(v)),
    "stop_words": saved.Constraint(
        "a list of str", lambda v, _: not isinstance(v, list) or saved.are_texts(v)
    ),
    "dtype": saved.Constraint("a type of numbers", lambda v, _: _is_number_type(v)),
}
_VOCABULARY = {
    "vocabulary_": saved.Constraint(
        "a dict of str to int, which numbers the columns from 0 on",
        lambda v, _: saved.counts(0).test(v, {}) and sorted(v.values()) == [*range(len(v))],
    ),
    "fixed_vocabulary_": saved.optional(saved.instance_of(bool)),
    "_stop_words_id": None,
}


def _check_weights(transformer):
    learnt = vars(transformer)
    is_missing = transformer.use_idf and "n_features_in_" in learnt and "idf_" not in learnt
    expect(not is_missing, "its idf_ is missing, expected one weight for each column")


# Linear models


def _check_linear(classifier):
    if not hasattr(classifier, "classes_"):
        return
    n_classes = len(classifier.classes_)
    expect(n_classes > 1, f"its classes_ holds {n_classes} classes, expected two or more")
    n_rows = 1 if n_classes == 2 else n_classes
    found = len(classifier.coef_), len(classifier.intercept_)
    expect(found == (n_rows,) * 2, f"its coef_ and intercept_ have {found} rows, expected {n_rows}")


_LINEAR = {
    **_COLUMNS,
    "classes_": saved.array("label", None),
    "coef_": saved.array("float", None, "n_features_in_"),
    "intercept_": saved.array("float", None),
}


# One classifier for each class


def _check_one_versus_rest(classifier):
    if not hasattr(classifier, "estimators_"):
        return
    n_classes = len(classifier.label_binarizer_.classes_)
    is_binary = n_classes == 2 and classifier.label_binarizer_.y_type_ == "binary"
    n_needed = 1 if is_binary else n_classes
    found = len(classifier.estimators_)
    expect(found == n_needed, f"it has {found} estimators for {n_classes} classes")


# Estimators that consist of others


def _named(*more):
    """Accept lists of tuples of a name, an estimator and, for some, columns."""
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
    """Whether a value names columns: no code that chooses them."""
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
    expect(names == {*indices}, f"it does not say which columns each of {shown(names)} takes")
    largest = max((i for found in indices.values() for i in found), default=0)
    expect(largest < transformer.n_features_in_, f"it takes column {largest}, which is unknown")


SKLEARN_CLASSES = {
    "ColumnTransformer": SklearnClass(
        "sklearn.compose",
        {
            "transformers": _named(", columns"),
            "verbose_feature_names_out": saved.instance_of(bool, str),
        },
        {
            "transformers_": _named(", columns"),
            "_columns": saved.sequence_of(
                saved.Constraint("columns by name, place or mask", lambda v, _: _are_columns(v))
            ),
            "_transformer_to_input_indices": saved.dict_of(saved.sequence_of(saved.integer())),
            "_remainder": saved.Constraint(
                "a tuple of a name, an estimator, columns", lambda v, _: _is_named(v, 3)
            ),
            "sparse_output_": saved.instance_of(bool),
            "output_indices_": saved.dict_of(
                saved.Constraint("a slice", lambda v, _: isinstance(v, slice) and _are_columns(v))
            ),
            "_transformers_feature_names_out": saved.optional(saved.texts(None)),
            **_COLUMNS,
        },
        _check_columns,
    ),
    "CountVectorizer": SklearnClass(_TEXT, _OF_VECTORIZERS, _VOCABULARY),
    "FeatureUnion": SklearnClass(
        "sklearn.pipeline", {"transformer_list": _named()}, check=check_transformers
    ),
    "FunctionTransformer": SklearnClass(  # which ColumnTransformer makes of "passthrough"
        "sklearn.preprocessing",
        {
            **dict.fromkeys(("func", "inverse_func", "kw_args", "inv_kw_args"), _IS_NONE),
            "feature_names_out": saved.or_none(saved.one_of("one-to-one")),
        },
        saved.COLUMNS,
    ),
    "HashingVectorizer": SklearnClass(_TEXT, _OF_VECTORIZERS, {"_stop_words_id": None}),
    "LabelBinarizer": SklearnClass(
        "sklearn.preprocessing",
        {},
        {
            "classes_": saved.array("label", None),
            "y_type_": saved.one_of("binary", "multiclass", "multilabel-indicator"),
            "sparse_input_": saved.instance_of(bool),
        },
    ),
    "LinearSVC": SklearnClass(
        "sklearn.svm", {}, {**_LINEAR, "n_iter_": saved.integer()}, _check_linear
    ),
    "LogisticRegression": SklearnClass(
        "sklearn.linear_model",
        {},
        {**_LINEAR, "n_iter_": saved.array("int", None)},
        _check_linear,
    ),
    "OneVsRestClassifier": SklearnClass(
        "sklearn.multiclass",
        {"estimator": _IS_ESTIMATOR},
        {
            **saved.COLUMNS,
            "classes_": saved.optional(saved.array("label", None)),
            "label_binarizer_": saved.instance_of(LabelBinarizer),
            "estimators_": saved.sequence_of(_IS_ESTIMATOR),
        },
        _check_one_versus_rest,
    ),
    "Pipeline": SklearnClass(
        "sklearn.pipeline", {"memory": _IS_NONE, "steps": _named()}, check=check_steps
    ),
    "_ConstantPredictor": SklearnClass(  # which OneVsRestClassifier makes of a label never there
        "sklearn.multiclass", {}, {**saved.COLUMNS, "y_": saved.array("number", None)}
    ),
    "TfidfTransformer": SklearnClass(
        _TEXT,
        {},
        {**_COLUMNS, "idf_": saved.optional(saved.array("float", "n_features_in_"))},
        _check_weights,
    ),
    "TfidfVectorizer": SklearnClass(
        _TEXT,
        _OF_VECTORIZERS,
        {
            **_VOCABULARY,
            "_tfidf": saved.Constraint(
                "a TfidfTransformer of as many columns as its vocabulary_",
                lambda v, state: (
                    isinstance(v, TfidfTransformer)
                    and vars(v).get("n_features_in_") == len(state["vocabulary_"])
                ),
            ),
        },
    ),
}
