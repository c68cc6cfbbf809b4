import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils._param_validation import InvalidParameterError

from sklearn_textnn.datasets import load_reviews

SOURCES = ["films", "phones", "restaurants"]


@pytest.fixture(scope="module")
def reviews():
    return load_reviews()


def test_there_are_100_reviews_for_each_source_and_class(reviews):
    counts = pd.crosstab(reviews.source, reviews.target)
    assert counts.index.tolist() == SOURCES
    assert counts.columns.tolist() == [0, 1]
    assert (counts == 100).all(axis=None)
    assert len(reviews.data) == 600


def test_reviews_are_unique_up_to_case_and_punctuation(reviews):
    folded = [" ".join(re.findall(r"\w+", text.lower())) for text in reviews.data]
    assert len(set(folded)) == 600
    assert "" not in folded


def test_texts_are_clean_strings(reviews):
    assert all(type(text) is str for text in reviews.data)
    assert [text for text in reviews.data if text != text.strip() or not text.isprintable()] == []


@pytest.mark.parametrize("column", ["target", "source"])
def test_rows_are_sorted_neither_by_class_nor_by_source(reviews, column):
    values = np.asarray(reviews[column])
    # Drawn at random, 2 (or 3) equal shares change from row to row about 300 (or 400) times.
    assert (values[1:] != values[:-1]).sum() > 250


def test_the_corpus_is_neither_trivial_nor_noise(reviews):
    model = make_pipeline(CountVectorizer(), LogisticRegression())
    accuracy = cross_val_score(model, reviews.data, reviews.target, cv=5).mean()
    assert 0.70 < accuracy < 0.90
    stated = re.search(r"accuracy\s+of\s+(0\.\d+)", reviews.DESCR)
    assert float(stated[1]) == pytest.approx(accuracy, abs=0.01)


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_has_its_rows_in_order(reviews, source):
    part = load_reviews(source=source)
    chosen = np.flatnonzero(reviews.source == source)
    assert part.data == [reviews.data[i] for i in chosen]
    np.testing.assert_array_equal(part.target, reviews.target[chosen])
    assert set(part.source) == {source}


def test_the_bunch_has_scikit_learns_fields(reviews):
    assert reviews.target.dtype == np.int64
    assert reviews.target_names.tolist() == ["negative", "positive"]
    assert reviews.frame is None
    assert Path(reviews.filename).is_file()
    assert "600" in reviews.DESCR


def test_return_x_y_gives_texts_and_classes_only(reviews):
    texts, y = load_reviews(return_X_y=True)
    assert texts == reviews.data
    np.testing.assert_array_equal(y, reviews.target)


def test_as_frame_gives_the_same_rows_as_pandas_objects(reviews):
    framed = load_reviews(source="films", as_frame=True)
    plain = load_reviews(source="films")
    assert framed.frame.columns.tolist() == ["text", "source", "target"]
    assert framed.frame.index.tolist() == list(range(200))
    pd.testing.assert_series_equal(framed.data, framed.frame["text"])
    pd.testing.assert_series_equal(framed.target, framed.frame["target"])
    assert framed.data.tolist() == plain.data
    np.testing.assert_array_equal(framed.target, plain.target)
    texts, y = load_reviews(source="films", as_frame=True, return_X_y=True)
    pd.testing.assert_series_equal(texts, framed.data)
    pd.testing.assert_series_equal(y, framed.target)


def test_two_calls_share_no_mutable_object(reviews):
    first = load_reviews()
    first.data[0], first.target[:] = "changed", 7
    assert load_reviews().data == reviews.data
    np.testing.assert_array_equal(load_reviews().target, reviews.target)


@pytest.mark.parametrize("bad", [{"source": "books"}, {"source": None}, {"as_frame": "yes"}])
def test_a_bad_parameter_is_an_error(bad):
    with pytest.raises(InvalidParameterError, match=next(iter(bad))):
        load_reviews(**bad)


def test_datasets_import_no_other_subpackage_and_no_keras(run_python):
    script = (
        "import sys, sklearn_textnn, sklearn_textnn.datasets as subpackage\n"
        "subpackage.load_reviews()\n"
        "heavy = {'tensorflow', 'keras', 'scikeras', 'matplotlib'}\n"
        "print(sorted(name for name in sys.modules if name in heavy"
        " or name.startswith(tuple("
        "'sklearn_textnn.' + other for other in sklearn_textnn._SUBPACKAGES))"
        " and not name.startswith(subpackage.__name__)))\n"
    )
    assert run_python("-c", script).stdout.strip() == "[]"
