"""Exports of `model_` compute the same in other runtimes."""

import numpy as np
import pytest
import tensorflow as tf
from sklearn.pipeline import make_pipeline

from sklearn_textnn import (
    ConvolutionalNetwork,
    FlattenNetwork,
    KerasTextClassifier,
    KerasTokenizerTransformer,
    PadTransformer,
    PoolingNetwork,
    load_reviews,
)

NETWORKS = [
    (ConvolutionalNetwork(num_filters=4, units=3), 1),
    (PoolingNetwork(8), 2),
    (FlattenNetwork(8), 1),
]


@pytest.fixture(
    scope="module", params=NETWORKS, ids=lambda pair: f"{type(pair[0]).__name__}-{pair[1]}"
)
def fitted(request):
    """Return the trained Keras model, some ids, and the probabilities of the second class."""
    network, n_members = request.param
    texts, y = load_reviews(source="films", return_X_y=True)
    classifier = KerasTextClassifier(network, epochs=1, n_members=n_members, random_state=0)
    pipeline = make_pipeline(KerasTokenizerTransformer(), PadTransformer(), classifier)
    pipeline.fit(texts[:60], y[:60])
    ids = np.asarray(pipeline[:-1].transform([*texts[60:64], ""]))
    return pipeline[-1].model_, ids, pipeline[-1].predict_proba(ids)[:, 1:]


@pytest.mark.slow
def test_saved_model(fitted, tmp_path):
    model, ids, expected = fitted
    model.export(tmp_path / "model", format="tf_saved_model", verbose=False)
    loaded = tf.saved_model.load(str(tmp_path / "model"))
    found = loaded.serve(tf.constant(ids))
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_onnx(fitted, tmp_path):
    pytest.importorskip("tf2onnx")
    runtime = pytest.importorskip("onnxruntime")
    model, ids, expected = fitted
    model.export(str(tmp_path / "model.onnx"), format="onnx", verbose=False)
    session = runtime.InferenceSession(tmp_path / "model.onnx")
    (entry,) = session.get_inputs()
    (found,) = session.run(None, {entry.name: ids})
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.slow
def test_litert(fitted, tmp_path):
    """The plain interpreter runs the file, so it contains no operation of TensorFlow's own."""
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    model, ids, expected = fitted
    path = str(tmp_path / "model.tflite")
    model.export(path, format="litert", verbose=False)
    interpreter = litert.Interpreter(path)
    (entry,), (result,) = interpreter.get_input_details(), interpreter.get_output_details()

    def run(ids):
        interpreter.resize_tensor_input(entry["index"], ids.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(entry["index"], ids)
        interpreter.invoke()
        return interpreter.get_tensor(result["index"])

    np.testing.assert_allclose(run(ids), expected, atol=1e-5)
    np.testing.assert_allclose(run(ids[1:2]), expected[1:2], atol=1e-5)
    if model.input_shape[1] is None:  # of any length
        np.testing.assert_allclose(run(np.pad(ids, [(0, 0), (0, 3)])), expected, atol=1e-5)
