"""Pictures of a training and of a comparison, in the manner of scikit-learn's Displays."""

from ._comparison_display import ComparisonDisplay
from ._history_display import HistoryDisplay

__all__ = ["ComparisonDisplay", "HistoryDisplay"]
