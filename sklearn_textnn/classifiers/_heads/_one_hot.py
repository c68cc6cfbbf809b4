"""Several classes as one-hot rows."""

import numpy as np

from ..._labels import check_indicator
from ._multiclass import MulticlassHead


class OneHotHead(MulticlassHead):
    """Several classes as one-hot rows, for a model that ends in a softmax."""

    noun = "labels"

    def positions(self, y, name="y"):
        """Return the class number of each row, (n_samples,)."""
        y = check_indicator(y, name, n_labels=len(self.classes))
        several = y.sum(axis=1) != 1
        if several.any():
            row = int(np.flatnonzero(several)[0])
            raise ValueError(
                f"{name} holds {int(y[row].sum())} labels in row {row}, but the model ends in a "
                "softmax, whose outputs are the probabilities of classes that exclude each other: "
                'expected exactly one 1 in each row. For several labels end it with "sigmoid", as '
                'meta["output_activation"] says.'
            )
        return y.argmax(axis=1)

    def labels_at(self, positions):
        """Return one-hot rows."""
        return np.eye(len(self.classes), dtype=int)[positions]

    def _decisions(self, odds):
        return odds

    def _strata(self, y):
        return y.argmax(axis=1)
