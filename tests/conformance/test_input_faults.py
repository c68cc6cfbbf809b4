"""Every input fault there is a promise about, and where its test is."""

import ast
import traceback
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict, cross_val_score
from sklearn.pipeline import Pipeline

from sklearn_textnn import KerasTextClassifier, KerasTokenizerTransformer, PadTransformer
from sklearn_textnn.networks import ConvolutionalNetwork, PoolingNetwork

TESTS = Path(__file__).parents[1]

# What goes in, and the tests (file::name) that show what comes of it. MESSAGE: an error or a
# warning whose words are asserted. RESULT: it works, and the test says how.
MESSAGE, RESULT = "message", "result"
TABLE = [
    ("None, NaN, pd.NA, number, nested list among texts", MESSAGE, [
        "preprocessing/test_texts.py::test_a_missing_text_is_named_by_position_and_type",
        "preprocessing/test_texts.py::test_something_else_than_a_text_is_named_by_position_and_type",
        "preprocessing/test_tokenizer.py::test_what_is_no_text_is_refused_at_fit_and_transform",
    ]),
    ("bytes that cannot be decoded", MESSAGE, [
        "preprocessing/test_texts.py::test_bytes_that_cannot_be_decoded_are_named_by_position",
    ]),
]  # fmt: skip
