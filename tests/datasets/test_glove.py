import ast
import errno
import hashlib
import io
import json
import os
import re
import threading
import tracemalloc
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.utils._param_validation import InvalidParameterError

from sklearn_textnn.datasets import _glove, fetch_glove
from sklearn_textnn.datasets._remote import Member

TEXT = "glove.6B.50d.txt"
ZIP = "glove.6B.zip"


def fetch(*args, **params):
    return fetch_glove(*args, **{"n_retries": 2, "delay": 0, **params})


def vectors(dim, words=("the", ",", "\u00a0")):
    lines = [" ".join([word, *["-0.25"] * dim]) for word in words]
    return "".join(line + "\n" for line in lines).encode()


def zip_of(entries, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as zipped:
        for name, content in entries.items():
            zipped.writestr(name, content)
    return buffer.getvalue()


def archive_of(contents, algorithm, url):
    members = tuple(
        Member(name, len(content), hashlib.new(algorithm, content).hexdigest(), algorithm)
        for name, content in contents.items()
    )
    return _glove.ARCHIVES["6B"]._replace(url=url, max_size=100_000, members=members)


@pytest.fixture
def published(request, monkeypatch, tmp_path):
    """Replace the real vectors by a few; nothing uses the network or the home folder."""
    algorithm = getattr(request, "param", "sha256")
    contents = {f"glove.6B.{dim}d.txt": vectors(dim) for dim in _glove.DIMS["6B"]}
    archive = archive_of(contents, algorithm, "http://127.0.0.1:9/nobody-listens.zip")
    home = tmp_path / "home"
    monkeypatch.setitem(_glove.ARCHIVES, "6B", archive)
    monkeypatch.setenv("SKLEARN_TEXTNN_DATA", str(home))
    return SimpleNamespace(contents=contents, zip=zip_of(contents), home=home, archive=archive)


@pytest.fixture
def server(monkeypatch, published, http_server):
    http_server.answers = [(200, published.zip, None)]
    monkeypatch.setitem(_glove.ARCHIVES, "6B", published.archive._replace(url=http_server.url))
    return http_server


# --- the tables


def test_members_are_identified_by_name_and_dimension():
    assert list(_glove.ARCHIVES) == list(_glove.DIMS)
    for name, archive in _glove.ARCHIVES.items():
        expected = [f"glove.{name}.{dim}d.txt" for dim in _glove.DIMS[name]]
        assert [member.name for member in archive.members] == expected


@pytest.mark.parametrize("name", _glove.ARCHIVES)
def test_archives_have_unique_names_and_members_full_digests(name):
    archive = _glove.ARCHIVES[name]
    assert archive.url == f"https://nlp.stanford.edu/data/{archive.filename}"
    assert archive.filename == f"{archive.folder}.zip"
    for member in archive.members:
        assert re.fullmatch("[0-9a-f]+", member.digest)
        assert len(member.digest) == 2 * hashlib.new(member.algorithm).digest_size
    assert len({member.digest for member in archive.members}) == len(archive.members)


def test_the_docstring_lists_the_available_vectors():
    rows = re.findall(r"^ +``(.+)`` +((?:\d+, )*\d+) ", fetch_glove.__doc__, flags=re.MULTILINE)
    assert {name: tuple(map(int, dims.split(", "))) for name, dims in rows} == _glove.DIMS


# --- return values


@pytest.mark.parametrize("published", ["sha256", "sha1"], indirect=True)
@pytest.mark.parametrize("dim", [50, 300, np.int64(100)])
def test_the_path_is_that_of_the_published_text(server, published, dim):
    path = fetch("6B", dim)
    assert isinstance(path, Path)
    assert path == published.home / f"glove.6B.{dim}d.txt"
    assert path.read_bytes() == published.contents[path.name]


@pytest.mark.parametrize(
    ("name", "dim"), [("6B", 75), ("42B", 50), ("7B", 50), ("", 0), ("6B", True)]
)
def test_an_unknown_combination_is_an_error_with_the_available_ones(server, name, dim):
    listed = r"'6B' with \[50, 100, 200, 300\].*'840B' with \[300\].*'twitter.27B' with \[25, "
    with pytest.raises(InvalidParameterError, match=f"name='{name}' and dim={dim}.*{listed}"):
        fetch(name, dim)
    assert server.n_requests == 0


@pytest.mark.parametrize(
    "bad",
    [{"name": 6}, {"dim": 50.0}, {"dim": "50"}, {"data_home": 3}, {"n_retries": -1}, {"delay": -1}],
)
def test_a_bad_parameter_is_an_error_before_the_download(server, bad):
    with pytest.raises(InvalidParameterError, match=next(iter(bad))):
        fetch(**bad)
    assert server.n_requests == 0


# --- the cache


def test_the_zip_is_downloaded_once_for_all_dimensions(server, published):
    assert fetch(dim=50) == fetch(dim=50)
    assert fetch(dim=200, download_if_missing=False).read_bytes() == vectors(200)
    assert server.n_requests == 1
    assert (published.home / ZIP).read_bytes() == published.zip
    assert sorted(os.listdir(published.home)) == ["glove.6B.200d.txt", TEXT, ZIP]


def test_an_extracted_text_needs_no_zip(server, published):
    path = fetch()
    (published.home / ZIP).unlink()
    assert fetch(download_if_missing=False) == path
    assert server.n_requests == 1


@pytest.mark.parametrize("folder", ["", "glove.6B/"])
def test_a_zip_put_into_the_data_home_by_hand_is_used(server, published, tmp_path, folder):
    (tmp_path / "mine").mkdir()
    entries = {folder + name: content for name, content in published.contents.items()}
    (tmp_path / "mine" / ZIP).write_bytes(zip_of(entries))
    path = fetch(data_home=tmp_path / "mine")
    assert path == tmp_path / "mine" / TEXT
    assert path.read_bytes() == vectors(50)
    assert server.n_requests == 0
    assert not published.home.exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>", "not a zip"),
        (zip_of({"README": b"x"}), "holds 'README', but no 'glove.6B.50d.txt'"),
        (zip_of({TEXT: vectors(50, ["other"])}), "not the published file"),
    ],
)
def test_a_damaged_cached_zip_is_downloaded_again_with_a_warning(
    server, published, content, message
):
    published.home.mkdir()
    (published.home / ZIP).write_bytes(content)
    with pytest.warns(UserWarning, match=f"{message}.*downloaded again") as caught:
        path = fetch()
    assert [warning.filename for warning in caught] == [__file__]
    assert path.read_bytes() == vectors(50)
    assert (published.home / ZIP).read_bytes() == published.zip


def test_download_if_missing_false_raises_without_a_usable_cache(server, published):
    with pytest.raises(OSError, match=r"There is no .*glove\.6B\.zip.*by hand.*data_home"):
        fetch(download_if_missing=False)
    assert not published.home.exists()
    published.home.mkdir()
    (published.home / ZIP).write_bytes(b"damaged")
    with pytest.raises(OSError, match=r"cannot be read.*by hand"):
        fetch(download_if_missing=False)
    assert os.listdir(published.home) == [ZIP]
    assert server.n_requests == 0


def test_a_text_of_another_dimension_in_the_data_home_is_an_error(server, published):
    published.home.mkdir()
    (published.home / TEXT).write_bytes(vectors(25))
    with pytest.raises(OSError, match=r"50d\.txt.*50 numbers.*has 25 fields.*delete it"):
        fetch()
    assert (published.home / TEXT).read_bytes() == vectors(25)
    assert server.n_requests == 0


# --- local copies


def test_the_path_of_a_local_text_is_returned(published, tmp_path):
    path = tmp_path / "mine.vec"
    path.write_bytes(vectors(50, ["only", "these"]).replace(b"\n", b" \r\n"))
    assert fetch(data_home=str(path)) == path
    assert os.listdir(tmp_path) == ["mine.vec"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        vectors(49),
        vectors(51),
        b"the" + b" x" * 50,
        b"1 50\n" + vectors(50),
        b"\0" * 999,
    ],
    ids=["empty", "blank", "short", "long", "words", "header", "binary"],
)
def test_a_local_file_whose_first_line_does_not_fit_is_refused(published, tmp_path, content):
    (tmp_path / "mine.txt").write_bytes(content)
    with pytest.raises(OSError, match=r"mine\.txt' does not hold vectors of 50 numbers"):
        fetch(data_home=tmp_path / "mine.txt")


@pytest.mark.parametrize("filename", ["mine.zip", "without-suffix"])
def test_a_local_zip_is_extracted_to_the_default_data_home_once(published, tmp_path, filename):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / filename).write_bytes(published.zip)
    path = fetch(data_home=folder / filename)
    assert path == published.home / TEXT
    assert path.read_bytes() == vectors(50)
    first = path.stat()
    assert fetch(data_home=folder / filename) == path
    assert path.stat().st_ino == first.st_ino
    assert os.listdir(folder) == [filename]
    assert os.listdir(published.home) == [TEXT]


def test_a_damaged_changed_or_missing_local_zip_is_never_replaced_by_a_download(
    server, published, tmp_path
):
    mine = tmp_path / "mine.zip"
    for content, message in [
        (None, "There is no"),
        (b"damaged", "cannot be read"),
        (zip_of({TEXT: vectors(50)[:-1]}), "not the published file"),
        (zip_of({"glove.6B.100d.txt": vectors(100)}), f"no '{TEXT}'"),
    ]:
        if content is not None:
            mine.write_bytes(content)
        with pytest.raises(OSError, match=rf"{message}.*by hand and pass its path as data_home"):
            fetch(data_home=mine)
        assert content is None or mine.read_bytes() == content
    assert server.n_requests == 0
    assert os.listdir(published.home) == []


def test_a_missing_local_zip_is_an_error_even_if_the_text_is_in_the_data_home(server, tmp_path):
    fetch()
    with pytest.raises(OSError, match="There is no"):
        fetch(data_home=tmp_path / "mine.zip")


# --- the download


@pytest.mark.parametrize("n_failures", [1, 2])
def test_failures_of_the_server_are_retried(server, published, n_failures):
    server.answers = [(503, b"", None)] * n_failures + [(200, published.zip, None)]
    with pytest.warns(UserWarning, match="Retry.*HTTP Error 503") as caught:
        path = fetch()
    assert [warning.filename for warning in caught] == [__file__] * n_failures
    assert path.read_bytes() == vectors(50)
    assert (published.home / ZIP).read_bytes() == published.zip


def test_a_short_response_after_a_long_one_leaves_nothing_of_the_first(server, published):
    server.answers = [(200, b"x" * 90_000, None), (200, published.zip, None)]
    with pytest.warns(UserWarning, match="Retry.*not a zip"):
        fetch()
    assert (published.home / ZIP).read_bytes() == published.zip


@pytest.mark.parametrize(
    ("corrupt", "announced", "message"),
    [
        (lambda body: b"<html>not here any more</html>", None, "not a zip"),
        (lambda body: b"", None, "not a zip"),
        (lambda body: body[:-30], 2_000, r"Got \d+ bytes, expected 2000"),
        (lambda body: bytes(100_001), None, "more than 100000 bytes"),
        (lambda body: body[:9], 100_001, "more than 100000 bytes"),
        (lambda body: zip_of({TEXT: b"the 0.5\n"}), None, "not the published file"),
        (lambda body: zip_of({TEXT: vectors(50) * 2}), None, f"more than {len(vectors(50))} bytes"),
    ],
    ids=["html", "empty", "short", "huge", "announced", "other", "longer"],
)
def test_a_corrupt_download_is_retried_and_not_cached(
    server, published, corrupt, announced, message
):
    server.answers = [(200, corrupt(published.zip), announced)]
    with (
        pytest.raises(OSError, match=f"attempts: 2.*{message}.*by hand.*data_home"),
        pytest.warns(UserWarning, match="Retry"),
    ):
        fetch(n_retries=1)
    assert server.n_requests == 2
    assert os.listdir(published.home) == []


def test_offline_the_error_has_the_url_and_a_hint(published):
    with pytest.raises(OSError, match=r"127\.0\.0\.1.*projects/glove/ by hand.*data_home"):
        fetch(n_retries=0)
    assert os.listdir(published.home) == []


def test_a_download_streams_through_little_memory(server, published, monkeypatch):
    content = np.random.default_rng(0).bytes(50_000_000)
    body = zip_of({TEXT: content}, zipfile.ZIP_STORED)
    archive = archive_of({TEXT: content}, "sha1", server.url)._replace(max_size=len(body))
    monkeypatch.setitem(_glove.ARCHIVES, "6B", archive)
    server.answers = [(200, body, None)]
    tracemalloc.start()
    try:
        path = fetch()
        assert tracemalloc.get_traced_memory()[1] < 6_000_000
    finally:
        tracemalloc.stop()
    assert path.read_bytes() == content


# --- the disk


def test_a_data_home_that_cannot_be_created_is_an_error_before_the_download(server, tmp_path):
    (tmp_path / "file").write_bytes(b"")  # a folder below a file, which root cannot create either
    with pytest.raises(OSError, match=r"home' cannot be written to: Not a dir.*another folder as"):
        fetch(data_home=tmp_path / "file" / "home")
    assert server.n_requests == 0


def test_a_read_only_data_home_is_an_error_before_the_download(server, read_only):
    home, locked = read_only
    message = r"cannot be written to: Permission denied.*SKLEARN_TEXTNN_DATA"
    with locked(), pytest.raises(OSError, match=message):
        fetch(data_home=home)
    assert server.n_requests == 0
    assert os.listdir(home) == []


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_disk_that_fails_at_the_end_leaves_no_part_and_is_not_retried(
    server, published, monkeypatch, step
):
    def fail(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(OSError, match=r"cannot be written to: No space left on device\. Make"):
        fetch()
    assert server.n_requests == 1
    assert os.listdir(published.home) == []


@pytest.mark.parametrize("kept", ["", ZIP], ids=["download", "extraction"])
def test_a_disk_that_fills_up_leaves_no_part_and_is_not_retried(
    server, published, monkeypatch, kept
):
    """Files are limited to 2.0 MB; the zip has 2.05 MB, or is small with a member of 2.05 MB."""
    resource = pytest.importorskip("resource")
    content = bytes(2_050_000)
    body = zip_of({TEXT: content}, zipfile.ZIP_DEFLATED if kept else zipfile.ZIP_STORED)
    archive = archive_of({TEXT: content}, "sha256", server.url)._replace(max_size=len(body))
    monkeypatch.setitem(_glove.ARCHIVES, "6B", archive)
    server.answers = [(200, body, None)]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, hard))
    try:
        for _ in range(2):
            with pytest.raises(OSError, match=r"^'.*home' cannot be written to: File too large\."):
                fetch()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert os.listdir(published.home) == [kept] * bool(kept)
    # The finished download is used, without another one, once there is space.
    assert server.n_requests == (1 if kept else 2)
    assert fetch().read_bytes() == content
    assert server.n_requests == (1 if kept else 3)


# --- two at once


def test_two_threads_fetching_at_once_leave_one_file(server, published):
    server.gate = threading.Barrier(2, timeout=120)  # both are downloading
    got = []
    threads = [threading.Thread(target=lambda: got.append(fetch())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [published.home / TEXT] * 2
    assert got[0].read_bytes() == vectors(50)
    assert sorted(os.listdir(published.home)) == [TEXT, ZIP]


def test_two_processes_fetching_at_once_leave_one_file(server, published, run_python):
    server.gate = threading.Barrier(2, timeout=120)
    members = [list(member) for member in published.archive.members]
    script = (
        "import json, sys\n"
        "from sklearn_textnn.datasets import _glove, _remote\n"
        "url, members = json.loads(sys.argv[1])\n"
        "members = tuple(_remote.Member(*member) for member in members)\n"
        "_glove.ARCHIVES['6B'] = _glove.ARCHIVES['6B']._replace(url=url, members=members)\n"
        "print(ascii(_glove.fetch_glove(n_retries=0).read_bytes()))\n"
    )
    command = ["-c", script, json.dumps([server.url, members])]
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(run_python, *command) for _ in range(2)]
    printed = [ast.literal_eval(run.result().stdout) for run in runs]
    assert server.n_requests == 2
    assert printed == [vectors(50)] * 2
    assert sorted(os.listdir(published.home)) == [TEXT, ZIP]


# --- hostile zips


def test_only_the_expected_entry_is_read_or_written(published, tmp_path):
    names = [f"../{TEXT}", f"/tmp/{TEXT}", f"glove.6B/../../{TEXT}", f"x\\{TEXT}", TEXT.upper()]
    (tmp_path / "mine.zip").write_bytes(zip_of(dict.fromkeys(names, vectors(50))))
    with pytest.raises(OSError, match=f"but no '{TEXT}'"):
        fetch(data_home=tmp_path / "mine.zip")
    (tmp_path / "mine.zip").write_bytes(
        zip_of({**dict.fromkeys(names, b"hostile"), TEXT: vectors(50)})
    )
    assert fetch(data_home=tmp_path / "mine.zip").read_bytes() == vectors(50)
    assert sorted(os.listdir(tmp_path)) == ["home", "mine.zip"]
    assert os.listdir(published.home) == [TEXT]


@pytest.mark.parametrize(
    ("method", "message"),
    [
        (zipfile.ZIP_DEFLATED, f"more than {len(vectors(50))} bytes"),
        (zipfile.ZIP_BZIP2, "method 12, expected"),
    ],
)
def test_a_zip_bomb_is_not_inflated(published, tmp_path, method, message):
    bomb = zip_of({TEXT: bytes(50_000_000)}, method)
    (tmp_path / "bomb.zip").write_bytes(bomb)
    tracemalloc.start()
    try:
        with pytest.raises(OSError, match=message):
            fetch(data_home=tmp_path / "bomb.zip")
        assert tracemalloc.get_traced_memory()[1] < 6_000_000
    finally:
        tracemalloc.stop()
    assert os.listdir(published.home) == []


# --- the real file


def test_the_real_zip_holds_the_published_file(shared_data, tmp_path, monkeypatch):
    path = shared_data / "glove.6B.50d.zip"
    if not path.is_file():
        pytest.skip("no glove.6B.50d.zip among the real data")
    monkeypatch.setenv("SKLEARN_TEXTNN_DATA", str(tmp_path))
    text = fetch_glove("6B", 50, data_home=path, download_if_missing=False)
    assert text == tmp_path / TEXT
    with open(text, "rb") as file:
        digests = [hashlib.file_digest(file, "sha256").hexdigest()]
        file.seek(0)
        digests.append(hashlib.file_digest(file, "sha1").hexdigest())
    assert digests == [
        "d8f717f8dd4b545cb7f418ef9f3d0c3e6e68a6f48b97d32f8b7aae40cb31f96f",
        # From MXNet's table, which also has the SHA-1 of the other members.
        "21bf566a9d27f84d253e0cd4d4be9dcc07976a6d",
    ]
    assert text.stat().st_size == _glove.ARCHIVES["6B"].members[0].max_size
    assert os.listdir(tmp_path) == [TEXT]
