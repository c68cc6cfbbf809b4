"""Words to vectors: what others have learnt about words, for networks and linear models."""

from ._embedded_tokens import EmbeddedTokens
from ._embedder import GloVeEmbedder, check_oov, check_output  # noqa: F401 (for persistence)
from ._lookup import ENDS, FORMS  # noqa: F401
from ._vectors import WordVectors, stored_vectors  # noqa: F401

__all__ = ["EmbeddedTokens", "GloVeEmbedder", "WordVectors"]
