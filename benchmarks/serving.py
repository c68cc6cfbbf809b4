"""Start-up time, memory, latency and throughput of processes that only predict.

Each side is a new process (``serving_child.py``) that loads a saved pipeline from texts to labels:
a frozen one of this package, the same network on TensorFlow, tf-idf with logistic regression and,
if skorch is installed, the same network in skorch. They are started in turn, three times, and
medians are compared.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import joblib
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklearn_textnn import persistence

from . import models, table, torch_child

SERVICES = {  # the file that each loads
    "frozen": "frozen",
    "tensorflow": "tensorflow",
    "tensorflow, one by one": "tensorflow",
    "empty": "",
}
N_CLIENTS = 16


def measure(corpus, quick):
    """Start each side in turn; then serve each in turn."""
    repeats, seconds = (1, 0.5) if quick else (3, 4)
    with tempfile.TemporaryDirectory() as folder:
        paths = _save(Path(folder), corpus, epochs=1 if quick else 5)
        found = {side: [] for side in paths}
        for _ in range(repeats):
            for side in paths:
                found[side].append(_child("measure", side, paths[side], quick))
        served = {side: [] for side in SERVICES}
        for _ in range(repeats):
            for side in SERVICES:
                served[side].append(_requests_per_second(side, paths, corpus.texts[0], seconds))
    median = {
        side: {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        for side, runs in found.items()
    }
    rates = {side: statistics.median(runs) for side, runs in served.items()}
    return {
        "what": f"fresh processes in turn, median of {repeats}; {N_CLIENTS} clients over HTTP for "
        f"{seconds} s each",
        "of processes": median,
        "requests per second": rates,
        "lines": [*lines_of_processes(median), *lines_of_requests(rates)],
    }


def lines_of_processes(median):
    ours, network, linear = (median[side] for side in ("frozen", "tensorflow", "tf-idf"))
    yield table.faster("start to first answer, against TensorFlow", ours["start"], network["start"])
    for key, name, unit in (("start", "start to first answer", "s"), ("memory", "memory", "MB")):
        ratio = ours[key] / linear[key]
        yield table.bounded(
            f"{name}, against tf-idf + LR",
            ratio,
            1.2,
            unit=unit,
            shown=" x",
            ours=ours[key],
            theirs=linear[key],
        )
    yield table.bounded(
        "one text, median, against tf-idf + LR",
        ours["one"],
        0.25,
        unit="ms",
        shown=" ms",
        ours=ours["one"],
        theirs=linear["one"],
    )
    yield table.faster("one text, 95th percentile", ours["p95"], linear["p95"], 1, unit="ms")
    yield table.faster("one text, TensorFlow", ours["one"], network["one"], 1, unit="ms")
    yield table.faster("10,000 texts, TensorFlow", ours["many"], network["many"], 1)
    if "skorch" not in median:
        yield table.skipped("one text, skorch", torch_child.INSTALL)
        return
    skorch = median["skorch"]
    yield table.faster("start to first answer, skorch", ours["start"], skorch["start"])
    yield table.faster("one text, skorch", ours["one"], skorch["one"], 1, unit="ms")
    yield table.faster("10,000 texts, skorch", ours["many"], skorch["many"])


def lines_of_requests(rates):
    """Compare with TensorFlow in this service and in a minimal one, and with HTTP only."""
    ours, same, simple, empty = (rates[side] for side in SERVICES)
    for name, other, ratio in (
        ("requests per second, this service on TensorFlow", same, None),
        ("requests per second, TensorFlow, one by one", simple, 2.5),
        ("requests per second, an empty handler", empty, 0.7),
    ):
        line = table.faster(name, 1 / ours, 1 / other, ratio)
        yield line | {"ours": ours, "theirs": other, "unit": "/s"}


def _save(folder, corpus, epochs):
    """Save the file of each side; frozen and TensorFlow load the same."""
    ours = models.our_pipeline(epochs=epochs).fit(corpus.texts, corpus.y)
    persistence.save(ours, folder / "network")
    linear = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(corpus.texts, corpus.y)
    joblib.dump(linear, folder / "linear")
    network = str(folder / "network")
    paths = {"frozen": network, "tensorflow": network, "tf-idf": str(folder / "linear")}
    if torch_child.IS_AVAILABLE:
        paths["skorch"] = str(folder / "skorch")
        data = {"texts": list(corpus.texts), "y": corpus.y.tolist(), "path": paths["skorch"]}
        torch_child.start("save", folder, **data, epochs=epochs)
    return paths


def _command(*arguments):
    return [sys.executable, "-m", f"{__package__}.serving_child", *map(str, arguments)]


def _child(what, side, path, quick):
    command = _command(what, side, path, "quick" if quick else "full", time.time())
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(run.stdout.splitlines()[-1])


def _requests_per_second(side, paths, text, seconds):
    """Serve on a free port; send requests from this process over 16 connections."""
    command = _command("serve", side, paths.get(SERVICES[side], ""), "full", time.time())
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        port = int(server.stdout.readline())
        return asyncio.run(_ask(port, json.dumps({"text": text}).encode(), seconds))
    finally:
        server.terminate()
        server.wait()


async def _ask(port, body, seconds):
    head = f"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    request, n_answers = head.encode() + body, 0
    end = time.perf_counter() + seconds

    async def client():
        nonlocal n_answers
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < end:
            writer.write(request)
            lines = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(lines.split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            if not lines.startswith(b"http/1.1 200"):
                raise RuntimeError(lines.decode())
            n_answers += 1
        writer.close()

    await asyncio.gather(*(client() for _ in range(N_CLIENTS)))
    return n_answers / seconds
