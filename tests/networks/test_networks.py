"""All networks: sizes, seeds, precision, parameters, config."""

import random
import re

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils._param_validation import InvalidParameterError

from sklearn_textnn.networks import (
    NETWORKS,
    ConvolutionalNetwork,
    DenseNetwork,
    FlattenNetwork,
    Network,
    NetworkSpec,
    PoolingNetwork,
    dense,
    feature_input,
    output,
)

EXAMPLES = [network for cls in NETWORKS for network in cls.examples()]


def each(networks):
    return pytest.mark.parametrize("network", networks, ids=lambda n: type(n).__name__)


every_network = each(EXAMPLES)
those_with_dropout = each([n for n in EXAMPLES if any("dropout" in k for k in n.get_params())])


def inputs_of(network, n_rows=3):
    rng = np.random.default_rng(1)
    if network.reads == "features":
        return rng.normal(size=(n_rows, 4)).astype("float32")
    return rng.integers(0, 7, size=(n_rows, 5)).astype("int32")


# Sizes


@pytest.mark.parametrize(
    ("network", "sizes", "expected"),
    [
        # 1747 * 50 + (100 * 50) * 10 + 10 + 10 + 1
        (FlattenNetwork(embedding_dim=50), {"n_tokens": 1747, "maxlen": 100}, 137_371),
        # 1747 * 50 + 50 * 10 + 10 + 10 + 1
        (PoolingNetwork(50, pooling="max", units=10), {"n_tokens": 1747, "maxlen": 100}, 87_871),
        # 1747 * 100 + 5 * 100 * 128 + 128 + 128 * 10 + 10 + 10 + 1
        (
            ConvolutionalNetwork(embedding_dim=100, num_filters=128, kernel_size=5, units=10),
            {"n_tokens": 1747, "maxlen": 100},
            240_129,
        ),
        # 2505 * 10 + 10 + 10 + 1
        (DenseNetwork(), {"n_features": 2505}, 25_071),
    ],
    ids=["flatten", "pooling", "convolutional", "dense"],
)
def test_parameter_counts_are_those_of_the_tutorial(network, sizes, expected):
    spec = NetworkSpec(n_outputs=1, output_activation="sigmoid", **sizes)
    assert network.build(spec).count_params() == expected


def test_pooling_network_has_521_parameters_without_its_table():
    spec = NetworkSpec(n_outputs=1, output_activation="sigmoid", n_tokens=1747, maxlen=100)
    model = PoolingNetwork(50, pooling="max", units=10).build(spec)
    model.get_layer("tokens").trainable = False
    assert sum(w.shape.num_elements() for w in model.trainable_weights) == 521


@every_network
def test_the_output_layer_follows_the_spec(network, make_spec):
    model = network.build(make_spec(n_outputs=3, output_activation="softmax"))
    assert model.output_shape == (None, 3)
    np.testing.assert_allclose(np.sum(model(inputs_of(network)), axis=1), 1, rtol=1e-6)


@each([network for network in EXAMPLES if network.reads == "ids"])
def test_the_token_table_follows_the_spec(network, make_spec):
    table = network.build(make_spec(n_tokens=11)).get_layer("tokens")
    assert table.input_dim == 11
    assert table.get_weights()[0].shape == (11, 3)


def test_several_hidden_layers_are_stacked(make_spec):
    shapes = [w.shape for w in DenseNetwork(units=(3, 2)).build(make_spec()).get_weights()]
    assert shapes == [(4, 3), (3,), (3, 2), (2,), (2, 1), (1,)]


def test_convolution_without_hidden_layer_joins_all_filters_to_the_output(make_spec):
    network = ConvolutionalNetwork(embedding_dim=3, num_filters=4, kernel_size=(1, 2), units=None)
    shapes = [w.shape for w in network.build(make_spec()).get_weights()]
    # table, filters of one and of two tokens, 4 + 4 pooled filters to one output
    assert shapes == [(7, 3), (1, 3, 4), (4,), (2, 3, 4), (4,), (8, 1), (1,)]


@those_with_dropout
def test_dropout_acts_only_while_training(network, make_spec, randomized):
    model, X = randomized(network.build(make_spec())), inputs_of(network, 20)
    np.testing.assert_array_equal(model(X), model(X))
    assert not np.array_equal(model(X, training=True), model(X))


# Seeds


@every_network
def test_weights_depend_on_the_seed_alone(network, make_spec, keeps_random_state):
    built = []
    for global_seed, seed in [(0, 3), (1, 3), (1, 4)]:
        keras.utils.set_random_seed(global_seed)
        built.append(network.build(make_spec(seed=seed)).get_weights())
    first, second, other_seed = built
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)
    kernels = [i for i, weight in enumerate(first) if weight.ndim > 1]
    assert all(not np.array_equal(first[i], other_seed[i]) for i in kernels)


@those_with_dropout
def test_dropout_depends_on_the_seed_alone(network, make_spec, keeps_random_state, randomized):
    X, drawn = inputs_of(network, 20), []
    for global_seed, seed in [(0, 3), (1, 3), (1, 4)]:
        keras.utils.set_random_seed(global_seed)
        model = randomized(network.build(make_spec(seed=seed)))
        drawn.append(np.asarray(model(X, training=True)))
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])


@pytest.mark.needs("keras>3.8")  # where set_random_seed leaves Keras' own generator as it was
@every_network
def test_building_does_not_change_global_random_states(network, make_spec, keeps_random_state):
    def next_draws(build):
        keras.utils.set_random_seed(8)
        if build:
            network.build(make_spec())
        return random.random(), np.random.random(), float(keras.random.uniform(()))  # noqa: NPY002

    assert next_draws(build=True) == next_draws(build=False)


def test_equal_layers_of_a_network_have_different_initial_weights(make_spec):
    network = ConvolutionalNetwork(embedding_dim=3, num_filters=4, kernel_size=(2, 2))
    weights = network.build(make_spec()).get_weights()
    assert not np.array_equal(weights[1], weights[3])


def test_the_seed_of_a_layer_depends_on_its_name_and_the_spec(make_spec):
    spec, names = make_spec(seed=3), ["tokens", "hidden", "output", ""]
    seeds = [spec.seed_for(name) for name in names]
    assert seeds == [make_spec(seed=3, maxlen=9).seed_for(name) for name in names]
    assert len({*seeds, *(make_spec(seed=4).seed_for(name) for name in names)}) == 8
    assert all(0 <= seed < 2**31 for seed in seeds)


# Precision


@every_network
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_precision_is_the_specs_under_a_global_policy(network, dtype, make_spec, mixed_precision):
    model = network.build(make_spec(dtype=dtype))
    assert {w.dtype for w in model.weights} == {dtype}
    computing = [x for x in model.layers if not isinstance(x, keras.layers.InputLayer)]
    assert {layer.compute_dtype for layer in computing} == {dtype}
    X = inputs_of(network)
    assert np.asarray(model(X)).dtype == dtype


# Parameters


@pytest.mark.parametrize(
    "network",
    [
        PoolingNetwork(pooling=("max", "foo")),
        PoolingNetwork(pooling=()),
        ConvolutionalNetwork(kernel_size=0),
        ConvolutionalNetwork(kernel_size=(3, 0)),
        ConvolutionalNetwork(kernel_size=()),
        ConvolutionalNetwork(kernel_size=2.5),
        DenseNetwork(units=()),
        DenseNetwork(units=(3, -1)),
    ],
    ids=repr,
)
def test_bad_tuples_are_refused_when_a_network_is_built(network, make_spec):
    (name,) = {"pooling", "kernel_size", "units"} & set(re.findall(r"(\w+)=", repr(network)))
    with pytest.raises(
        InvalidParameterError, match=f"'{name}' parameter of {type(network).__name__}"
    ):
        network.build(make_spec())


@pytest.mark.parametrize(
    ("network", "name"),
    [
        (PoolingNetwork(dropout=1.5), "dropout"),
        (PoolingNetwork(dropout=1), "dropout"),
        (PoolingNetwork(dropout=-0.1), "dropout"),
        (PoolingNetwork(embedding_dim=0), "embedding_dim"),
        (PoolingNetwork(pooling="sum"), "pooling"),
        (FlattenNetwork(units=0), "units"),
        (FlattenNetwork(activation=None), "activation"),
        (ConvolutionalNetwork(kernel_size=0), "kernel_size"),
        (ConvolutionalNetwork(num_filters=0), "num_filters"),
        (DenseNetwork(units=2.0), "units"),
        (DenseNetwork(dropout=float("nan")), "dropout"),
    ],
    ids=lambda value: repr(value),
)
def test_bad_parameters_are_errors(network, name):
    with pytest.raises(InvalidParameterError, match=f"'{name}' parameter of"):
        network._validate_params()


@every_network
def test_every_parameter_has_a_constraint(network):
    assert set(network._parameter_constraints) == set(network.get_params())


@every_network
def test_an_example_is_an_instance_that_can_be_trained(network):
    assert type(network) in NETWORKS
    network._validate_params()


@every_network
def test_clone_has_equal_parameters(network):
    copy = clone(network)
    assert copy is not network
    assert copy.get_params() == network.get_params()


def test_a_network_without_build_cannot_be_instantiated():
    class Unfinished(Network):
        pass

    with pytest.raises(TypeError, match="build"):
        Unfinished()


def test_a_custom_network_needs_only_a_build_method(make_spec):
    class TwoLayers(Network):
        reads = "features"

        def __init__(self, units=3):
            self.units = units

        def build(self, spec):
            x = feature_input(spec)
            return keras.Model(x, output(spec, dense(spec, x, self.units, "tanh")))

    # 4 * 2 + 2 + 2 + 1
    assert TwoLayers().set_params(units=2).build(make_spec()).count_params() == 13
    (example,) = TwoLayers.examples()
    assert example.get_params() == {"units": 3}


def test_a_global_data_format_has_no_effect(make_spec):
    network = ConvolutionalNetwork(embedding_dim=3, num_filters=2, kernel_size=2)
    expected, before = network.build(make_spec()), keras.config.image_data_format()
    keras.config.set_image_data_format("channels_first")
    try:
        model = network.build(make_spec())
    finally:
        keras.config.set_image_data_format(before)
    X = inputs_of(network)
    np.testing.assert_array_equal(model(X), expected(X))


# Description


@every_network
def test_a_saved_model_is_loaded_equal(network, make_spec, randomized, tmp_path):
    model, X = randomized(network.build(make_spec())), inputs_of(network)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(X), model(X))


@pytest.mark.parametrize(
    "order", ["sklearn_textnn.networks, keras", "keras, sklearn_textnn.networks"]
)
def test_keras_loads_a_saved_model_once_the_networks_are_imported(
    order, make_spec, tmp_path, run_python
):
    path = tmp_path / "model.keras"
    PoolingNetwork(embedding_dim=2).build(make_spec()).save(path)
    code = f"import {order}\nkeras.saving.load_model({str(path)!r})"
    run_python("-c", code)


@every_network
def test_a_model_can_be_rebuilt_from_json(network, make_spec, randomized):
    model, X = randomized(network.build(make_spec())), inputs_of(network)
    again = keras.models.model_from_json(model.to_json())
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(again(X), model(X))


@every_network
def test_summary_lists_every_layer(network, make_spec):
    model, lines = network.build(make_spec()), []
    model.summary(print_fn=lines.append, line_length=100)
    text = "\n".join(lines)
    assert all(layer.name in text for layer in model.layers)
