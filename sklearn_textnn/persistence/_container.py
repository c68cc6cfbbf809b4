"""The file format: a zip of a JSON description and of arrays, which is read without trust.

Neither member is compressed. So the memory for reading is bounded by the size of the file, and
equal models lead to equal files, which do not depend on the version of a compressor.
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

# The number types of arrays in a file, by their names in numpy.
NUMBERS = {"bool", "float16", "float32", "float64"} | {
    f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}

# Python's own types that stand for number types.
BUILTINS = {"bool": bool, "float": float, "int": int}

# Types whose values JSON stores as they are; it also stores finite floats.
PLAIN = (type(None), bool, int, str)

# How many parts of a model can share an array or a vocabulary, so that the text of a model, such as
# its repr in an error, is at most a multiple of its file.
MOST_PLACES = 8

_TIME = (1980, 1, 1, 0, 0, 0)  # a constant, so that equal models have equal files
_UNIX = 3  # the system that wrote a zip


def write(path, description, arrays):
    """Write a model file, completely or not at all.

    Parameters
    ----------
    path : str
        The file. An existing one is replaced and keeps its mode; links are followed.
    description : dict
        The description, of values that JSON can store.
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
        File open for reading; no other file is opened.

    Returns
    -------
    description : dict
        In this version of the format or an earlier one; its content is not checked.
    arrays : dict of str to ndarray

    Raises
    ------
    ModelFormatError
        If it is not a model file, is damaged, or has a newer version.
    """
    # zipfile, json and safetensors raise a dozen different errors for invalid bytes
    with as_format_error("it is damaged, or not a model file"), zipfile.ZipFile(file) as archive:
        members = _checked_members(archive, os.fstat(file.fileno()).st_size)
        description = _parse(archive.read(members[DESCRIPTION]))
        _check_version(description)
        foreign = set(members) - {DESCRIPTION, ARRAYS}
        expect(not foreign, f"it contains {shown(sorted(foreign))}, which belong to no model")
        expect(ARRAYS in members, f"it contains no {ARRAYS}")
        arrays = safetensors.load(archive.read(members[ARRAYS]))
        kinds = {array.dtype.name for array in arrays.values()}
        expect(kinds <= NUMBERS, f"{ARRAYS} contains {kinds - NUMBERS}, expected numbers")
        return description, arrays


def _checked_members(archive, n_bytes):
    """Return the members by name; refuse repeated, compressed or oversized ones."""
    members = {}
    for info in archive.infolist():
        name = info.filename
        expect(name not in members, f"it contains {shown(name)} twice")
        expect(not info.flag_bits & 1, f"its member {shown(name)} is encrypted")
        sizes = info.file_size, info.compress_size
        is_stored = info.compress_type == zipfile.ZIP_STORED and sizes[0] == sizes[1]
        expect(is_stored, f"its member {shown(name)} is compressed, expected it uncompressed")
        expect(sizes[0] <= n_bytes, f"its member {shown(name)} is larger than the file")
        members[name] = info
    expect(DESCRIPTION in members, f"it contains no {DESCRIPTION}")
    return members


def _parse(content):
    description = json.loads(
        content.decode("ascii"), object_pairs_hook=_distinct, parse_constant=_refuse_constant
    )
    expect(isinstance(description, dict), f"{DESCRIPTION} is not an object")
    return description


def _distinct(pairs):
    found = dict(pairs)
    expect(len(found) == len(pairs), f"{DESCRIPTION} contains a key twice in one object")
    return found


def _refuse_constant(name):
    raise ModelFormatError(f"{DESCRIPTION} contains {name}, which is not JSON")


def _check_version(description):
    found, version = description.get("format"), description.get("version")
    expect(found == FORMAT, f"its format is {shown(found)}, expected {FORMAT!r}")
    is_one = type(version) is int and version >= 1
    expect(is_one, f"its version is {shown(version)}, expected an int >= 1")
    if version > VERSION:
        libraries = description.get("libraries")
        writer = libraries.get("sklearn_textnn") if isinstance(libraries, dict) else None
        raise ModelFormatError(
            f"its format is {shown(version)}, written by sklearn_textnn {shown(writer)}; this "
            f"version, {__version__}, reads formats up to {VERSION}",
            hint="Install the newer version",
        )
