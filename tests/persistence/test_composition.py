"""Compositions of scikit-learn: unions, column transformers, hashing."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer

from sklearn_textnn import persistence
from sklearn_textnn.persistence import ModelFormatError


@pytest.fixture
def frame(texts):
    rng = np.random.default_rng(0)
    numbers = rng.random((len(texts), 2))
    return pd.DataFrame({"text": texts, "title": texts[::-1], "a": numbers[:, 0], "b": 1.0})


def selected(frame):
    return ["a"]


def column_transformers():
    tfidf = TfidfVectorizer()
    return {
        "by name": ColumnTransformer([("t", tfidf, "text"), ("n", "passthrough", ["a", "b"])]),
        "by place": ColumnTransformer(
            [("t", tfidf, 0), ("u", make_pipeline(CountVectorizer()), 1), ("d", "drop", [2])],
            remainder="passthrough",
        ),
        "by slice": ColumnTransformer([("t", tfidf, "text"), ("n", "passthrough", slice(2, 4))]),
        "by names between": ColumnTransformer(
            [("t", tfidf, "text"), ("n", "passthrough", slice("a", None))]
        ),
        "by mask": ColumnTransformer(
            [("t", tfidf, 0), ("n", "passthrough", np.array([False, False, True, False]))],
            transformer_weights={"t": 2.0},
            sparse_threshold=0,
        ),
        "nothing": ColumnTransformer([("t", tfidf, 0), ("n", TfidfVectorizer(), [])]),
    }


@pytest.mark.parametrize("name", column_transformers())
def test_a_column_transformer_is_loaded_equal(name, frame, two, tmp_path):
    columns = column_transformers()[name]
    pipeline = make_pipeline(columns, LogisticRegression())
    persistence.save(pipeline, tmp_path / "x")
    assert repr(persistence.load(tmp_path / "x")) == repr(pipeline)
    pipeline.fit(frame, two)
    persistence.save(pipeline, tmp_path / "x")
    loaded = persistence.load(tmp_path / "x")
    np.testing.assert_array_equal(loaded.predict_proba(frame), pipeline.predict_proba(frame))
    np.testing.assert_array_equal(
        loaded[0].get_feature_names_out(), columns.get_feature_names_out()
    )
    content = (tmp_path / "x").read_bytes()
    persistence.save(loaded, tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == content
    with pytest.raises(ValueError, match="columns are missing"):
        loaded.predict(frame[["b"]])


def test_a_loaded_column_transformer_returns_the_same_frames(frame, tmp_path):
    columns = ColumnTransformer([("n", "passthrough", ["a", "b"])]).set_output(transform="pandas")
    columns.fit(frame)
    columns.transform(frame)  # which records the names of the columns
    persistence.save(columns, tmp_path / "x")
    loaded = persistence.load(tmp_path / "x")
    pd.testing.assert_frame_equal(loaded.transform(frame), columns.transform(frame))


@pytest.mark.parametrize("choose", [selected, make_column_selector(dtype_include=float)])
def test_code_that_chooses_columns_is_refused(choose, frame, tmp_path):
    columns = ColumnTransformer([("n", "passthrough", choose)])
    for thing in (columns, make_pipeline(columns.fit(frame))):
        with pytest.raises(TypeError, match=r"Cannot save .*n: "):
            persistence.save(thing, tmp_path / "x")


def test_a_union_is_loaded_equal(texts, two, tmp_path):
    union = FeatureUnion(
        [
            ("words", TfidfVectorizer()),
            ("hashed", HashingVectorizer(n_features=64, ngram_range=(1, 2), alternate_sign=False)),
            ("none", "drop"),
        ],
        transformer_weights={"words": 0.5},
    )
    pipeline = make_pipeline(union, LogisticRegression()).fit(texts, two)
    persistence.save(pipeline, tmp_path / "x")
    loaded = persistence.load(tmp_path / "x")
    np.testing.assert_array_equal(loaded.predict_proba(texts), pipeline.predict_proba(texts))
    assert repr(loaded) == repr(pipeline)


TYPE = {"type": "builtin", "name": "float"}
INDICES = {"type": "dict", "keys": ["h", "n", "remainder"], "values": [[0], [9], []]}
FORGERIES = [
    ("ColumnTransformer", "params", {"transformers": [[1, 2, 3]]}, "expected a list of tuples"),
    ("ColumnTransformer", "params", {"transformers": 1}, "'transformers' parameter"),
    ("ColumnTransformer", "params", {"verbose_feature_names_out": TYPE}, "verbose_feature_names_"),
    ("ColumnTransformer", "params", {"remainder": TYPE}, "'remainder' parameter"),
    ("ColumnTransformer", "fitted", {"transformers_": []}, "the columns of some of"),
    ("ColumnTransformer", "fitted", {"transformers_": [1]}, "expected a list of tuples"),
    ("ColumnTransformer", "fitted", {"_remainder": 1}, "its _remainder is 1, expected a tuple"),
    ("ColumnTransformer", "fitted", {"_columns": None}, "its _columns is None"),
    ("ColumnTransformer", "fitted", {"_columns": [TYPE]}, "its _columns is a list, expected"),
    ("ColumnTransformer", "fitted", {"n_features_in_": 1}, "n_features_in_"),
    ("ColumnTransformer", "fitted", {"_transformer_to_input_indices": INDICES}, "takes column 9"),
    ("ColumnTransformer", "fitted", {"sparse_output_": 1}, "its sparse_output_ is 1"),
    ("ColumnTransformer", "fitted", {"output_indices_": []}, "its output_indices_ is a list"),
    ("FunctionTransformer", "params", {"func": TYPE}, "its func is a type, expected None"),
    (
        "FunctionTransformer",
        "params",
        {"inverse_func": TYPE},
        "its inverse_func is a type, expected",
    ),
    ("FunctionTransformer", "params", {"feature_names_out": TYPE}, "its feature_names_out is"),
    ("HashingVectorizer", "params", {"input": "filename"}, "would open the files"),
    ("HashingVectorizer", "params", {"tokenizer": TYPE}, "its tokenizer is a type"),
    ("HashingVectorizer", "params", {"n_features": 10**12}, "'n_features' parameter"),
    ("HashingVectorizer", "fitted", {"vocabulary_": 1}, "has no fitted attribute"),
    ("FeatureUnion", "params", {"transformer_list": [1]}, "expected a list of tuples"),
    ("FeatureUnion", "params", {"transformer_list": []}, "Cannot load"),
    ("FeatureUnion", "fitted", {"x_": 1}, "has no fitted attribute"),
]


@pytest.mark.parametrize(("key", "part", "change", "message"), FORGERIES, ids=str)
def test_forged_parts_are_refused(key, part, change, message, frame, forge, tmp_path):
    hashed = make_union(HashingVectorizer(n_features=8))
    columns = ColumnTransformer([("h", hashed, "text"), ("n", "passthrough", ["a"])]).fit(frame)
    persistence.save(columns, tmp_path / "x")
    forge(tmp_path / "x", lambda node: node[part].update(change), of=key)
    with pytest.raises(ModelFormatError, match=message):
        persistence.load(tmp_path / "x")


def test_columns_in_a_file_cannot_be_code(frame, forge, tmp_path):
    columns = ColumnTransformer([("n", "passthrough", ["a"])])

    def change(node):
        node["params"]["transformers"][0]["items"][2] = TYPE

    persistence.save(columns, tmp_path / "x")
    forge(tmp_path / "x", change, of="ColumnTransformer")
    with pytest.raises(ModelFormatError, match="a name, an estimator, columns"):
        persistence.load(tmp_path / "x")


def test_a_function_is_refused(tmp_path):
    with pytest.raises(TypeError, match=r"Cannot save func: .*is code"):
        persistence.save(FunctionTransformer(np.log1p, validate=len), tmp_path / "x")


def test_callbacks_of_scikit_learn_are_refused_by_name(texts, two, tmp_path):
    """As callbacks of Keras are: clone and pickle preserve them, which a file cannot."""
    callbacks = pytest.importorskip("sklearn.callback", reason="scikit-learn has them from 1.9 on")
    pipeline = make_pipeline(make_pipeline(TfidfVectorizer()), LogisticRegression())
    pipeline.set_callbacks(callbacks.ProgressBar())
    message = r"Cannot save this: set_callbacks got ProgressBar.*Remove it with set_callbacks\(\)"
    with pytest.raises(TypeError, match=message):
        persistence.save(pipeline, tmp_path / "x")
    persistence.save(pipeline.set_callbacks().fit(texts, two), tmp_path / "x")
    pipeline[0].set_callbacks(callbacks.ProgressBar())
    with pytest.raises(TypeError, match="Cannot save pipeline: set_callbacks got"):
        persistence.save(pipeline, tmp_path / "x")
