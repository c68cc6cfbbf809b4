"""Mixin of transformers whose output is TokenIds."""

import numpy as np


class TokenIdsOutput:
    """Mixin that names the output, which stays TokenIds whatever `set_output` requests."""

    def get_feature_names_out(self, input_features=None):
        """Return the name of the output, which is one object per text.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        ndarray of str objects of shape (1,)
            ``["token_ids"]``.
        """
        return np.array(["token_ids"], dtype=object)

    def set_output(self, *, transform=None):
        """Accept scikit-learn's output setting; the output stays TokenIds.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"} or None, default=None
            Ignored.

        Returns
        -------
        Self
            The transformer.
        """
        return self
