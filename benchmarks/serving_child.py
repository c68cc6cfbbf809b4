"""A process that only predicts; started by ``serving.py``, which it does not import.

Imports count, so each side imports only what it needs.
"""

import json
import statistics
import sys
import time


def load(side, path):
    """Return a fitted pipeline from texts to probabilities."""
    if side in ("tf-idf", "skorch"):
        import joblib

        return joblib.load(path)
    from sklearn_textnn import persistence

    if side == "frozen":
        return persistence.load(path, frozen=True)
    from sklearn_textnn.utils import quiet_tensorflow

    with quiet_tensorflow():
        return OnTensorFlow(persistence.load(path))


class OnTensorFlow:
    """A pipeline whose network is a compiled TensorFlow function."""

    def __init__(self, pipeline):
        import tensorflow as tf

        self.steps, self.model = pipeline[:-1], pipeline[-1].model_
        self.classes_ = pipeline.classes_
        shape = tf.TensorSpec((None, self.model.input_shape[1]), tf.int32)
        self.function = tf.function(lambda ids: self.model(ids), input_signature=[shape])

    def predict_proba(self, texts):
        """Return the probabilities of both classes."""
        import numpy as np

        ids, parts = np.asarray(self.steps.transform(texts)), []
        for start in range(0, len(ids), 1000):
            parts.append(self.function(ids[start : start + 1000]).numpy())
        positive = np.concatenate(parts)
        return np.column_stack([1 - positive, positive])

    def predict(self, texts):
        """Return labels."""
        return self.classes_[self.predict_proba(texts).argmax(axis=1)]


def measure(side, path, quick, started):
    """Print times and memory as JSON."""
    pipeline = load(side, path)
    pipeline.predict_proba(["a first text"])
    start, memory = time.time() - started, resident()
    from .corpus import load as load_corpus

    n_calls, n_texts = (20, 100) if quick else (1000, 10_000)
    texts = (load_corpus().texts * (n_texts // 100))[:n_texts]
    times = []
    for i in range(n_calls + 50):
        before = time.perf_counter()
        pipeline.predict_proba([texts[i % len(texts)]])
        times.append(1000 * (time.perf_counter() - before))
    times = sorted(times[50:])
    before = time.perf_counter()
    pipeline.predict_proba(texts)
    many = time.perf_counter() - before
    figures = {"one": statistics.median(times), "p95": times[int(0.95 * len(times))], "many": many}
    print(json.dumps({"start": start, "memory": memory} | figures))


def resident():
    """Return the resident memory in MB."""
    import os
    from pathlib import Path

    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def serve(side, path):
    """Serve as ``examples/serve.py`` does, or with an empty handler; print the port first."""
    import socket
    from pathlib import Path

    import uvicorn

    sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
    if side == "empty":
        app = make_simple_app(lambda texts: [[0.5, 0.5]])
    else:
        pipeline = load(side.removesuffix(", one by one"), path)
        pipeline.predict_proba(["a first text"])
        if side.endswith(", one by one"):
            app = make_simple_app(lambda texts: pipeline.predict_proba(texts).tolist())
        else:
            from serve import make_app

            app = make_app(pipeline)
    # of this protocol, or asyncio does not turn off Nagle's algorithm, and answers wait for 40 ms
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    print(listener.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run([listener])


def make_simple_app(predict_proba):
    """Return a service with one handler, which predicts each request separately."""
    from fastapi import FastAPI, Request

    app = FastAPI()

    @app.post("/predict")
    async def predict(request: Request):
        text = json.loads(await request.body())["text"]
        probabilities = predict_proba([text])[0]
        return {"label": 0, "probabilities": probabilities, "classes": [0, 1]}

    return app


if __name__ == "__main__":
    what, side, path, quick, started = sys.argv[1:]
    if what == "serve":
        serve(side, path)
    else:
        measure(side, path, quick == "quick", float(started))
