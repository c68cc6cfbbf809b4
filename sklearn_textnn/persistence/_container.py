"""The file itself: a zip of a description in JSON and of arrays, read with suspicion.

Both members are stored, not compressed. So what a reader allocates is bounded by the bytes that
are there, and equal models give equal files whatever the version of a compressor.
"""

import json
import os
import stat
import uuid
import zipfile
from pathlib import Path

import safetensors.numpy as safetensors

from .. import __version__
from ._faults import ModelFormatError, expect, shown, told

FORMAT = "sklearn_textnn.model"
VERSION = 1

DESCRIPTION = "model.json"
ARRAYS = "arrays.safetensors"

# The number types that an array file can hold, by numpy's names.
NUMBERS = {"bool", "float16", "float32", "float64"} | {
    f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}

# Types of Python's own that stand for types of numbers.
BUILTINS = {"bool": bool, "float": float, "int": int}

# The values that JSON holds as they are; of floats it holds the finite ones.
PLAIN = (type(None), bool, int, str)

# In how many places of a model an array or a vocabulary can stand, so that what a model says of
# itself, in an error for example, is no longer than a multiple of its file.
MOST_PLACES = 8

_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can state: equal models, equal bytes
_UNIX = 3  # in a zip: the system that wrote it


def write(path, description, arrays):
    """Write a model file at once: under another name first, moved when it is safely on disk.

    Parameters
    ----------
    path : str
        Where; a file that is there is replaced and its mode kept, a link is followed.
    description : dict
        What JSON can hold.
    arrays : dict of str to ndarray
        C-contiguous arrays.

    Raises
    ------
    OSError
        If it cannot be written; a file that was there before is as it was.
    """
    path = Path(os.path.realpath(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(f"Cannot write {path}: there is no folder {path.parent}.")
    mode = _mode_of(path)
    unfinished = path.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        with unfinished.open("xb") as file:
            if mode is not None:
                unfinished.chmod(mode)
            _write_members(file, description, arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _mode_of(path):
    """Return the mode of the file that is to be replaced, None where there is none."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(f"Cannot write {path}: it is a folder.")
    if not stat.S_ISREG(mode):
        raise OSError(f"Cannot write {path}: it is a device or a pipe, which no file can replace.")
    return stat.S_IMODE(mode)


def _write_members(file, description, arrays):
    text = json.dumps(description, allow_nan=False, separators=(",", ":"))
    members = {DESCRIPTION: text.encode("ascii"), ARRAYS: safetensors.save(arrays)}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, _TIME)
            info.create_system = _UNIX
            archive.writestr(info, content)


def _sync_folder(folder):
    """Bring the new name to disk too, where folders can be opened."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read(file):
    """Read a model file.

    Parameters
    ----------
    file : binary file
        Open for reading; nothing else is opened.

    Returns
    -------
    description : dict
        Of this version of the format, its content not looked at.
    arrays : dict of str to ndarray

    Raises
    ------
    ModelFormatError
        If it is no model file, a damaged one, or one of a newer version.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            members = _checked_members(archive, os.fstat(file.fileno()).st_size)
            description = _parse(archive.read(members[DESCRIPTION]))
            _check_version(description)
            foreign = set(members) - {DESCRIPTION, ARRAYS}
            expect(not foreign, f"it holds {shown(sorted(foreign))}, which belong to no model")
            expect(ARRAYS in members, f"it holds no {ARRAYS}")
            arrays = safetensors.load(archive.read(members[ARRAYS]))
            expect(
                all(array.dtype.name in NUMBERS for array in arrays.values()),
                f"{ARRAYS} holds other things than numbers",
            )
            return description, arrays
    except (ModelFormatError, MemoryError):
        raise
    # zipfile, json and safetensors have a dozen different errors for bytes that make no sense
    except Exception as error:
        raise ModelFormatError(f"it is damaged, or no model at all ({told(error)})") from error


def _checked_members(archive, n_bytes):
    """Return the members by name, none of them twice, packed or larger than the file."""
    members = {}
    for info in archive.infolist():
        name = info.filename
        expect(name not in members, f"it holds {shown(name)} twice")
        expect(not info.flag_bits & 1, f"its member {shown(name)} is encrypted")
        expect(
            info.compress_type == zipfile.ZIP_STORED and info.file_size == info.compress_size,
            f"its member {shown(name)} is compressed, expected members that are stored as they "
            "are, so that none is larger than the file",
        )
        expect(
            info.file_size <= n_bytes,
            f"its member {shown(name)} claims {info.file_size} bytes, but the file has {n_bytes}",
        )
        members[name] = info
    expect(DESCRIPTION in members, f"it holds no {DESCRIPTION}")
    return members


def _parse(content):
    description = json.loads(
        content.decode("ascii"), object_pairs_hook=_distinct, parse_constant=_refuse_constant
    )
    expect(isinstance(description, dict), f"{DESCRIPTION} holds no object")
    return description


def _distinct(pairs):
    found = dict(pairs)
    expect(len(found) == len(pairs), f"{DESCRIPTION} holds a key twice in one object")
    return found


def _refuse_constant(name):
    raise ModelFormatError(f"{DESCRIPTION} holds {name}, which is not JSON")


def _check_version(description):
    found, version = description.get("format"), description.get("version")
    expect(found == FORMAT, f"its format is {shown(found)}, expected {FORMAT!r}")
    expect(
        type(version) is int and version >= 1,
        f"its version is {shown(version)}, expected an int >= 1",
    )
    if version > VERSION:
        libraries = description.get("libraries")
        writer = libraries.get("sklearn_textnn") if isinstance(libraries, dict) else None
        raise ModelFormatError(
            f"it is of format {shown(version)}, written by sklearn_textnn {shown(writer)}; this "
            f"version, {__version__}, reads up to format {VERSION}",
            cure="Install the later one",
        )
