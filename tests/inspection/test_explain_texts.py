import re
from html import unescape

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from sklearn_textnn.inspection import explain_texts
from sklearn_textnn.preprocessing import KerasTokenizerTransformer

TEXTS = ["good food", "bad food", "good good service", "bad service", "fine food", "poor food"]
Y = np.array(["pos", "neg", "pos", "neg", "pos", "neg"])


@pytest.fixture(scope="module")
def linear():
    return make_pipeline(CountVectorizer(), LogisticRegression(C=10)).fit(TEXTS, Y)


def coefficient(linear, word):
    return linear[-1].coef_[0, linear[0].vocabulary_[word]]


def test_a_token_of_a_linear_model_on_counts_has_its_coefficient(linear):
    frame = explain_texts(linear, ["Good, bad: good!"])[0].to_frame()
    expected = [coefficient(linear, word) for word in ("good", "bad", "good")]
    np.testing.assert_allclose(frame["pos"], expected)
    np.testing.assert_allclose(frame["neg"], -np.array(expected))


def test_grouped_occurrences_have_coefficient_times_count(linear):
    frame = explain_texts(linear, ["Good, bad: good!"], together=True)[0].to_frame()
    good, bad = 2 * coefficient(linear, "good"), coefficient(linear, "bad")
    np.testing.assert_allclose(frame["pos"], [good, bad, good])


def test_a_dropped_token_has_0(linear):
    explanation = explain_texts(linear, ["good zebra a food"])[0]
    assert explanation.tokens == ["good", "zebra", "a", "food"]
    assert explanation.values[1:3].tolist() == [[0, 0], [0, 0]]
    assert (explanation.values[[0, 3]] != 0).all()


def test_values_do_not_depend_on_other_texts(linear):
    a, b = explain_texts(linear, ["good food", "bad service here"])
    b2, a2 = explain_texts(linear, ["bad service here", "good food"])
    np.testing.assert_array_equal(a.values, a2.values)
    np.testing.assert_array_equal(b.values, b2.values)


def test_a_decision_function_is_enough():
    svc = make_pipeline(CountVectorizer(), LinearSVC()).fit(TEXTS, Y)
    explanation = explain_texts(svc, ["good food"])[0]
    assert explanation.scale == "decision function"
    np.testing.assert_allclose(explanation.values[0, 1], coefficient(svc, "good"))


def test_the_tokenizer_of_a_search_is_found():
    pipeline = make_pipeline(CountVectorizer(), LogisticRegression())
    search = GridSearchCV(pipeline, {}, cv=2).fit(TEXTS, Y)
    search.best_estimator_[0].token_spans = lambda texts: [[(0, 2)] for _ in texts]
    assert explain_texts(search, ["good food"])[0].tokens == ["go"]


def test_probabilities_of_0_and_1_give_finite_values():
    always = make_pipeline(CountVectorizer(), DummyClassifier(strategy="prior")).fit(TEXTS, Y)
    always[-1].class_prior_ = np.array([0.0, 1.0])
    assert np.isfinite(explain_texts(always, ["good food"])[0].scores).all()


def test_three_classes_have_three_columns():
    y = ["a", "b", "c", "a", "b", "c"]
    clf = make_pipeline(CountVectorizer(), LogisticRegression()).fit(TEXTS, y)
    frame = explain_texts(clf, ["good food", ""]).to_frame()
    assert frame.columns.tolist() == ["text", "token", "start", "end", "a", "b", "c"]
    p, q = clf.predict_proba(["good food", "good "])
    expected = np.log(p / (1 - p)) - np.log(q / (1 - q))
    np.testing.assert_allclose(frame.loc[1, ["a", "b", "c"]].astype(float), expected)


@pytest.mark.parametrize("text", ["<script>alert(1)</script> good", 'a"b & <good>', ""])
def test_html_is_escaped_and_contains_the_text(linear, text):
    html = explain_texts(linear, [text])._repr_html_()
    assert "<script" not in html
    assert "<good" not in html
    shown = unescape(re.sub(r"</?(p|b|mark)\b[^>]*>", "", html))
    assert shown.endswith(text)


def test_plot_draws_a_bar_for_each_token(linear, pyplot):
    explanation = explain_texts(linear, ["good $food$ bad"])[0]
    ax = explanation.plot(target="neg")
    widths = [bar.get_width() for bar in ax.patches]
    np.testing.assert_allclose(widths, explanation.values[:, 0])
    ax.figure.canvas.draw()
    with pytest.raises(ValueError, match="expected one of"):
        explanation.plot(target="other")


@pytest.mark.parametrize(
    ("texts", "error", "match"),
    [("good", ValueError, "texts is one str"), (["good", None], ValueError, "text 1 is missing")],
)
def test_bad_texts_are_errors(linear, texts, error, match):
    with pytest.raises(error, match=match):
        explain_texts(linear, texts)


def test_a_classifier_without_scores_is_refused():
    with pytest.raises(TypeError, match="neither predict_proba"):
        explain_texts(KerasTokenizerTransformer(), ["good"])


def test_leave_one_out_of_a_network_is_the_difference_without_the_word():
    from sklearn_textnn import KerasTextClassifier, PadTransformer, PoolingNetwork

    network = KerasTextClassifier(PoolingNetwork(4), epochs=1, random_state=0)
    pipeline = make_pipeline(KerasTokenizerTransformer(), PadTransformer(), network).fit(TEXTS, Y)
    values = explain_texts(pipeline, ["Good, zebra food"])[0].values
    p = pipeline.predict_proba(["good food", "food", "good"]).astype(float)
    odds = np.log(p[:, 1] / p[:, 0])
    np.testing.assert_allclose(values[:, 1], [odds[0] - odds[1], 0, odds[0] - odds[2]], atol=1e-5)
    assert values[1, 1] == 0
