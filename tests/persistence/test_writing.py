"""Files are written atomically."""

import errno
import os
import threading
import zipfile

import numpy as np
import pytest

from sklearn_textnn import persistence
from sklearn_textnn.persistence import _container


def failing(error):
    def fail(*args, **kwargs):
        raise error

    return fail


FULL = OSError(errno.ENOSPC, "No space left on device")
MOMENTS = {
    "while serialising": (_container.safetensors, "save"),
    "while writing": (zipfile.ZipFile, "writestr"),
    "while syncing": (os, "fsync"),
    "while moving": (os, "replace"),
}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("error", [FULL, KeyboardInterrupt()], ids=["full disk", "Ctrl-C"])
@pytest.mark.parametrize("exists", [True, False])
def test_a_failed_write_leaves_the_old_file_and_no_other(
    moment, error, exists, fitted, saved, monkeypatch
):
    path = saved("tf-idf")
    before = path.read_bytes() if exists else path.unlink()
    monkeypatch.setattr(*MOMENTS[moment], failing(error))
    with pytest.raises(type(error)):
        persistence.save(fitted("few words, three classes"), path)
    assert [*path.parent.iterdir()] == ([path] if exists else [])
    if exists:
        assert path.read_bytes() == before


def test_content_is_flushed_before_the_rename(fitted, tmp_path, monkeypatch):
    done = []

    def watch(module, name):
        original = getattr(module, name)

        def watched(*args):
            done.append(name)
            return original(*args)

        monkeypatch.setattr(module, name, watched)

    watch(os, "fsync")
    watch(os, "replace")
    persistence.save(fitted("tf-idf"), tmp_path / "x")
    assert done == ["fsync", "replace", "fsync"]  # the file, its name, the folder


def test_a_link_is_followed(fitted, tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    persistence.save(fitted("tf-idf"), link)
    assert link.is_symlink()
    assert persistence.load(target)


def test_a_missing_folder_is_an_error(fitted, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere"):
        persistence.save(fitted("tf-idf"), tmp_path / "nowhere" / "x")


def test_a_str_is_a_path_too(fitted, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    persistence.save(fitted("tf-idf"), "x")
    assert persistence.load("x")


def test_bytes_are_a_path_too(fitted, tmp_path):
    path = os.fsencode(tmp_path / "x")
    persistence.save(fitted("tf-idf"), path)
    assert persistence.load(path)
    for wrong in (None, 3):
        with pytest.raises(TypeError, match="'path' parameter of save must be"):
            persistence.save(fitted("tf-idf"), wrong)
        with pytest.raises(TypeError, match="'path' parameter of load must be"):
            persistence.load(wrong)


def test_a_name_may_be_as_long_as_the_system_allows(fitted, tmp_path):
    path = tmp_path / ("x" * 255)
    persistence.save(fitted("tf-idf"), path)
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.skipif(os.name != "posix", reason="modes are those of Unix")
def test_the_mode_of_a_file_is_preserved(fitted, tmp_path, monkeypatch):
    """Others cannot read it during writing either."""
    path, seen = tmp_path / "x", []
    path.write_bytes(b"")
    write = zipfile.ZipFile.writestr

    def watched(*args, **kwargs):
        (unfinished,) = tmp_path.glob(".*.part")
        seen.append(unfinished.stat().st_mode & 0o777)
        return write(*args, **kwargs)

    monkeypatch.setattr(zipfile.ZipFile, "writestr", watched)
    for mode in (0o600, 0o400, 0o664):
        path.chmod(mode)
        persistence.save(fitted("tf-idf"), path)
        assert path.stat().st_mode & 0o777 == mode
        assert {*seen} == {mode}
        seen.clear()
    (tmp_path / "plain").write_bytes(b"")
    persistence.save(fitted("tf-idf"), tmp_path / "new")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_device_or_pipe_is_not_replaced(fitted, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/null"):
        with pytest.raises(OSError, match="is a device or a pipe"):
            persistence.save(fitted("tf-idf"), path)
    with pytest.raises(IsADirectoryError, match="it is a folder"):
        persistence.save(fitted("tf-idf"), tmp_path)
    assert [*tmp_path.iterdir()] == [tmp_path / "pipe"]
    assert (tmp_path / "pipe").is_fifo()


def test_of_two_writers_one_wins(fitted, saved, texts, tmp_path):
    """A concurrent reader gets one of both, complete."""
    pipelines = fitted("tf-idf"), fitted("nested, bool labels")
    outcomes = [p.predict_proba(texts) for p in pipelines]
    path = saved("tf-idf")

    def write(pipeline):
        for _ in range(10):
            persistence.save(pipeline, path)

    threads = [threading.Thread(target=write, args=[p]) for p in pipelines]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        found = persistence.load(path).predict_proba(texts)
        assert any(np.array_equal(found, outcome) for outcome in outcomes)
    assert [*tmp_path.iterdir()] == [path]


def test_the_file_is_a_zip_that_others_can_read(saved, members_of):
    """It has two uncompressed members; the arrays are safetensors."""
    import safetensors.numpy

    path = saved("pooling")
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert {i.compress_type for i in archive.infolist()} == {zipfile.ZIP_STORED}
    members = members_of(path)
    assert list(members) == ["model.json", "arrays.safetensors"]
    arrays = safetensors.numpy.load(members["arrays.safetensors"])
    assert (10, 3) in {array.shape for array in arrays.values()}  # the table of tokens
    assert members["model.json"].isascii()
