"""Networks with pretrained vectors: what is trained, counted and looked up."""

import keras
import numpy as np
import pytest
from sklearn.base import clone

from sklearn_textnn.networks import (
    NETWORKS,
    ConvolutionalNetwork,
    FlattenNetwork,
    NetworkSpec,
    PoolingNetwork,
)

TABLE = np.array([[0, 0], [1, 2], [3, 4], [5, 6]], dtype=np.float32)
EXAMPLES = {cls.__name__: cls.examples()[0] for cls in NETWORKS if cls.reads == "ids"}


@pytest.fixture
def make(make_spec):
    def build(network, *, table=TABLE, fixed_rows=None, **params):
        spec = make_spec(n_tokens=4, vector_dim=2, table=table, fixed_rows=fixed_rows)
        return clone(network).set_params(**params).build(spec)

    return build


def vectors_of(model):
    """Return a model of the first step only, from ids to vectors."""
    return keras.Model(model.input, model.get_layer("tokens").output)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_table_overrides_embedding_dim(make, name):
    model = make(EXAMPLES[name], embedding_dim=77)
    np.testing.assert_array_equal(model.get_layer("tokens").get_weights()[0], TABLE)


@pytest.mark.parametrize("name", [n for n, x in EXAMPLES.items() if hasattr(x, "trainable")])
@pytest.mark.parametrize(("trainable", "expected"), [(None, True), (True, True), (False, False)])
def test_trainable_determines_whether_the_table_is_trained(make, name, trainable, expected):
    model = make(EXAMPLES[name], trainable=trainable)
    table = model.get_layer("tokens").embeddings
    assert any(table is v for v in model.trainable_variables) == expected
    assert model.count_params() == make(EXAMPLES[name], trainable=True).count_params()


def test_the_tutorials_frozen_network_trains_521_of_87871_parameters():
    table = np.zeros((1747, 50), np.float32)
    spec = NetworkSpec(
        n_outputs=1,
        output_activation="sigmoid",
        n_tokens=1747,
        maxlen=100,
        vector_dim=50,
        table=table,
    )
    model = PoolingNetwork(pooling="max", units=10, trainable=False).build(spec)
    assert model.count_params() == 87871
    assert sum(np.prod(v.shape) for v in model.trainable_variables) == 521


def test_trainable_both_adds_a_frozen_copy_to_every_window(make):
    model = make(ConvolutionalNetwork(num_filters=3, kernel_size=2, trainable="both"))
    trained, kept = model.get_layer("tokens"), model.get_layer("tokens_kept")
    assert trained.embeddings.trainable
    assert not kept.embeddings.trainable
    np.testing.assert_array_equal(trained.embeddings, kept.embeddings)
    assert model.get_layer("windows_1").kernel.shape == (2, 4, 3)  # window, both copies, filters


@pytest.mark.parametrize("network", [PoolingNetwork, FlattenNetwork])
def test_trainable_both_is_for_convolutions_only(network):
    with pytest.raises(ValueError, match=f"'trainable' parameter of {network.__name__}"):
        network(trainable="both")._validate_params()


@pytest.mark.parametrize("trainable", [False, "both"])
def test_trainable_false_without_vectors_is_an_error(make_spec, trainable):
    network = ConvolutionalNetwork(trainable=trainable)
    with pytest.raises(ValueError, match=r"needs pretrained vectors.*Put GloVeEmbedder"):
        network.build(make_spec())


@pytest.mark.parametrize("trainable", [True, "both"])
def test_training_the_vectors_of_a_plain_tensor_is_an_error(make_spec, trainable):
    spec = make_spec(n_tokens=1, vector_dim=2, table=TABLE[:1])
    with pytest.raises(ValueError, match="plain tensor, which has no words"):
        ConvolutionalNetwork(trainable=trainable).build(spec)


def test_the_vectors_of_a_plain_tensor_are_not_trained(make_spec):
    spec = make_spec(n_tokens=1, vector_dim=2, table=TABLE[:1])
    model = PoolingNetwork().build(spec)
    assert not model.get_layer("tokens").embeddings.trainable


def test_ids_beyond_the_table_are_rows_beside_it(make):
    model = vectors_of(make(PoolingNetwork(), fixed_rows=np.float32([[7, 8], [9, 10]])))
    vectors = model(np.array([[1, 4, 5, 0, 3]]))
    np.testing.assert_array_equal(vectors[0], [[1, 2], [7, 8], [9, 10], [0, 0], [5, 6]])


@pytest.mark.parametrize("name", EXAMPLES)
def test_rows_beside_the_table_are_never_trained(make, name):
    model = make(EXAMPLES[name], fixed_rows=np.float32([[7, 8]]))
    model.compile(keras.optimizers.AdamW(0.1, weight_decay=0.1), "binary_crossentropy")
    X = np.array([[1, 4, 2, 0, 0], [4, 3, 4, 0, 0]])
    model.fit(X, np.array([[0], [1]]), epochs=2, verbose=0)
    tokens = model.get_layer("tokens")
    np.testing.assert_array_equal(tokens.fixed, [[7, 8]])
    assert not np.array_equal(tokens.embeddings, TABLE)


@pytest.mark.parametrize("name", EXAMPLES)
def test_rows_beside_the_table_count_as_tokens(make, name):
    """A text has the same output with its words in the table and beside it."""
    model = make(EXAMPLES[name], fixed_rows=TABLE[1:])
    known, beside = np.array([[1, 2, 3, 0, 0]]), np.array([[4, 5, 6, 0, 0]])
    np.testing.assert_array_equal(model(known), model(beside))
