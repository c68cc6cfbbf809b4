"""Words to vectors: what others have learnt about words, for networks and linear models."""

from ._embedded_tokens import EmbeddedTokens
from ._embedder import GloVeEmbedder, check_oov, check_output
from ._lookup import ENDS, FORMS
from ._vectors import WordVectors, stored_vectors

__all__ = ["EmbeddedTokens", "GloVeEmbedder", "WordVectors"]
