"""Serve a saved pipeline over HTTP, without TensorFlow.

python examples/serve.py reviews.textnn --port 8000
curl localhost:8000/predict --data '{"text": "a fine film"}'

`POST /predict` takes {"text": "..."} or {"texts": ["...", "..."]} and returns labels and
probabilities. `GET /health` reports that the service runs. On SIGTERM it answers open requests and
exits.
"""

import argparse
import asyncio
import json
import signal
import sys

import uvicorn
from fastapi import FastAPI, HTTPException, Request

from sklearn_textnn import persistence

MOST_TEXTS = 1000  # in a request
MOST_CHARACTERS = 100_000  # of a text
MOST_BYTES = 10_000_000  # of a request
FEW_CHARACTERS = 20_000  # take a few milliseconds, too little for a thread
SECONDS_TO_FINISH = 4  # after SIGTERM


def make_parser():
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pipeline", help="a file that persistence.save wrote")
    parser.add_argument("--vectors", help="a file of word vectors that the pipeline refers to")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000, help="0 for any that is free")
    return parser


def make_app(pipeline):
    """Return the service as an ASGI application.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted, from texts to labels, with ``predict_proba``.

    Returns
    -------
    FastAPI
    """
    app, queue = FastAPI(title="Text classification"), Queue(pipeline)
    classes = pipeline.classes_.tolist()

    @app.get("/health")
    async def health():
        return {"status": "ok", "classes": classes}

    @app.post("/predict")
    async def predict(request: Request):
        texts, is_one = read_texts(await read_body(request))
        labels, probabilities = await queue.predict(texts)
        if is_one:
            return {"label": labels[0], "probabilities": probabilities[0], "classes": classes}
        return {"labels": labels, "probabilities": probabilities, "classes": classes}

    return app


class Queue:
    """Texts that wait for prediction; all waiting texts are predicted in one call.

    A text has the same result alone and among others, so responses do not depend on other requests.
    """

    def __init__(self, pipeline):
        self.pipeline = pipeline
        self.is_multilabel = pipeline.predict(["a first text"]).ndim == 2
        self.waiting = []
        self.worker = None

    async def predict(self, texts):
        """Return the labels and the probabilities of some texts."""
        answer = asyncio.get_running_loop().create_future()
        self.waiting.append((texts, answer))
        if self.worker is None or self.worker.done():
            self.worker = asyncio.create_task(self.work())
        return await answer

    async def work(self):
        """Predict until no text is waiting."""
        while self.waiting:
            batch, self.waiting = self.waiting, []
            texts = [text for some, _ in batch for text in some]
            try:
                if sum(map(len, texts)) <= FEW_CHARACTERS:
                    results = self.results(texts)
                else:
                    results = await asyncio.to_thread(self.results, texts)
            except Exception as error:
                for _, answer in batch:
                    answer.cancelled() or answer.set_exception(error)
                continue
            start = 0
            for some, answer in batch:
                rows = slice(start, start := start + len(some))
                answer.cancelled() or answer.set_result([part[rows] for part in results])
            await asyncio.sleep(0)  # lets other requests proceed

    def results(self, texts):
        """Return labels and probabilities as lists."""
        probabilities = self.pipeline.predict_proba(texts)
        if self.is_multilabel:
            labels = (probabilities >= 0.5).astype(int)
        else:
            labels = self.pipeline.classes_[probabilities.argmax(axis=1)]
        return labels.tolist(), probabilities.tolist()


async def read_body(request):
    """Return the body of a request; raise an error as soon as it is too large."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise HTTPException(413, f"The request has more than {MOST_BYTES} bytes.")
    return body


def read_texts(body):
    """Return the texts of a request, and whether it is a single text; raise an error otherwise."""
    try:
        content = json.loads(body)
    except ValueError as error:  # UnicodeDecodeError is one
        raise HTTPException(400, f"The request is not JSON: {error}.") from None
    except RecursionError:
        raise HTTPException(
            400, "The request is not valid JSON: it is nested too deeply."
        ) from None
    if not isinstance(content, dict) or {*content} not in ({"text"}, {"texts"}):
        raise HTTPException(422, 'Expected {"text": "..."} or {"texts": ["...", "..."]}.')
    is_one = "text" in content
    texts = [content["text"]] if is_one else content["texts"]
    if not isinstance(texts, list) or not texts:
        raise HTTPException(422, '"texts" has to be a list of at least one text.')
    if len(texts) > MOST_TEXTS:
        raise HTTPException(413, f"{len(texts)} texts, expected at most {MOST_TEXTS}.")
    for i, text in enumerate(texts):
        if not isinstance(text, str):
            raise HTTPException(422, f"Text {i} is no string but a {type(text).__name__}.")
        if len(text) > MOST_CHARACTERS:
            found = f"Text {i} has {len(text)} characters"
            raise HTTPException(413, f"{found}, expected at most {MOST_CHARACTERS}.")
    return texts, is_one


def main(argv=None):
    """Load the pipeline, serve it, and end with 0 after SIGTERM or Ctrl-C."""
    args = make_parser().parse_args(argv)
    pipeline = persistence.load(args.pipeline, vectors=args.vectors, frozen=True)
    # uvicorn finishes open requests, then raises the signal again
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    uvicorn.run(
        make_app(pipeline),
        host=args.host,
        port=args.port,
        access_log=False,
        timeout_graceful_shutdown=SECONDS_TO_FINISH,
    )


if __name__ == "__main__":
    main()
