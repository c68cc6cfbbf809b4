"""forward of every network agrees with Keras: laws over networks, heads and ids."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from sklearn_textnn.networks import (
    ACTIVATIONS,
    NETWORKS,
    ConvolutionalNetwork,
    DenseNetwork,
    FlattenNetwork,
    ForwardPass,
    Network,
    NetworkSpec,
    PoolingNetwork,
    has_forward,
)
from sklearn_textnn.networks import _numpy_layers as numpy_layers

MAXLEN, N_TOKENS, N_BESIDE, DIM, N_FEATURES = 7, 11, 3, 5, 4
HEADS = {"binary": (1, "sigmoid"), "multiclass": (3, "softmax"), "multilabel": (2, "sigmoid")}
CASES = {
    **{f"{cls.__name__} {i}": n for cls in NETWORKS for i, n in enumerate(cls.examples())},
    "defaults, dense": DenseNetwork(),
    "list of units": DenseNetwork(units=[3]),
    "defaults, flatten": FlattenNetwork(),
    "defaults, pooling": PoolingNetwork(),
    "average": PoolingNetwork(3, pooling="average"),
    "defaults, convolutional": ConvolutionalNetwork(),
    "wide windows": ConvolutionalNetwork(3, num_filters=4, kernel_size=(1, 2, 4, 12), units=None),
    "two tables": ConvolutionalNetwork(num_filters=4, kernel_size=(2, 3), trainable="both"),
}
READS_IDS = {name: network for name, network in CASES.items() if network.reads == "ids"}


def spec_of(network, head="binary", **changes):
    outputs, activation = HEADS[head]
    if network.reads == "features":
        sizes = {"n_features": N_FEATURES}
    else:
        sizes = {"n_tokens": N_TOKENS, "maxlen": MAXLEN, "vector_dim": DIM}
    return NetworkSpec(n_outputs=outputs, output_activation=activation, **(sizes | changes))


def random_weights(network, spec, seed=0):
    """Draw every weight far from zero, including biases and the row of the padding."""
    rng = np.random.default_rng(seed)
    shapes = [shape for _, shape in network.weight_shapes(spec)]
    return tuple(rng.normal(size=shape).astype(spec.dtype) for shape in shapes)


def computed_by_keras(network, spec, weights, X):
    model = network.build(spec)
    model.set_weights(list(weights))
    return np.asarray(model(X))


def some_ids(seed, n_texts=40, highest=N_TOKENS):
    """Draw texts of all lengths, padded on either side, with zeros inside, some empty."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(0, highest, size=(n_texts, MAXLEN))
    ids *= rng.random(ids.shape) < 0.8
    starts, ends = rng.integers(0, MAXLEN + 1, size=(2, n_texts, 1)) // [[[3]], [[1]]]
    columns = np.arange(MAXLEN)
    return np.where((columns >= starts) & (columns < ends), ids, 0).astype(np.int32)


@pytest.fixture(params=[0, 2**22], ids=["windows", "kept products"])
def products(request, monkeypatch):
    """Run with and without the products of tokens and filters, which small tables use."""
    monkeypatch.setattr(numpy_layers, "_LARGEST_PRODUCTS", request.param)


@pytest.mark.usefixtures("products")
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("name", CASES)
def test_forward_agrees_with_keras(name, head):
    network = CASES[name]
    spec = spec_of(network, head)
    weights = random_weights(network, spec)
    X = some_ids(1)
    if network.reads == "features":
        X = np.random.default_rng(1).normal(size=(40, N_FEATURES)).astype(np.float32)
    expected = computed_by_keras(network, spec, weights, X)
    found = ForwardPass(network, spec, weights)(X)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


@pytest.mark.usefixtures("products")
@pytest.mark.parametrize("name", READS_IDS)
def test_words_beside_the_table_are_looked_up_as_in_keras(name):
    network = READS_IDS[name]
    spec = spec_of(network)
    weights = random_weights(network, spec)
    beside = np.random.default_rng(3).normal(size=(N_BESIDE, DIM)).astype(np.float32)
    wide = replace(spec, fixed_rows=beside)
    rest = iter(weights)
    names = [path for path, _ in network.weight_shapes(wide)]
    all_weights = [beside if name.endswith("/fixed") else next(rest) for name in names]
    ids = some_ids(2, highest=N_TOKENS + N_BESIDE)
    expected = computed_by_keras(network, wide, all_weights, ids)
    forward = ForwardPass(network, spec, weights)
    found = forward(ids, beside)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
    one_by_one = np.concatenate([forward(row[None], beside) for row in ids])
    assert np.array_equal(one_by_one, found)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", READS_IDS)
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_a_text_has_the_same_bits_alone_and_among_others(name, dtype, seed):
    network = READS_IDS[name]
    spec = spec_of(network, "multiclass", dtype=dtype)
    forward = ForwardPass(network, spec, random_weights(network, spec, seed))
    ids = some_ids(seed)
    together = forward(ids)
    assert together.dtype == dtype
    assert np.array_equal(np.concatenate([forward(row[None]) for row in ids]), together)
    order = np.random.default_rng(seed).permutation(len(ids))
    assert np.array_equal(forward(ids[order]), together[order])


def test_predictions_from_features_do_not_depend_on_other_rows():
    network = DenseNetwork(units=(30, 10))
    spec = spec_of(network, n_features=700)
    forward = ForwardPass(network, spec, random_weights(network, spec))
    X = np.random.default_rng(0).normal(size=(60, 700)).astype(np.float32)
    X[X < 1] = 0
    for form in (X, sparse.csr_array(X), sparse.csr_matrix(X)):
        together = forward(form)
        alone = np.concatenate([forward(form[i : i + 1]) for i in range(60)])
        assert np.array_equal(alone, together)
        np.testing.assert_allclose(together, forward(X), rtol=0, atol=1e-4)


@pytest.mark.parametrize("shape", [(1, 200_000), (50, 5_001), (200_000, 3)])
def test_large_kernels_are_multiplied_in_parts(shape):
    rng = np.random.default_rng(0)
    kernel, bias = rng.normal(size=shape), rng.normal(size=shape[1])
    spec = NetworkSpec(n_outputs=shape[1], output_activation="linear", n_features=shape[0])
    layers = numpy_layers.NumpyLayers(spec, {"output/kernel": kernel, "output/bias": bias})
    x = rng.normal(size=(3, shape[0]))
    found = layers.output(x)
    np.testing.assert_allclose(found, x @ kernel + bias, rtol=1e-9, atol=1e-9)
    assert np.array_equal(layers.output(x[1:2]), found[1:2])


@pytest.mark.parametrize("activation", sorted(set(ACTIVATIONS) - {"threshold"}))
def test_every_activation_is_that_of_keras(activation):
    keras = pytest.importorskip("keras")
    if not hasattr(keras.activations, activation):
        pytest.skip(f"Keras {keras.__version__} has no {activation}")
    network = DenseNetwork(units=6, activation=activation)
    spec = spec_of(network, "multilabel", dtype="float64")
    weights = random_weights(network, spec)
    X = np.random.default_rng(5).normal(scale=2, size=(200, N_FEATURES))
    expected = computed_by_keras(network, spec, weights, X)
    np.testing.assert_allclose(ForwardPass(network, spec, weights)(X), expected, atol=1e-7)


def test_large_numbers_do_not_overflow():
    """Warnings are errors here; probabilities end at 0 and 1."""
    network = DenseNetwork(units=3)
    for head in HEADS:
        spec = spec_of(network, head)
        weights = [1e4 * w for w in random_weights(network, spec)]
        found = ForwardPass(network, spec, weights)(np.eye(N_FEATURES, dtype=np.float32))
        assert np.isfinite(found).all()


def test_a_long_text_is_computed_in_blocks():
    """The windows of a text of 50,000 tokens are not all in memory at once."""
    import tracemalloc

    network = ConvolutionalNetwork(embedding_dim=50, num_filters=16, kernel_size=5)
    spec = spec_of(network, maxlen=50_000, vector_dim=None)
    forward = ForwardPass(network, spec, random_weights(network, spec))
    ids = np.random.default_rng(0).integers(1, N_TOKENS, size=(1, 50_000))
    tracemalloc.start()
    forward(ids)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50_000 * 4 * (5 * 50)  # less than the windows alone


def test_no_texts_give_no_rows():
    for network in READS_IDS.values():
        spec = spec_of(network, "multiclass")
        forward = ForwardPass(network, spec, random_weights(network, spec))
        assert forward(np.zeros((0, MAXLEN), np.int32)).shape == (0, 3)


class Linear(Network):
    reads = "features"

    def build(self, spec):
        raise AssertionError

    def forward(self, layers, x):
        return layers.output(x)


class LinearOfAnotherKind(Linear):
    def build(self, spec):
        raise AssertionError


class Silent(Network):
    def build(self, spec):
        raise AssertionError


def test_a_subclass_that_changes_build_inherits_no_forward():
    assert all(has_forward(network) for network in CASES.values())
    assert has_forward(Linear())
    assert not has_forward(LinearOfAnotherKind())  # which builds another model
    assert not has_forward(Silent())
    assert not has_forward(lambda: None)
    with pytest.raises(NotImplementedError, match=r"Silent has no forward\(layers, x\)"):
        Silent().forward(None, None)
