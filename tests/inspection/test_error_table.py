import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

from sklearn_textnn.inspection import error_table

TEXTS = ["good food", "Good unique", "good food", "bad food", "bad soup", "bad food", "...", "bad"]
Y = np.array(["pos", "pos", "neg", "neg", "neg", "neg", "pos", "pos"])
CV = StratifiedKFold(2)


@pytest.fixture(scope="module")
def classifier():
    return make_pipeline(CountVectorizer(), LogisticRegression())


def test_the_worst_come_first_with_held_out_probabilities(classifier):
    table = error_table(classifier, TEXTS, Y, cv=CV)
    p = cross_val_predict(classifier, TEXTS, Y, cv=CV, method="predict_proba")
    of_label = np.where(Y == "pos", p[:, 1], p[:, 0])
    np.testing.assert_allclose(table["probability"].sort_index(), of_label)
    assert table["probability"].is_monotonic_increasing
    assert (table["correct"] == (table["label"] == table["predicted"])).all()
    assert table["text"].sort_index().tolist() == TEXTS


def test_unknown_words_are_those_that_the_training_part_lacks(classifier):
    table = error_table(classifier, TEXTS, Y, cv=CV).sort_index()
    for train, test in CV.split(TEXTS, Y):
        known = " ".join(TEXTS[i].lower() for i in train).split()
        for i in test:
            words = [] if TEXTS[i] == "..." else TEXTS[i].lower().split()
            expected = np.mean([w not in known for w in words]) if words else np.nan
            np.testing.assert_equal(table["unknown"][i], expected)
            assert table["n_words"][i] == len(words)
    assert table["unknown"][0] == 0.5  # of "good food", "good" stands in the same fold only


def test_extra_columns_stay_with_their_texts(classifier):
    table = error_table(classifier, TEXTS, Y, cv=CV, columns={"place": list("abcdefgh")})
    assert table["place"].sort_index().tolist() == list("abcdefgh")


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"y": Y[:3]}, "texts has 8 samples, but y has 3"),
        ({"columns": {"place": [1]}}, "texts has 8 samples, but place has 1"),
        ({"columns": {"label": Y}}, "label"),
        ({"texts": "good"}, "texts is one str"),
        ({"y": np.eye(8)}, "shape"),
    ],
)
def test_bad_input_is_an_error(classifier, change, match):
    with pytest.raises(ValueError, match=match):
        error_table(**{"classifier": classifier, "texts": TEXTS, "y": Y, "cv": CV} | change)


@pytest.mark.parametrize("container", [dict, pd.DataFrame])
def test_columns_may_have_any_name(classifier, container):
    columns = container({"name": list("abcdefgh"), "X": range(8), 3: range(8)})
    table = error_table(classifier, TEXTS, Y, cv=CV, columns=columns)
    first = table[table["text"] == "Good unique"].iloc[0]
    assert [first["name"], first["X"], first[3]] == ["b", 1, 1]
    with pytest.raises(ValueError, match="texts has 8 samples, but name has 2"):
        error_table(classifier, TEXTS, Y, cv=CV, columns={"name": ["a", "b"]})
