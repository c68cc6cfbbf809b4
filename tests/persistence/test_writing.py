"""A file is written whole or not at all."""

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
def test_a_fault_leaves_the_old_file_and_nothing_else(
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


def test_bytes_are_on_disk_before_the_name_is(fitted, tmp_path, monkeypatch):
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


def test_a_missing_folder_is_named(fitted, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere"):
        persistence.save(fitted("tf-idf"), tmp_path / "nowhere" / "x")


def test_a_str_is_a_path_too(fitted, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    persistence.save(fitted("tf-idf"), "x")
    assert persistence.load("x")


def test_of_two_writers_one_wins(fitted, saved, texts, tmp_path):
    """Whoever reads meanwhile sees one of both, complete."""
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
    """Two members, neither packed; the arrays are safetensors."""
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
