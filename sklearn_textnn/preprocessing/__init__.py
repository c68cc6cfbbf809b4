"""Preprocessing of texts to token ids, for networks in scikit-learn's Pipeline."""

from ._check_ids import check_ids
from ._check_texts import check_texts
from ._containers import AnnotatedRows, TokenIds, Vocabulary, check_range
from ._flat_ids import FlatIds, content_lengths, offsets_of
from ._ngrams import NgramTransformer
from ._pad import PadTransformer
from ._pandas_index import index_of, with_index
from ._subwords import SubwordTokenizerTransformer, subword_ids
from ._texts_of_estimators import check_texts_for
from ._tokenizer import KerasTokenizerTransformer

# For users; the other names are for other subpackages.
__all__ = [
    "KerasTokenizerTransformer",
    "NgramTransformer",
    "PadTransformer",
    "SubwordTokenizerTransformer",
    "TokenIds",
    "Vocabulary",
]
