"""The shapes told from parameters are those of the weights that Keras makes."""

import pytest

from sklearn_textnn import networks
from sklearn_textnn.networks import (
    ConvolutionalNetwork,
    DenseNetwork,
    FlattenNetwork,
    NetworkSpec,
    PoolingNetwork,
)
from sklearn_textnn.persistence._shapes import weight_shapes

IDS = {"n_tokens": 11, "maxlen": 7}
VECTORS = IDS | {"vector_dim": 5}
TENSORS = VECTORS | {"n_tokens": 1}
FEATURES = {"n_features": 13}

CASES = [
    (DenseNetwork(), FEATURES),
    (DenseNetwork(units=(4, 3)), FEATURES),
    (DenseNetwork(units=[2]), FEATURES),
    (FlattenNetwork(3, units=2), IDS),
    (FlattenNetwork(3, units=2, trainable=False), VECTORS),
    (PoolingNetwork(3), IDS),
    (PoolingNetwork(3, pooling=("max", "average"), dropout=0.1), IDS),
    (PoolingNetwork(3), TENSORS),
    (PoolingNetwork(3, trainable=True), VECTORS),
    (ConvolutionalNetwork(3, num_filters=4), IDS),
    (ConvolutionalNetwork(3, num_filters=4, kernel_size=(1, 2, 9), units=None), IDS),
    (ConvolutionalNetwork(3, num_filters=4, kernel_size=[2], trainable="both"), VECTORS),
]


def test_every_network_of_the_library_has_a_rule():
    named = [vars(networks)[name] for name in networks.__all__ if name.endswith("Network")]
    assert {type(network) for network, _ in CASES} == {*named} - {networks.Network}


@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize(("network", "sizes"), CASES, ids=str)
def test_the_shapes_are_those_of_the_model(network, sizes, n_outputs):
    spec = NetworkSpec(n_outputs=n_outputs, output_activation="sigmoid", **sizes)
    model = network.build(spec)
    assert sorted(weight_shapes(network, spec)) == sorted(tuple(w.shape) for w in model.weights)
