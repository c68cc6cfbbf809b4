import numpy as np
import pytest
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklearn_textnn.inspection import WordEffectsDisplay, word_effects

TEXTS = ["good food", "bad food", "Good good $ervice", "bad $ervice", "slow food", "slow $ervice"]


@pytest.fixture(scope="module")
def classifiers():
    pipeline = make_pipeline(CountVectorizer(token_pattern=r"\S+"), LogisticRegression())
    return {
        2: clone(pipeline).fit(TEXTS, ["pos", "neg", "pos", "neg", "neg", "neg"]),
        3: clone(pipeline).fit(TEXTS, ["pos", "neg", "pos", "neg", "slow", "slow"]),
    }


@pytest.mark.parametrize("n_classes", [2, 3])
def test_each_class_has_a_panel_with_its_strongest_words(classifiers, n_classes, pyplot):
    display = WordEffectsDisplay.from_estimator(classifiers[n_classes], TEXTS)
    assert display.plot(n_words=2) is display
    assert len(display.axes_) == n_classes == len(display.classes)
    effects = word_effects(classifiers[n_classes], TEXTS)
    for ax, label in zip(display.axes_, display.classes, strict=True):
        expected = effects[(effects["class"] == label) & (effects["mean_effect"] > 0)].head(2)
        widths = [bar.get_width() for bar in ax.patches]
        np.testing.assert_allclose(widths, expected["mean_effect"])
        assert [t.get_text() for t in ax.get_yticklabels()] == [
            word.replace("$", r"\$") for word in expected["word"]
        ]
        assert [t.get_text() for t in ax.texts] == expected["n_texts"].astype(str).tolist()
    display.figure_.canvas.draw()


def test_it_draws_on_given_axes(classifiers, pyplot):
    figure, axes = pyplot.subplots(1, 2)
    display = WordEffectsDisplay.from_estimator(classifiers[2], TEXTS)
    assert display.plot(axes).figure_ is figure
    with pytest.raises(ValueError, match="Got 1 axes for 2 classes"):
        display.plot(axes[0])


def test_bad_input_is_refused(classifiers):
    effects = word_effects(classifiers[2], TEXTS)
    with pytest.raises(ValueError, match=r"lacks the columns \['word'\]"):
        WordEffectsDisplay(effects.drop(columns="word"))
    with pytest.raises(ValueError, match="no words"):
        WordEffectsDisplay.from_estimator(classifiers[2], TEXTS, min_texts=99)
    with pytest.raises(ValueError, match=r"expected one of \['neg', 'pos'\]"):
        WordEffectsDisplay(effects).strongest("other")
    with pytest.raises(ValueError, match="n_words"):
        WordEffectsDisplay(effects).plot(n_words=0)


def test_without_matplotlib_word_effects_display_has_a_hint(classifiers, without_matplotlib):
    display = WordEffectsDisplay.from_estimator(classifiers[2], TEXTS)
    with pytest.raises(ImportError, match="sklearn_textnn\\[plot\\]"):
        display.plot()
