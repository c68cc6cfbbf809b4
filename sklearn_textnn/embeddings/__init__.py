"""Words to vectors: what others have learnt about words, for networks and linear models."""

from ._embedded_tokens import EmbeddedTokens
from ._embedder import GloVeEmbedder
from ._vectors import WordVectors

__all__ = ["EmbeddedTokens", "GloVeEmbedder", "WordVectors"]
