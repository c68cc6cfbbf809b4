"""The service over HTTP on the loopback: responses, errors, many clients, shutdown."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sklearn_textnn import persistence

pytest.importorskip("fastapi")
pytest.importorskip("uvicorn")

SCRIPT = Path(__file__).parents[2] / "examples" / "serve.py"
SECONDS = 120  # time limit on a busy machine


class Service:
    """A running service."""

    def __init__(self, path, log):
        self.log = log
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, SCRIPT, path, "--port", "0"],
                stderr=file,
                stdout=file,
                env=os.environ | {"PYTHONUNBUFFERED": "1"},
            )
        deadline = time.monotonic() + SECONDS
        self.port = None
        while self.port is None and time.monotonic() < deadline and self.process.poll() is None:
            found = re.search(r"running on http://127.0.0.1:(\d+)", log.read_text())
            self.port = int(found[1]) if found else time.sleep(0.05)
        assert self.port, log.read_text()

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            connection.request(method, path, body if body is None else body.encode())
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def predict(self, content):
        return self.ask("POST", "/predict", json.dumps(content))


@pytest.fixture(scope="module")
def pipeline(text_pipeline, texts, three_labels, tmp_path_factory):
    path = tmp_path_factory.mktemp("serve") / "reviews.textnn"
    persistence.save(text_pipeline(epochs=1).fit(texts, three_labels), path)
    return path


@pytest.fixture
def start(pipeline, tmp_path):
    """Return a function that starts a service, which is stopped after the test."""
    services = []

    def run():
        services.append(Service(pipeline, tmp_path / f"log{len(services)}"))
        return services[-1]

    yield run
    for service in services:
        service.process.kill()
        service.process.wait()


@pytest.fixture(scope="module")
def service(pipeline, tmp_path_factory):
    service = Service(pipeline, tmp_path_factory.mktemp("log") / "log")
    yield service
    service.process.kill()
    service.process.wait()


def test_responses_agree_with_the_pipeline(service, pipeline):
    loaded = persistence.load(pipeline, frozen=True)
    texts = ["good food", "bad", "", "größer 北京 \u0000"]
    labels, probabilities = loaded.predict(texts).tolist(), loaded.predict_proba(texts).tolist()
    classes = ["bad", "even", "good"]
    expected = {"labels": labels, "probabilities": probabilities, "classes": classes}
    assert service.predict({"texts": texts}) == (200, expected)
    for text, label, row in zip(texts, labels, probabilities, strict=True):
        one = {"label": label, "probabilities": row, "classes": classes}
        assert service.predict({"text": text}) == (200, one)
    assert service.ask("GET", "/health") == (200, {"status": "ok", "classes": classes})


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ("", 400, "not JSON"),
        ("{", 400, "not JSON"),
        ("[" * 100_000, 400, "not valid JSON"),
        ("[]", 422, "Expected"),
        ('{"text": "a", "texts": []}', 422, "Expected"),
        ('{"text": null}', 422, "Text 0 is no string but a NoneType"),
        ('{"texts": "good"}', 422, "a list of at least one text"),
        ('{"texts": []}', 422, "a list of at least one text"),
        ('{"texts": ["good", 3]}', 422, "Text 1 is no string but a int"),
        (json.dumps({"texts": ["a"] * 1001}), 413, "1001 texts, expected at most 1000"),
        (json.dumps({"text": "a" * 100_001}), 413, "Text 0 has 100001 characters"),
        (json.dumps({"text": "a" * 10_000_001}), 413, "more than 10000000 bytes"),
    ],
    ids=str,
)
def test_invalid_or_too_large_requests_are_refused(body, status, reason, service):
    found, answer = service.ask("POST", "/predict", body)
    assert (found, reason in answer["detail"]) == (status, True), answer
    assert service.ask("GET", "/health")[0] == 200


def test_the_largest_request_is_answered(service):
    status, answer = service.predict({"texts": ["good food " * 900] * 1000})
    assert status == 200
    assert len(answer["labels"]) == 1000


def test_concurrent_clients_get_the_same_responses(service, texts):
    alone = [service.predict({"text": text}) for text in texts]
    with ThreadPoolExecutor(16) as pool:
        together = list(pool.map(lambda text: service.predict({"text": text}), [*texts] * 4))
    assert together == alone * 4


def test_sigterm_ends_the_service_after_open_requests(start):
    service = start()
    body = json.dumps({"texts": ["good food and bad food " * 40] * 20})
    clients = [
        http.client.HTTPConnection("127.0.0.1", service.port, timeout=SECONDS) for _ in range(16)
    ]
    for client in clients:
        client.request("POST", "/predict", body)
    assert service.ask("GET", "/health")[0] == 200  # the earlier 16 are being read
    service.process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    answers = [client.getresponse() for client in clients]
    assert [answer.status for answer in answers] == [200] * 16
    assert all(len(json.loads(answer.read())["labels"]) == 20 for answer in answers)
    for client in clients:
        client.close()
    assert service.process.wait(timeout=SECONDS) == 0, service.log.read_text()
    assert time.monotonic() - began < 5  # uvicorn waits for serve.SECONDS_TO_FINISH


def test_the_service_never_imports_tensorflow(pipeline, run_python):
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import serve\n"
        "from sklearn_textnn import persistence\n"
        "app = serve.make_app(persistence.load(sys.argv[2], frozen=True))\n"
        "print([n for n in ('keras', 'scikeras', 'tensorflow') if n in sys.modules])"
    )
    assert run_python("-c", code, SCRIPT.parent, pipeline).stdout == "[]\n"
