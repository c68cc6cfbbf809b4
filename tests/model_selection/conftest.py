"""Short reviews, and scores of a comparison."""

import numpy as np
import pandas as pd
import pytest

GOOD = ["good soup", "great phone", "fine film", "good sound", "great plot", "nice staff"]
BAD = ["bad soup", "poor phone", "dull film", "bad sound", "awful plot", "rude staff"]


@pytest.fixture
def texts():
    """Return 24 texts, each with a unique word."""
    return [f"{text} number{n}" for n, text in enumerate(2 * (GOOD + BAD))]


@pytest.fixture
def y():
    return np.array(2 * (["positive"] * 6 + ["negative"] * 6))


@pytest.fixture
def scores():
    """Return the scores of three classifiers on three folds."""
    chosen = [{"clf__C": 10.0, "counts__ngram_range": (1, 2)}, {"clf__C": 1.0}]
    return pd.DataFrame(
        {
            "classifier": np.repeat(["LR", "CNN", "NB"], 3),
            "fold": 3 * [1, 2, 3],
            "n_train": 9 * [400],
            "n_test": 9 * [200],
            "test_accuracy": [0.80, 0.82, 0.78, 0.84, 0.85, 0.83, 0.70, 0.75, 0.71],
            "inner_score": [0.79, 0.80, 0.81, 0.82, 0.83, 0.81, np.nan, np.nan, np.nan],
            "fit_time": [1.0, 2.0, 3.0, 30.0, 20.0, 10.0, 0.1, 0.1, 0.1],
            "score_time": 9 * [0.01],
            "params": [chosen[1], chosen[0], chosen[0], *3 * [{"clf__epochs": 20}], *3 * [{}]],
        }
    )
