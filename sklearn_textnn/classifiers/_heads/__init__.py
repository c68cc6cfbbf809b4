"""Heads: a class per kind of target, for the output layer, loss, metrics and labels."""

from ._binary import BinaryHead
from ._head import Head
from ._learn import find_classes, find_head
from ._metrics import is_keras
from ._multiclass import MulticlassHead
from ._multilabel import MultilabelHead
from ._one_hot import OneHotHead

__all__ = [
    "BinaryHead",
    "Head",
    "MulticlassHead",
    "MultilabelHead",
    "OneHotHead",
    "find_classes",
    "find_head",
    "is_keras",
]
