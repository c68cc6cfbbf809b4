"""The result of explain_texts: values of tokens as a table, highlighted text or a plot."""

from collections.abc import Sequence
from html import escape

import numpy as np
import pandas as pd

from ._matplotlib import BLUE, VERMILION, import_pyplot

_FOR, _AGAINST = "0,114,178", "213,94,0"  # blue and vermilion of the other displays, as RGB


class TextExplanation:
    """The values of the tokens of one text; see :func:`explain_texts`.

    Parameters
    ----------
    text : str
        The text as written.
    spans : list of (int, int)
        Start and end of each token in `text`, in characters.
    values : ndarray of shape (n_tokens, n_classes)
        What each token adds to the score of each class.
    classes : ndarray of shape (n_classes,)
        The classes, or labels.
    scores : ndarray of shape (n_classes,)
        The score of each class for the whole text.
    scale : str
        The unit of scores and values: "log-odds" or "decision function".
    method : {"leave_one_out", "gradients"}, default="leave_one_out"
        How the values were computed.

    Attributes
    ----------
    text, spans, values, classes, scores, scale, method : object
        As above.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_textnn.inspection import TextExplanation
    >>> print(TextExplanation(
    ...     "good <b>", [(0, 4)], np.array([[-2.0, 2.0]]), np.array(["neg", "pos"]),
    ...     np.array([-1.5, 1.5]), "log-odds",
    ... ))
    class pos: good +2.00
    """

    def __init__(self, text, spans, values, classes, scores, scale, method="leave_one_out"):
        self.text = text
        self.spans = spans
        self.values = values
        self.classes = classes
        self.scores = scores
        self.scale = scale
        self.method = method

    @property
    def tokens(self):
        """The tokens as written."""
        return [self.text[start:end] for start, end in self.spans]

    @property
    def predicted(self):
        """The class with the largest score."""
        return self.classes[self._column(None)]

    def to_frame(self):
        """Return a row for each token.

        Returns
        -------
        DataFrame of shape (n_tokens, 3 + n_classes)
            `token`, `start`, `end`, and a column for each class, named after it.
        """
        frame = pd.DataFrame(self.spans, columns=["start", "end"], dtype=int)
        frame.insert(0, "token", pd.Series(self.tokens, dtype=object))
        values = pd.DataFrame(self.values, columns=list(self.classes))
        return pd.concat([frame, values], axis=1)

    def plot(self, ax=None, *, target=None):
        """Draw a bar for each token, the first at the top.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to plot on; None creates a new figure.
        target : object, default=None
            The class whose values are drawn; None means the predicted one.

        Returns
        -------
        matplotlib Axes
            Axes with the plot.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If there is no such class.
        """
        plt = import_pyplot("TextExplanation.plot")
        column = self._column(target)
        values = self.values[:, column]
        if ax is None:
            size = (6, 1 + 0.3 * max(1, len(values)))
            _, ax = plt.subplots(figsize=size, layout="constrained")
        rows = np.arange(len(values))
        ax.barh(rows, values, color=np.where(values >= 0, BLUE, VERMILION))
        # A dollar sign would start a formula.
        ax.set_yticks(rows, [token.replace("$", r"\$") for token in self.tokens])
        ax.invert_yaxis()
        ax.axvline(0, color="0.5", linewidth=0.8)
        ax.set_xlabel(f"{self.scale} of class {self.classes[column]}, by {self.method}")
        ax.spines[["top", "right"]].set_visible(False)
        return ax

    def _column(self, target):
        if target is None:
            return int(np.argmax(self.scores))
        found = np.flatnonzero(self.classes == target)
        if not len(found):
            raise ValueError(f"Got target={target!r}, expected one of {self.classes.tolist()}.")
        return int(found[0])

    def __str__(self):
        column = self._column(None)
        pairs = zip(self.tokens, self.values[:, column], strict=True)
        listed = ", ".join(f"{token} {value:+.2f}" for token, value in pairs)
        return f"class {self.classes[column]}: {listed or 'no tokens'}"

    def _repr_html_(self):
        column = self._column(None)
        values = self.values[:, column]
        largest = np.abs(values).max(initial=0) or 1.0
        parts, position = [], 0
        for (start, end), value in zip(self.spans, values, strict=True):
            color, strength = _FOR if value > 0 else _AGAINST, abs(value) / largest
            parts += [
                escape(self.text[position:start]),
                f'<mark style="color:inherit;background:rgba({color},{0.6 * strength:.2f})" '
                f'title="{value:+.3f}">{escape(self.text[start:end])}</mark>',
            ]
            position = end
        parts.append(escape(self.text[position:]))
        label = escape(f"{self.classes[column]} ({self.scale} {self.scores[column]:+.2f})")
        style = f'style="white-space:pre-wrap" title="{escape(self.method)}"'
        return f"<p {style}><b>{label}</b>: {''.join(parts)}</p>"


class TextExplanations(Sequence):
    """Explanations of several texts, in order; see :func:`explain_texts`.

    Parameters
    ----------
    explanations : list of TextExplanation
        One for each text.

    Examples
    --------
    >>> from sklearn_textnn.inspection import TextExplanations
    >>> len(TextExplanations([]))
    0
    """

    def __init__(self, explanations):
        self._explanations = list(explanations)

    def __len__(self):
        return len(self._explanations)

    def __getitem__(self, item):
        found = self._explanations[item]
        return TextExplanations(found) if isinstance(item, slice) else found

    def to_frame(self):
        """Return a row for each token of each text.

        Returns
        -------
        DataFrame
            As :meth:`TextExplanation.to_frame`, preceded by the position of the text.
        """
        frames = [one.to_frame() for one in self]
        for i, frame in enumerate(frames):
            frame.insert(0, "text", i)
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()

    def __str__(self):
        return "\n".join(map(str, self))

    def _repr_html_(self):
        return "\n".join(one._repr_html_() for one in self)
