"""Plots of training histories and comparisons, and explanations of predictions."""

from ._comparison_display import ComparisonDisplay
from ._error_table import error_table
from ._explain_texts import explain_texts
from ._history_display import HistoryDisplay
from ._text_explanations import TextExplanation, TextExplanations
from ._word_effects import word_effects
from ._word_effects_display import WordEffectsDisplay

__all__ = [
    "ComparisonDisplay",
    "HistoryDisplay",
    "TextExplanation",
    "TextExplanations",
    "WordEffectsDisplay",
    "error_table",
    "explain_texts",
    "word_effects",
]
