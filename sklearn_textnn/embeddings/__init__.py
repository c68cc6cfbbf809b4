"""Pretrained word vectors, for networks and linear models."""

from ._coverage import Coverage
from ._embedded_tokens import EmbeddedTokens
from ._embedder import GloVeEmbedder
from ._lookup import Lookup
from ._vectors import WordVectors, stored_vectors

# For users; the other names are for other subpackages.
__all__ = ["EmbeddedTokens", "GloVeEmbedder", "WordVectors"]
