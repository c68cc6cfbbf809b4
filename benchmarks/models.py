"""The same text classifier with sklearn_textnn and with SciKeras.

Both are the convolutional network of a well-known Keras tutorial, trained with Adam on batches of
10, and both get token ids from the same two transformers.
"""

import keras
from keras import layers
from scikeras.wrappers import KerasClassifier
from sklearn.pipeline import Pipeline

from sklearn_textnn import (
    ConvolutionalNetwork,
    KerasTextClassifier,
    KerasTokenizerTransformer,
    PadTransformer,
)

from .sizes import BATCH_SIZE, MAXLEN, MIDDLE, NUM_WORDS, TUTORIAL

__all__ = ["BATCH_SIZE", "MAXLEN", "MIDDLE", "NUM_WORDS", "TUTORIAL"]


def our_classifier(*, epochs, network=None, **params):
    network = ConvolutionalNetwork(units=10, **(MIDDLE if network is None else network))
    params = {"random_state": 0} | params
    return KerasTextClassifier(network, epochs=epochs, batch_size=BATCH_SIZE, **params)


def our_pipeline(*, epochs):
    return _on_ids(our_classifier(epochs=epochs))


def scikeras_pipeline(*, epochs, n_tokens):
    clf = KerasClassifier(
        model=create_model,
        model__n_tokens=n_tokens,
        **{f"model__{name}": value for name, value in MIDDLE.items()},
        epochs=epochs,
        batch_size=BATCH_SIZE,
        verbose=0,
    )
    return _on_ids(clf)


def create_model(n_tokens, embedding_dim, num_filters, kernel_size):
    model = keras.Sequential(
        [
            keras.Input((MAXLEN,)),
            layers.Embedding(n_tokens, embedding_dim),
            layers.Conv1D(num_filters, kernel_size, activation="relu"),
            layers.GlobalMaxPooling1D(),
            layers.Dense(10, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model


def _on_ids(clf):
    tokens, pad = KerasTokenizerTransformer(num_words=NUM_WORDS), PadTransformer(maxlen=MAXLEN)
    return Pipeline([("tokens", tokens), ("pad", pad), ("clf", clf)])


def ids_of(texts):
    """Return padded token ids, with their words."""
    return _on_ids(None)[:-1].fit_transform(texts)


def warm_up():
    """Start TensorFlow, so that its start-up time burdens neither side."""
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    model.fit(keras.ops.ones((4, 3)), keras.ops.ones((4, 1)), verbose=0)
    model.predict(keras.ops.ones((4, 3)), verbose=0)
