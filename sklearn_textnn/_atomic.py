"""Atomic writing of files."""

import io
import os
import stat
import time
import zlib
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

_ABANDONED = 24 * 3600  # seconds since the last write to an unfinished file


class WriteFailedError(OSError):
    """A file cannot be written, as opposed to an error in computing its content."""


@contextmanager
def atomic_write(path, *, make_folder=False):
    """Open a new binary file that replaces `path` when the block ends without an error.

    The content is on disk before it gets its name. A replaced file keeps its mode; links are
    followed. Unfinished files of a killed process for the same path are removed after a day.

    Parameters
    ----------
    path : str or Path
        File to write.
    make_folder : bool, default=False
        Whether to create the folder; otherwise a missing one is an error.

    Yields
    ------
    binary file
        Open for reading and writing, unbuffered.

    Raises
    ------
    WriteFailedError
        If the file cannot be written; an existing one stays unchanged. FileNotFoundError if the
        folder does not exist, IsADirectoryError if `path` is a folder.
    """
    path = Path(os.path.realpath(path))
    name = f".{zlib.crc32(os.fsencode(path.name)):08x}-"  # short: a name may be of any length
    part = path.with_name(f"{name}{uuid4().hex}.part")
    with _write_errors():
        mode = _mode_of(path, make_folder)
        _remove_abandoned(path.parent, name)
        file = _PartFile(part)
    try:
        if mode is not None:
            part.chmod(mode)
        yield file
        with _write_errors():
            os.fsync(file.fileno())
            file.close()
            os.replace(part, path)
    finally:
        for clean_up in (file.close, part.unlink):
            with suppress(OSError):
                clean_up()
    _sync_folder(path.parent)


def _mode_of(path, make_folder):
    """Return the mode of the file to replace, None if there is none."""
    if make_folder:
        path.parent.mkdir(parents=True, exist_ok=True)
    elif not path.parent.is_dir():
        raise FileNotFoundError(f"Cannot write {path}: there is no folder {path.parent}.")
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(f"Cannot write {path}: it is a folder.")
    if not stat.S_ISREG(mode):
        raise OSError(f"Cannot write {path}: it is a device or a pipe, which cannot be replaced.")
    return stat.S_IMODE(mode)


def _remove_abandoned(folder, name):
    for part in folder.glob(f"{name}*.part"):
        with suppress(OSError):
            if time.time() - part.stat().st_mtime > _ABANDONED:
                part.unlink()


class _PartFile(io.FileIO):
    """A new file that turns errors of writing into WriteFailedError."""

    def __init__(self, path):
        super().__init__(path, "x+")

    def write(self, content):
        rest = memoryview(content).cast("B")
        with _write_errors():
            while rest:  # the system may write less at a time
                rest = rest[super().write(rest) :]
        return memoryview(content).nbytes

    def truncate(self, size=None):
        with _write_errors():
            return super().truncate(size)


@contextmanager
def _write_errors():
    try:
        yield
    except (FileNotFoundError, IsADirectoryError, WriteFailedError):
        raise
    except OSError as error:
        if error.errno is None:
            raise WriteFailedError(str(error)) from error
        raise WriteFailedError(error.errno, error.strerror, error.filename) from error


def _sync_folder(folder):
    """Flush the new name to disk too, if folders can be opened."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
