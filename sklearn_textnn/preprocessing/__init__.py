"""Texts to token ids: what scikit-learn's Pipeline hands to a network."""

from ._ids import check_ids, offsets_of  # noqa: F401 (for other folders of the package)
from ._index import with_index  # noqa: F401
from ._pad import PadTransformer
from ._token_ids import AnnotatedRows, TokenIds, Vocabulary  # noqa: F401
from ._tokenizer import KerasTokenizerTransformer

__all__ = ["KerasTokenizerTransformer", "PadTransformer", "TokenIds", "Vocabulary"]
