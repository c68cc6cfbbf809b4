"""The file itself: a zip of a description in JSON and of arrays, read with suspicion.

Both members are stored, not compressed. So what a reader allocates is bounded by the bytes that
are there, and equal models give equal files whatever the version of a compressor.
"""

import json
import os
import zipfile

import safetensors.numpy as safetensors

from .. import __version__
from .._atomic import atomic_write
from ._errors import ModelFormatError, as_format_error, expect, shown

FORMAT = "sklearn_textnn.model"
VERSION = 2

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
    """Write a model file, whole or not at all.

    Parameters
    ----------
    path : str
        Where; a file that is there is replaced and its mode kept, a link is followed.
    description : dict
        What JSON can hold.
    arrays : dict of str to ndarray
        C-contiguous arrays.
    """
    with atomic_write(path) as file:
        text = json.dumps(description, allow_nan=False, separators=(",", ":"))
        members = {DESCRIPTION: text.encode("ascii"), ARRAYS: safetensors.save(arrays)}
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for name, content in members.items():
                info = zipfile.ZipInfo(name, _TIME)
                info.create_system = _UNIX
                archive.writestr(info, content)


def read(file):
    """Read a model file.

    Parameters
    ----------
    file : binary file
        Open for reading; nothing else is opened.

    Returns
    -------
    description : dict
        Of this version of the format or an earlier one, its content not looked at.
    arrays : dict of str to ndarray

    Raises
    ------
    ModelFormatError
        If it is no model file, a damaged one, or one of a newer version.
    """
    # zipfile, json and safetensors have a dozen different errors for bytes that make no sense
    with as_format_error("it is damaged, or no model at all"), zipfile.ZipFile(file) as archive:
        members = _checked_members(archive, os.fstat(file.fileno()).st_size)
        description = _parse(archive.read(members[DESCRIPTION]))
        _check_version(description)
        foreign = set(members) - {DESCRIPTION, ARRAYS}
        expect(not foreign, f"it holds {shown(sorted(foreign))}, which belong to no model")
        expect(ARRAYS in members, f"it holds no {ARRAYS}")
        arrays = safetensors.load(archive.read(members[ARRAYS]))
        kinds = {array.dtype.name for array in arrays.values()}
        expect(kinds <= NUMBERS, f"{ARRAYS} holds {kinds - NUMBERS}, expected numbers")
        return description, arrays


def _checked_members(archive, n_bytes):
    """Return the members by name, none of them twice, packed or larger than the file."""
    members = {}
    for info in archive.infolist():
        name = info.filename
        expect(name not in members, f"it holds {shown(name)} twice")
        expect(not info.flag_bits & 1, f"its member {shown(name)} is encrypted")
        sizes = info.file_size, info.compress_size
        is_stored = info.compress_type == zipfile.ZIP_STORED and sizes[0] == sizes[1]
        expect(is_stored, f"its member {shown(name)} is compressed, expected stored ones")
        expect(sizes[0] <= n_bytes, f"its member {shown(name)} is larger than the file")
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
    is_one = type(version) is int and version >= 1
    expect(is_one, f"its version is {shown(version)}, expected an int >= 1")
    if version > VERSION:
        libraries = description.get("libraries")
        writer = libraries.get("sklearn_textnn") if isinstance(libraries, dict) else None
        raise ModelFormatError(
            f"it is of format {shown(version)}, written by sklearn_textnn {shown(writer)}; this "
            f"version, {__version__}, reads up to format {VERSION}",
            hint="Install the later one",
        )
