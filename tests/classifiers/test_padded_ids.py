"""Ids without padding train and predict bit for bit like the padded matrix."""

import keras
import numpy as np
import pytest

from sklearn_textnn.embeddings import EmbeddedTokens
from sklearn_textnn.networks import ConvolutionalNetwork, FlattenNetwork, PoolingNetwork
from sklearn_textnn.preprocessing import FlatIds, PadTransformer, TokenIds, offsets_of

NETWORKS = {
    "pooling": PoolingNetwork(embedding_dim=3, units=2),
    "convolution": ConvolutionalNetwork(embedding_dim=3, num_filters=2, units=2),
    "flatten": FlattenNetwork(embedding_dim=3),
}


def fixed(meta):
    x = keras.Input((meta["maxlen"],))
    table = keras.layers.Embedding(meta["n_tokens"], 3, mask_zero=True)
    return keras.Model(x, keras.layers.Dense(1, "sigmoid")(keras.layers.LSTM(2)(table(x))))


def any_length(meta):
    x = keras.Input((None,))
    h = keras.layers.Embedding(meta["n_tokens"], 3)(x)
    return keras.Model(
        x, keras.layers.Dense(1, "sigmoid")(keras.layers.GlobalAveragePooling1D()(h))
    )


NETWORKS |= {"function": fixed, "function of any length": any_length}


def of_width(tokens, width, padding):
    """Return ids without padding, of another width than their longest text."""
    ragged = TokenIds(tokens.flat.ids, tokens.vocabulary, offsets=tokens.flat.offsets)
    return PadTransformer(width, padding=padding).fit_transform(ragged)


@pytest.mark.parametrize("padding", ["post", "pre"])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_padded_matrix_and_flat_ids_give_equal_bits(name, padding, tiny, tokens, labels):
    factored = of_width(tokens, 8, padding)
    clf = tiny(model=NETWORKS[name])
    fits = [clf.fit(factored, labels).predict_proba(factored)]
    laid_out = TokenIds(np.asarray(factored), factored.vocabulary)
    fits += [clf.predict_proba(laid_out), clf.fit(laid_out, labels).predict_proba(factored)]
    plain = tiny(model=NETWORKS[name], n_tokens=len(tokens.vocabulary))
    fits.append(plain.fit(np.asarray(factored), labels).predict_proba(np.asarray(factored)))
    for probabilities in fits[1:]:
        assert probabilities.tobytes() == fits[0].tobytes()


@pytest.mark.parametrize("width", [6, 9])
def test_a_shared_program_uses_the_width_of_each_fit(width, tiny, tokens, labels):
    """The mean over the padding too: it depends on the width of this fit, not of the first."""
    clf = tiny(model=any_length, dtype="float64").fit(of_width(tokens, width, "post"), labels)
    expected = clf.model_.predict(np.asarray(of_width(tokens, width, "post")), verbose=0)
    got = clf.predict_proba(of_width(tokens, width, "post"))[:, 1:]
    np.testing.assert_allclose(got, expected, atol=1e-6)


@pytest.mark.parametrize("plain_keras", [False, True])
def test_padding_is_computed_batch_by_batch(plain_keras, tiny, vocabulary, monkeypatch):
    lengths = np.full(400, 5)
    lengths[7] = 3000
    flat = np.resize(np.arange(1, 6, dtype=np.int32), lengths.sum())
    ragged = TokenIds(flat, vocabulary, offsets=offsets_of(lengths))
    sizes = []
    lay_out = FlatIds._lay_out
    monkeypatch.setattr(
        FlatIds,
        "_lay_out",
        lambda self, width: sizes.append(len(self) * width) or lay_out(self, width),
    )
    X, y = PadTransformer().fit_transform(ragged), np.arange(400) % 2
    embedded = EmbeddedTokens(X, np.eye(len(vocabulary), 3, k=-1))
    callbacks = [keras.callbacks.LambdaCallback(on_train_batch_end=lambda *_, **__: None)]
    how = {"epochs": 1, "early_stopping": True, "batch_size": 16}
    how |= {"callbacks": callbacks} if plain_keras else {}
    for data in (X, embedded):
        clf = tiny(**how).fit(data, y, X_val=data[:50], y_val=y[:50])
        assert clf.engine_.startswith("keras" if plain_keras else "TensorFlow")
        clf.predict(data)
    if plain_keras:
        assert 0 < max(sizes) <= 50 * 3000
    else:
        assert not sizes
