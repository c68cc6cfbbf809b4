"""Plot of the words with the largest mean effect on each class."""

import numpy as np

from .._compat import POSITIVE_INT, validate_params
from ._matplotlib import BLUE, GRAY, VERMILION, import_pyplot
from ._word_effects import word_effects

_COLUMNS = {"class", "word", "mean_effect", "sd_effect", "n_texts"}


class WordEffectsDisplay:
    """Visualization of the words with the largest mean effect, one panel per class.

    It is recommended to use :meth:`from_estimator`.

    Parameters
    ----------
    effects : DataFrame
        Returned by :func:`word_effects`.

    Attributes
    ----------
    effects : DataFrame
        As above.
    figure_ : matplotlib Figure
        Figure with the plot; set by :meth:`plot`, as are the following.
    axes_ : ndarray of matplotlib Axes of shape (n_classes,)
        Axes of the panels, in the order of :attr:`classes`.

    Raises
    ------
    ValueError
        If a column is missing, or there are no words.

    Examples
    --------
    >>> from sklearn.feature_extraction.text import CountVectorizer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_textnn.inspection import WordEffectsDisplay
    >>> texts = ["good food", "bad food", "good service", "bad service"]
    >>> classifier = make_pipeline(CountVectorizer(), LogisticRegression()).fit(texts, [1, 0, 1, 0])
    >>> display = WordEffectsDisplay.from_estimator(classifier, texts)
    >>> display.strongest(1, n_words=1)["word"].tolist()
    ['good']
    >>> display.plot(n_words=3).figure_.savefig("words.png")  # doctest: +SKIP
    """

    def __init__(self, effects):
        missing = sorted(_COLUMNS - set(effects))
        if missing:
            raise ValueError(
                f"effects lacks the columns {missing}; expected those of word_effects."
            )
        if effects.empty:
            raise ValueError(
                "effects holds no words; pass more texts to word_effects, or a smaller min_texts."
            )
        self.effects = effects

    @classmethod
    def from_estimator(cls, classifier, texts, *, min_texts=1):
        """Create a display of the word effects in some texts, without drawing it.

        Parameters
        ----------
        classifier : classifier
            A fitted classifier of texts; see :func:`explain_texts`.
        texts : iterable of str or bytes of length n_texts
            The texts to explain, preferably held-out ones.
        min_texts : int, default=1
            The minimum number of texts that hold a word; the mean over few texts is noisy.

        Returns
        -------
        WordEffectsDisplay
            Call its :meth:`plot`.
        """
        return cls(word_effects(classifier, texts, min_texts=min_texts))

    @property
    def classes(self):
        """The classes, in the order of `effects`."""
        return self.effects["class"].unique().tolist()

    @validate_params({"n_words": [POSITIVE_INT]}, prefer_skip_nested_validation=True)
    def strongest(self, target, *, n_words=10):
        """Return the words that speak for a class, the strongest first.

        Parameters
        ----------
        target : object
            The class, one of :attr:`classes`.
        n_words : int, default=10
            The maximum number of words.

        Returns
        -------
        DataFrame
            Rows of `effects` with a `mean_effect` above 0.

        Raises
        ------
        ValueError
            If there is no such class.
        """
        if target not in self.classes:
            raise ValueError(f"Got target={target!r}, expected one of {self.classes}.")
        effects = self.effects
        found = effects[(effects["class"] == target) & (effects["mean_effect"] > 0)]
        return found.nlargest(n_words, "mean_effect")

    @validate_params({"n_words": [POSITIVE_INT]}, prefer_skip_nested_validation=True)
    def plot(self, ax=None, *, n_words=10):
        """Draw a bar for each word, with its standard deviation and number of texts.

        Parameters
        ----------
        ax : array-like of matplotlib Axes, of shape (n_classes,), default=None
            Axes to plot on; None creates a new figure.
        n_words : int, default=10
            The maximum number of words per class.

        Returns
        -------
        WordEffectsDisplay
            The display itself, with `figure_` and `axes_`.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the numbers of axes and classes differ.
        """
        plt = import_pyplot("WordEffectsDisplay.plot")
        words = {label: self.strongest(label, n_words=n_words) for label in self.classes}
        if ax is None:
            size = (4.2 * len(words), 1.2 + 0.28 * max(map(len, words.values())))
            _, ax = plt.subplots(1, len(words), figsize=size, squeeze=False, layout="constrained")
        self.axes_ = np.ravel(ax)
        if len(self.axes_) != len(words):
            raise ValueError(
                f"Got {len(self.axes_)} axes for {len(words)} classes; expected one each, as from "
                f"plt.subplots(1, {len(words)})."
            )
        self.figure_ = self.axes_[0].figure
        for i, (panel, (label, rows)) in enumerate(zip(self.axes_, words.items(), strict=True)):
            _plot_words(panel, label, rows, VERMILION if (len(words), i) == (2, 0) else BLUE)
        return self


def _plot_words(ax, label, rows, color):
    """Draw the words of one class, the strongest at the top."""
    places = np.arange(len(rows))
    sd = rows["sd_effect"].fillna(0)  # NaN for a word of a single text
    bars = {"color": color, "xerr": sd, "error_kw": {"ecolor": GRAY, "elinewidth": 1}}
    ax.barh(places, rows["mean_effect"], **bars)
    # A dollar sign would start a formula.
    ax.set_yticks(places, [word.replace("$", r"\$") for word in rows["word"]])
    ax.invert_yaxis()
    for place, n_texts in zip(places, rows["n_texts"], strict=True):
        look = {"transform": ax.get_yaxis_transform(), "va": "center", "color": GRAY}
        ax.text(1.02, place, f"{n_texts}", **look)
    ax.axvline(0, color="0.5", linewidth=0.8)
    ax.set_title(f"class {label}".replace("$", r"\$"))
    ax.set_xlabel("mean effect; at the right, the number of texts")
    ax.spines[["top", "right"]].set_visible(False)
