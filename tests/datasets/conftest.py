"""A small archive, a server for it, and the real files if there are any."""

import contextlib
import hashlib
import io
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from sklearn_textnn.datasets import _sentiment
from sklearn_textnn.datasets._remote import Member

# Unclosed quotation marks, U+0085, which ends no line, and a word that pandas reads as missing.
FILES = {
    "yelp_labelled.txt": 'Great soup.  \t1\nCold "fries".\t0\n',
    "amazon_cells_labelled.txt": "NA\t0\nWorks as it should.\t1\nBroke twice.\t0\n",
    "imdb_labelled.txt": '"Never closed.\t1\nDull\u0085 and long.\t0\n"Closed here.\t1\nFine.\t1\n',
}


def make_zip(contents, folder="sentiment labelled sentences"):
    """Return the bytes of a zip with the extra files of macOS."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in contents.items():
            zipped.writestr(f"{folder}/{name}" if folder else name, content)
            zipped.writestr(f"__MACOSX/{folder}/._{name}", b"\x00\x05\x16\x07")
    return buffer.getvalue()


@pytest.fixture
def published(monkeypatch, tmp_path):
    """Replace the real sentences by FILES; nothing uses the network or the home folder."""
    contents = {name: text.encode() for name, text in FILES.items()}
    archive = _sentiment.ARCHIVE._replace(
        url="http://127.0.0.1:9/nobody-listens.zip",
        max_size=100_000,
        members=tuple(
            Member(name, len(content), hashlib.sha256(content).hexdigest())
            for name, content in contents.items()
        ),
    )
    home = tmp_path / "home"
    monkeypatch.setattr(_sentiment, "ARCHIVE", archive)
    monkeypatch.setenv("SKLEARN_TEXTNN_DATA", str(home))
    return SimpleNamespace(
        archive=archive,
        contents=contents,
        zip=make_zip(contents),
        home=home,
        cache=home / archive.filename,
    )


@pytest.fixture
def http_server():
    """Serve a list of responses (status, body, announced length); the last one is repeated."""
    state = SimpleNamespace(answers=[], n_requests=0, gate=None)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            with lock:
                status, body, announced = state.answers[
                    min(state.n_requests, len(state.answers) - 1)
                ]
                state.n_requests += 1
            if state.gate is not None:
                state.gate.wait()
            self.send_response(status)
            self.send_header("Content-Length", str(announced or len(body)))
            self.end_headers()
            with contextlib.suppress(ConnectionError):  # the client may close after the headers
                self.wfile.write(body)

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        state.url = f"http://127.0.0.1:{httpd.server_port}/published.zip"
        yield state
        httpd.shutdown()
        thread.join()


@pytest.fixture
def server(monkeypatch, published, http_server):
    """Serve the zip of the sentences."""
    http_server.answers = [(200, published.zip, None)]
    monkeypatch.setattr(_sentiment, "ARCHIVE", published.archive._replace(url=http_server.url))
    return http_server
