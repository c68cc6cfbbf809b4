"""Texts to token ids: what scikit-learn's Pipeline hands to a network."""

from ._pad import PadTransformer
from ._token_ids import TokenIds, Vocabulary
from ._token_ids import content_lengths as content_lengths  # for other rooms
from ._tokenizer import KerasTokenizerTransformer

__all__ = ["KerasTokenizerTransformer", "PadTransformer", "TokenIds", "Vocabulary"]
