"""Pictures of a training and of a comparison, and explanations of predictions."""

from ._comparison_display import ComparisonDisplay
from ._explain_texts import explain_texts
from ._history_display import HistoryDisplay
from ._text_explanations import TextExplanation, TextExplanations

__all__ = [
    "ComparisonDisplay",
    "HistoryDisplay",
    "TextExplanation",
    "TextExplanations",
    "explain_texts",
]
