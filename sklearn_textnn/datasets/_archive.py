"""Reading and verification of published zips."""

import hashlib
import zipfile
from pathlib import Path
from typing import NamedTuple

from .._atomic import WriteFailedError

CHUNK = 2**20  # bytes held in memory at a time


class Member(NamedTuple):
    """A file of an archive: its name without folder, maximum size and digest."""

    name: str
    max_size: int
    digest: str
    algorithm: str = "sha256"


class RemoteArchive(NamedTuple):
    """A published zip: its URL, its web page, and the members to read."""

    filename: str
    url: str
    page: str
    folder: str  # within the zip
    max_size: int
    members: tuple


def find_own_copy(archive, home):
    """Return the user's zip or folder with the files, or None if there is neither."""
    if home.is_file() or home.suffix == ".zip":
        return home
    for folder in (home, home / archive.folder):
        if any((folder / member.name).is_file() for member in archive.members):
            return folder
    return None


def copy_member(place, folder, member, target=None):
    """Verify a member of a zip (path or binary file) or of a folder, and copy it to a target."""
    path = place / member.name if isinstance(place, Path) and place.is_dir() else place
    if isinstance(path, Path):
        check_is_file(path)
    if path is place:
        size, digest = _copy_zipped(place, folder, member, target)
    else:
        with open(path, "rb") as source:
            size, digest = _copy(source, member, target)
    if digest != member.digest:
        longer = size > member.max_size
        got = f"more than {member.max_size} bytes" if longer else f"{member.algorithm} {digest}"
        raise OSError(
            f"{member.name} is not the published file: got {got}, expected {member.algorithm} "
            f"{member.digest}."
        )


def _copy_zipped(place, folder, member, target):
    try:
        with (
            zipfile.ZipFile(place) as zipped,
            zipped.open(_find_entry(zipped, folder, member.name)) as source,
        ):
            return _copy(source, member, target)
    except WriteFailedError:
        raise
    except Exception as error:  # zipfile raises many kinds of errors for damaged bytes
        name = f" {str(place)!r}" if isinstance(place, Path) else ""
        raise OSError(f"The zip{name} cannot be read: {error}.") from error


def _find_entry(zipped, folder, name):
    """Return the entry of a member; all other names, hostile or not, are ignored."""
    entries = {entry.filename: entry for entry in zipped.infolist()}
    entry = entries.get(f"{folder}/{name}") or entries.get(name)
    if entry is None:
        found = ", ".join(map(repr, list(entries)[:5])) + (", ..." if len(entries) > 5 else "")
        raise OSError(f"it holds {found or 'nothing'}, but no {name!r}")
    # Of the other methods, zipfile inflates a whole chunk at once, however large it becomes.
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise OSError(f"{name!r} is compressed by method {entry.compress_type}, expected deflate")
    return entry


def _copy(source, member, target):
    """Copy in chunks, up to the maximum size; return the number and digest of the bytes."""
    digest = hashlib.new(member.algorithm, usedforsecurity=False)
    size = 0
    while size <= member.max_size and (chunk := source.read(CHUNK)):
        size += len(chunk)
        digest.update(chunk)
        if target is not None:
            target.write(chunk)
    return size, digest.hexdigest()


def check_is_file(path):
    if not path.is_file():
        raise FileNotFoundError(f"There is no {str(path)!r}.")
