"""weight_shapes agrees with the weights of Keras, and needs no Keras."""

import json
import subprocess
import sys

import numpy as np
import pytest

from sklearn_textnn.networks import (
    NETWORKS,
    ConvolutionalNetwork,
    DenseNetwork,
    FlattenNetwork,
    Network,
    NetworkSpec,
    PoolingNetwork,
)

IDS = {"n_tokens": 11, "maxlen": 7}
VECTORS = IDS | {"vector_dim": 5}
BESIDE = VECTORS | {"fixed_rows": np.ones((2, 5), np.float32)}
TENSORS = VECTORS | {"n_tokens": 1}
FEATURES = {"n_features": 13}

CASES = [
    *((n, IDS if n.reads == "ids" else FEATURES) for cls in NETWORKS for n in cls.examples()),
    *((n, BESIDE) for cls in NETWORKS if cls.reads == "ids" for n in cls.examples()),
    (DenseNetwork(), FEATURES),
    (DenseNetwork(units=[2]), FEATURES),
    (FlattenNetwork(3, units=2, trainable=False), VECTORS),
    (PoolingNetwork(3), IDS),
    (PoolingNetwork(3), TENSORS),
    (PoolingNetwork(3, trainable=True), VECTORS),
    (PoolingNetwork(3, trainable=False), BESIDE),
    (ConvolutionalNetwork(3, num_filters=4), IDS),
    (ConvolutionalNetwork(3, num_filters=4, kernel_size=(1, 2, 9), units=None), IDS),
    (ConvolutionalNetwork(3, num_filters=4, kernel_size=[2], trainable="both"), VECTORS),
    (ConvolutionalNetwork(3, num_filters=4, trainable="both"), BESIDE),
]


@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize(("network", "sizes"), CASES, ids=lambda value: getattr(value, "reads", ""))
def test_names_and_shapes_are_those_of_the_model_in_its_order(network, sizes, n_outputs):
    spec = NetworkSpec(n_outputs=n_outputs, output_activation="sigmoid", **sizes)
    weights = [(w.path, tuple(w.shape)) for w in network.build(spec).weights]
    assert network.weight_shapes(spec) == weights


def test_a_network_without_weight_shapes_is_an_error_with_a_hint(make_spec):
    class Silent(Network):
        def build(self, spec):
            raise AssertionError

    with pytest.raises(NotImplementedError, match=r"Silent has no weight_shapes\(spec\)"):
        Silent().weight_shapes(make_spec())


def test_networks_and_weight_shapes_need_no_keras():
    code = """
import json, sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("keras", "scikeras", "tensorflow"):
            raise AssertionError(f"imported {name}")

sys.meta_path.insert(0, Refuse())
from sklearn_textnn.networks import NETWORKS, NetworkSpec, dense, embed

spec = NetworkSpec(1, "sigmoid", n_tokens=11, maxlen=7, n_features=13)
examples = [network for cls in NETWORKS for network in cls.examples()]
print(json.dumps([len(network.weight_shapes(spec)) for network in examples]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert min(json.loads(done.stdout)) > 0
