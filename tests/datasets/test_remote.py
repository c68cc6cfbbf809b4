"""Servers that misbehave: a fetcher always ends in time with an OSError."""

import os
import signal
import socket
import threading
import time

import pytest

from sklearn_textnn.datasets import _remote, _sentiment, fetch_sentiment_sentences

OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
def raw_server(monkeypatch, published):
    """Return a function that sets what a server sends: pieces, with a pause after each."""
    stop, threads, sockets = threading.Event(), [], []

    def serve(pieces, pause=0.0, n_connections=20):
        listening = socket.create_server(("127.0.0.1", 0))
        listening.settimeout(60)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/published.zip"
        answer = [piece.replace(b"SELF", url.encode()) for piece in pieces]

        def run():
            for _ in range(n_connections):
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    try:
                        connection.recv(9999)
                        for piece in answer:
                            if stop.wait(pause):
                                return
                            connection.sendall(piece)
                    except OSError:
                        continue  # the client has closed the connection

        sockets.append(listening)
        threads.append(threading.Thread(target=run))
        threads[-1].start()
        archive = published.archive._replace(url=url)
        monkeypatch.setattr(_sentiment, "ARCHIVE", archive)
        return archive

    yield serve
    stop.set()
    for listening in sockets:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
    for thread in threads:
        thread.join(timeout=60)


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"Content-Length: \xb2\r\n\r\n",
        OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
        OK + b"Content-Length: -5\r\n\r\nabc",
        OK + b"Content-Length: 9\r\n\r\nabc",
        OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nabc\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n9\r\nabc",
        OK + b"X: y\r\n" * 200 + b"\r\n",
        OK + b"X: " + b"y" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 302 F\r\nLocation: http://[::1/x\r\n\r\n",
        b"HTTP/1.1 302 F\r\nLocation: file:///etc/hosts\r\n\r\n",
        b"HTTP/1.1 302 F\r\nLocation: http://127.0.0.1:99999/\r\n\r\n",
        b"HTTP/1.1 302 F\r\nLocation: SELF\r\n\r\n",
        b"HTTP/1.1 302 F\r\n\r\n",
        b"HTTP/1.1 999999 X\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"\xff\xfe\0\0",
        b"",
    ],
    ids=lambda answer: repr(answer[-40:]),
)
def test_a_malformed_response_is_retried_and_then_an_error_with_a_hint(raw_server, answer):
    raw_server([answer])
    with (
        pytest.warns(UserWarning, match="Retry downloading"),
        pytest.raises(OSError, match=r"attempts: 2.*by hand.*data_home"),
    ):
        fetch_sentiment_sentences(n_retries=1, delay=0)


@pytest.mark.parametrize(
    "start",
    [
        b"",
        OK + b"X-Slow: ",
        OK + b"\r\n",
        OK + b"Content-Length: 9999\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n5000\r\n",
        b"HTTP/1.1 302 F\r\nLocation: SELF\r\nX-Slow: ",
    ],
    ids=["status", "header", "body", "announced", "chunk size", "chunk", "redirect"],
)
def test_a_slow_server_times_out(raw_server, monkeypatch, start):
    """Each byte is in time, but all of them would take five minutes."""
    monkeypatch.setattr(_remote, "_TIMEOUT", 0.3)
    raw_server([start, *[b"1"] * 3000], pause=0.1)
    before = time.monotonic()
    with pytest.raises(OSError, match=r"Got \d+ bytes in \d s, expected 10000/s"):
        fetch_sentiment_sentences(n_retries=0)
    assert time.monotonic() - before < 150  # generous, since the machine may be busy


def test_a_silent_server_times_out(raw_server, monkeypatch):
    monkeypatch.setattr(_remote, "_TIMEOUT", 0.3)
    raw_server([OK, b"never"], pause=100)
    with pytest.raises(OSError, match="timed out"):
        fetch_sentiment_sentences(n_retries=0)


def test_the_body_of_a_redirect_is_not_read(raw_server, monkeypatch, published, http_server):
    http_server.answers = [(200, published.zip, None)]
    endless = [b"x" * 2**20] * 300
    head = f"HTTP/1.1 302 F\r\nLocation: {http_server.url}\r\n\r\n".encode()
    raw_server([head, *endless], pause=0.01)
    assert len(fetch_sentiment_sentences(n_retries=0).data) == 9


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_leftovers_of_a_killed_process_are_removed_by_a_later_fetch(server, published, run_python):
    script = (
        "import os, signal\n"
        "from sklearn_textnn._atomic import atomic_write\n"
        f"with atomic_write({str(published.cache)!r}, make_folder=True) as file:\n"
        "    file.write(b'half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    run_python("-c", script, returncode=-signal.SIGKILL)
    (left,) = published.home.iterdir()
    two_days_ago = time.time() - 2 * 24 * 3600
    os.utime(left, (two_days_ago, two_days_ago))
    fetch_sentiment_sentences()
    assert os.listdir(published.home) == [published.cache.name]
