import io
import json
import os
import threading
import tracemalloc
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.utils._param_validation import InvalidParameterError

from sklearn_textnn.datasets import _remote, fetch_sentiment_sentences, get_data_home

FOLDER = "sentiment labelled sentences"


def fetch(**params):
    return fetch_sentiment_sentences(**{"n_retries": 2, "delay": 0, **params})


def zip_of(entries):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in entries.items():
            zipped.writestr(name, content)
    return buffer.getvalue()


def unpack(published, folder):
    folder.mkdir(parents=True)
    for name, content in published.contents.items():
        (folder / name).write_bytes(content)
    return folder


# --- return values


def test_the_rows_are_the_lines_of_the_files_in_the_order_yelp_amazon_imdb(server):
    bunch = fetch()
    assert bunch.data == [
        "Great soup.  ",
        'Cold "fries".',
        "NA",
        "Works as it should.",
        "Broke twice.",
        '"Never closed.',
        "Dull\u0085 and long.",
        '"Closed here.',
        "Fine.",
    ]
    np.testing.assert_array_equal(bunch.target, [1, 0, 0, 1, 0, 1, 0, 1, 1])
    assert bunch.target.dtype == np.int64
    assert bunch.source.tolist() == ["yelp"] * 2 + ["amazon"] * 3 + ["imdb"] * 4
    assert bunch.target_names.tolist() == ["negative", "positive"]
    assert bunch.frame is None
    assert "Kotzias" in bunch.DESCR
    assert "CC BY 4.0" in bunch.DESCR


@pytest.mark.parametrize(
    ("subset", "sources"),
    [
        ("yelp", ["yelp"]),
        (["imdb"], ["imdb"]),
        (["imdb", "yelp"], ["yelp", "imdb"]),
        (("amazon", "amazon"), ["amazon"]),
        ("all", ["yelp", "amazon", "imdb"]),
    ],
)
def test_a_subset_has_the_requested_sources_without_duplicates(server, subset, sources):
    everything = fetch(as_frame=True).frame
    expected = everything[everything["source"].isin(sources)]
    got = fetch(subset=subset, as_frame=True).frame
    pd.testing.assert_frame_equal(got, expected.reset_index(drop=True))


def test_return_x_y_gives_texts_and_classes_only(server):
    bunch = fetch(subset="yelp")
    texts, y = fetch(subset="yelp", return_X_y=True)
    assert texts == bunch.data
    np.testing.assert_array_equal(y, bunch.target)


def test_as_frame_gives_the_same_texts_and_classes_as_pandas_objects(server):
    plain, framed = fetch(), fetch(as_frame=True)
    assert isinstance(framed.data, pd.Series)
    assert framed.data.tolist() == plain.data
    np.testing.assert_array_equal(framed.target, plain.target)
    assert framed.frame.columns.tolist() == ["text", "source", "target"]
    assert framed.frame["source"].tolist() == plain.source.tolist()
    texts, y = fetch(as_frame=True, return_X_y=True)
    pd.testing.assert_series_equal(texts, framed.data)
    pd.testing.assert_series_equal(y, framed.target)


def test_legacy_quoting_reads_as_read_csv_does_by_default(server, published):
    content = published.contents["imdb_labelled.txt"]
    reference = pd.read_csv(io.BytesIO(content), sep="\t", names=["text", "target"])
    texts, y = fetch(subset="imdb", legacy_quoting=True, return_X_y=True)
    assert len(texts) == 2  # of 4: the first sentence swallows the second and third
    assert texts == reference["text"].tolist()
    np.testing.assert_array_equal(y, reference["target"])


@pytest.mark.parametrize(
    "bad",
    [
        {"subset": "films"},
        {"subset": ["yelp", "films"]},
        {"subset": []},
        {"subset": None},
        {"data_home": 3},
        {"n_retries": -1},
        {"delay": -1.0},
        {"legacy_quoting": "yes"},
    ],
)
def test_a_bad_parameter_is_an_error_before_the_download(server, bad):
    with pytest.raises(InvalidParameterError, match=next(iter(bad))):
        fetch(**bad)
    assert server.n_requests == 0


# --- the cache


def test_the_zip_is_downloaded_once_and_cached(server, published):
    first = fetch()
    second = fetch(download_if_missing=False)
    assert server.n_requests == 1
    assert first.data == second.data
    assert first.filename == second.filename == str(published.cache)
    assert published.cache.read_bytes() == published.zip
    assert os.listdir(published.home) == [published.cache.name]


def test_fetching_one_subset_caches_all(server):
    fetch(subset="yelp")
    fetch(subset="imdb")
    assert server.n_requests == 1


def test_a_cached_zip_has_the_default_permissions(server, published):
    fetch()
    (published.home / "other").write_bytes(b"")
    assert published.cache.stat().st_mode == (published.home / "other").stat().st_mode


def test_data_home_comes_from_argument_then_environment_then_home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("SKLEARN_TEXTNN_DATA", str(tmp_path / "set"))
    assert get_data_home(tmp_path / "given") == tmp_path / "given"
    assert get_data_home("~/given") == tmp_path / "given"
    assert get_data_home() == tmp_path / "set"
    monkeypatch.delenv("SKLEARN_TEXTNN_DATA")
    assert get_data_home() == tmp_path / "sklearn_textnn_data"
    assert os.listdir(tmp_path) == []


def test_a_damaged_cached_sentiment_zip_is_downloaded_again(server, published):
    published.home.mkdir()
    published.cache.write_bytes(published.zip[:100])
    with pytest.warns(UserWarning, match="cannot be read.*downloaded again") as caught:
        bunch = fetch()
    assert [warning.filename for warning in caught] == [__file__]
    assert len(bunch.data) == 9
    assert published.cache.read_bytes() == published.zip


def test_download_if_missing_false_raises_without_a_usable_cache(server, published):
    with pytest.raises(OSError, match=r"There is no .*\.zip.*by hand.*data_home"):
        fetch(download_if_missing=False)
    assert not published.home.exists()
    published.home.mkdir()
    published.cache.write_bytes(b"damaged")
    with pytest.raises(OSError, match=r"cannot be read.*by hand"):
        fetch(download_if_missing=False)
    assert published.cache.read_bytes() == b"damaged"
    assert server.n_requests == 0


def test_an_unwritable_data_home_is_a_warning(server, tmp_path):
    (tmp_path / "file").write_bytes(b"")  # a folder below a file, which root cannot create either
    with pytest.warns(UserWarning, match="could not be stored") as caught:
        bunch = fetch(data_home=tmp_path / "file" / "home")
    assert [warning.filename for warning in caught] == [__file__]
    assert len(bunch.data) == 9
    assert bunch.filename is None


def test_a_read_only_data_home_is_a_warning(server, read_only):
    home, locked = read_only
    fetch()  # completes late imports: Python itself may not be readable for other users
    with locked(), pytest.warns(UserWarning, match="could not be stored: .* Permission denied"):
        assert len(fetch(data_home=home).data) == 9
    assert os.listdir(home) == []


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file_and_no_part_of_the_new(
    server, published, monkeypatch, step
):
    def fail(*args):
        raise OSError(28, "No space left on device")

    published.home.mkdir()
    published.cache.write_bytes(b"old")
    monkeypatch.setattr(os, step, fail)
    with (
        pytest.warns(UserWarning, match="downloaded again"),
        pytest.warns(UserWarning, match=r"could not be stored.*No space left"),
    ):
        assert len(fetch().data) == 9
    assert published.cache.read_bytes() == b"old"
    assert os.listdir(published.home) == [published.cache.name]


# --- the download


def test_two_failures_of_the_server_are_retried(server, published):
    server.answers = [(500, b"", None), (503, b"", None), (200, published.zip, None)]
    with pytest.warns(UserWarning, match="Retry.*HTTP Error 50") as caught:
        bunch = fetch(n_retries=2)
    assert len(caught) == 2
    assert {warning.filename for warning in caught} == {__file__}
    assert server.n_requests == 3
    assert len(bunch.data) == 9


@pytest.mark.filterwarnings("ignore:Retry")
def test_a_lasting_failure_is_an_error_after_the_retries(server, published):
    server.answers = [(500, b"", None)]
    with pytest.raises(OSError, match=r"attempts: 3.*HTTP Error 500.*by hand.*data_home"):
        fetch(n_retries=2)
    assert server.n_requests == 3
    assert not published.home.exists()


def test_a_retry_waits_for_the_delay(server, published, monkeypatch):
    waits = []
    monkeypatch.setattr(_remote.time, "sleep", waits.append)
    server.answers = [(500, b"", None), (200, published.zip, None)]
    with pytest.warns(UserWarning, match="Retry"):
        fetch(delay=2.5)
    assert waits == [2.5]


def test_a_file_with_another_digest_is_an_error_with_both_digests(server, published):
    # sha256 of b"abc", the standard's own example
    abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    contents = {f"{FOLDER}/{name}": text for name, text in published.contents.items()}
    server.answers = [(200, zip_of({**contents, f"{FOLDER}/imdb_labelled.txt": b"abc"}), None)]
    expected = published.archive.members[2].digest
    with pytest.raises(OSError, match=f"imdb_labelled.*{abc}.*{expected}.*by hand"):
        fetch(subset="yelp", n_retries=0)
    assert not published.home.exists()


@pytest.mark.parametrize(
    ("corrupt", "message"),
    [
        (lambda body: b"<html>not here any more</html>", "not a zip"),
        (lambda body: b"", "not a zip"),
        (lambda body: body[: len(body) // 2], "not a zip"),
        (lambda body: b"\0" * 100_001, "more than 100000 bytes"),
    ],
    ids=["html", "empty", "half", "huge"],
)
def test_a_corrupt_download_is_retried_and_not_cached(server, published, corrupt, message):
    server.answers = [(200, corrupt(published.zip), None)]
    with (
        pytest.raises(OSError, match=f"{message}.*by hand"),
        pytest.warns(UserWarning, match="Retry"),
    ):
        fetch(n_retries=1)
    assert server.n_requests == 2
    assert not published.home.exists()


@pytest.mark.parametrize("announced", [None, -1], ids=["announced", "unannounced"])
def test_a_download_that_is_too_large_is_not_read_to_its_end(server, announced):
    server.answers = [(200, bytes(30_000_000), announced)]
    tracemalloc.start()
    try:
        with pytest.raises(OSError, match="more than 100000 bytes"):
            fetch(n_retries=0)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_a_truncated_download_is_retried(server, published):
    short = published.zip[:-30]
    server.answers = [(200, short, len(published.zip)), (200, published.zip, None)]
    announced = f"Got {len(short)} bytes, expected {len(published.zip)}"
    with pytest.warns(UserWarning, match=announced):
        assert len(fetch().data) == 9
    assert published.cache.read_bytes() == published.zip


def test_offline_the_error_has_the_url_and_a_hint(published):
    with pytest.raises(OSError, match=r"127\.0\.0\.1.*archive\.ics\.uci\.edu.*data_home"):
        fetch(n_retries=0)
    assert not published.home.exists()


def test_two_threads_fetching_at_once_leave_one_file(server, published):
    server.gate = threading.Barrier(2, timeout=120)  # both are downloading
    got = []
    threads = [threading.Thread(target=lambda: got.append(fetch())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [bunch.data for bunch in got] == [fetch().data] * 2
    assert os.listdir(published.home) == [published.cache.name]


def test_two_processes_fetching_at_once_leave_one_file(server, published, run_python):
    server.gate = threading.Barrier(2, timeout=120)
    members = [list(member) for member in published.archive.members]
    script = (
        "import json, sys\n"
        "from sklearn_textnn.datasets import _remote, _sentiment\n"
        "url, members = json.loads(sys.argv[1])\n"
        "members = tuple(_remote.Member(*member) for member in members)\n"
        "_sentiment.ARCHIVE = _sentiment.ARCHIVE._replace(url=url, members=members)\n"
        "print(json.dumps(_sentiment.fetch_sentiment_sentences(n_retries=0).data))\n"
    )
    command = ["-c", script, json.dumps([server.url, members])]
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(run_python, *command) for _ in range(2)]
    printed = [run.result().stdout for run in runs]
    assert server.n_requests == 2
    assert [json.loads(text) for text in printed] == [fetch().data] * 2
    assert os.listdir(published.home) == [published.cache.name]


# --- local copies


def test_a_local_zip_is_read_in_place(published, tmp_path):
    path = tmp_path / "mine.zip"
    path.write_bytes(published.zip)
    bunch = fetch(data_home=path)
    assert len(bunch.data) == 9
    assert bunch.filename == str(path)
    assert os.listdir(tmp_path) == ["mine.zip"]


def test_a_local_zip_may_hold_the_files_without_the_folder(published, tmp_path):
    (tmp_path / "flat.zip").write_bytes(zip_of(published.contents))
    assert len(fetch(data_home=tmp_path / "flat.zip").data) == 9


@pytest.mark.parametrize("below", ["", FOLDER])
def test_a_folder_with_the_files_is_read_in_place(published, tmp_path, below):
    folder = unpack(published, tmp_path / "mine" / below)
    before = sorted((tmp_path / "mine").rglob("*"))
    bunch = fetch(data_home=str(tmp_path / "mine"))
    assert len(bunch.data) == 9
    assert bunch.filename == str(folder)
    assert sorted((tmp_path / "mine").rglob("*")) == before


def test_a_local_copy_with_a_changed_file_is_refused(published, tmp_path):
    folder = unpack(published, tmp_path / "mine")
    (folder / "yelp_labelled.txt").write_bytes(b"Great soup.  \t1\r\n")
    with pytest.raises(OSError, match=r"yelp_labelled\.txt is not the published file.*by hand"):
        fetch(data_home=folder)
    assert len(fetch(data_home=folder, subset=["amazon", "imdb"]).data) == 7


def test_a_local_copy_with_a_file_missing_is_refused_and_names_it(published, tmp_path):
    folder = unpack(published, tmp_path / "mine")
    (folder / "imdb_labelled.txt").unlink()
    with pytest.raises(OSError, match=r"There is no .*imdb_labelled\.txt.*by hand"):
        fetch(data_home=folder)
    (tmp_path / "mine.zip").write_bytes(zip_of({f"{FOLDER}/yelp_labelled.txt": b"x"}))
    with pytest.raises(OSError, match=r"holds .*yelp_labelled.*no 'imdb_labelled\.txt'.*by hand"):
        fetch(data_home=tmp_path / "mine.zip", subset="imdb")


def test_a_missing_local_zip_is_not_created_as_a_cache_folder(server, tmp_path):
    with pytest.raises(OSError, match=r"There is no .*mine\.zip"):
        fetch(data_home=tmp_path / "mine.zip")
    assert server.n_requests == 0


# --- hostile zips


def test_only_expected_members_are_read_or_written(server, published):
    entries = {f"{FOLDER}/{name}": text for name, text in published.contents.items()}
    server.answers = [
        (200, zip_of({"../escaped.txt": b"x", "/tmp/abs.txt": b"x", **entries}), None)
    ]
    assert len(fetch().data) == 9
    assert os.listdir(published.home) == [published.cache.name]
    assert os.listdir(published.home.parent) == [published.home.name]


def test_a_zip_bomb_is_not_inflated(published, tmp_path):
    bomb = {f"{FOLDER}/{name}": bytes(50_000_000) for name in ["yelp_labelled.txt"]}
    (tmp_path / "bomb.zip").write_bytes(zip_of(bomb))
    tracemalloc.start()
    try:
        with pytest.raises(OSError, match=r"yelp_labelled.*more than \d+ bytes"):
            fetch(data_home=tmp_path / "bomb.zip", subset="yelp")
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_a_damaged_byte_of_a_zip_is_an_error_or_harmless(published):
    members = published.archive.members
    right = [published.contents[member.name] for member in members]
    n_errors = 0
    for position in range(len(published.zip)):
        damaged = bytearray(published.zip)
        damaged[position] ^= 0xFF
        try:
            contents = [_remote._read(io.BytesIO(damaged), FOLDER, member) for member in members]
        except OSError:
            n_errors += 1
        else:
            assert contents == right
    assert n_errors > 100


# --- the real files


@pytest.mark.parametrize(
    ("legacy_quoting", "subset", "n_negative", "n_positive"),
    [
        (False, "yelp", 500, 500),
        (False, "amazon", 500, 500),
        (False, "imdb", 500, 500),
        (False, "all", 1500, 1500),
        (True, "imdb", 362, 386),
        (True, "all", 1362, 1386),
    ],
)
def test_the_real_files_have_the_published_size(
    shared_data, legacy_quoting, subset, n_negative, n_positive
):
    bunch = fetch(subset=subset, data_home=shared_data / "sentiment", legacy_quoting=legacy_quoting)
    assert np.bincount(bunch.target).tolist() == [n_negative, n_positive]
    assert len(bunch.data) == len(bunch.source) == n_negative + n_positive


@pytest.mark.parametrize(
    ("source", "accuracy", "n_features"),
    [("yelp", 0.7960, 1714), ("amazon", 0.7960, None), ("imdb", 0.7487, 2505)],
)
def test_counts_and_logistic_regression_reach_the_tutorials_figures(
    shared_data, source, accuracy, n_features
):
    texts, y = fetch(
        subset=source,
        data_home=shared_data / "sentiment",
        legacy_quoting=True,
        return_X_y=True,
    )
    train, test, y_train, y_test = train_test_split(texts, y, test_size=0.25, random_state=1000)
    counts = CountVectorizer().fit(train)
    model = LogisticRegression().fit(counts.transform(train), y_train)
    assert model.score(counts.transform(test), y_test) == pytest.approx(accuracy, abs=5e-5)
    assert n_features in (None, len(counts.vocabulary_))
