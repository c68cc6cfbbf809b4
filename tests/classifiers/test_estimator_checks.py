"""scikit-learn's own suite, with no expected failure.

The checks feed columns in which every position means something, so the networks are ones that see
positions; a few compare at 1e-7, hence float64 and the whole batch. Order of words and padding, of
which the checks know nothing, have their tests beside this file.
"""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_textnn import KerasTextClassifier
from sklearn_textnn.networks import ConvolutionalNetwork, DenseNetwork

EXACT = {"dtype": "float64", "batch_size": "auto", "random_state": 0}
INSTANCES = [
    KerasTextClassifier(network, epochs=60, optimizer__learning_rate=0.05, **EXACT)
    for network in (
        DenseNetwork(),
        ConvolutionalNetwork(embedding_dim=8, num_filters=16, kernel_size=2),
    )
]


@pytest.mark.filterwarnings("ignore:X holds .* no token id:UserWarning")
@parametrize_with_checks(INSTANCES, xfail_strict=True)
def test_scikit_learns_checks_pass(estimator, check, monkeypatch):
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")  # else one check is skipped
    check(estimator)
