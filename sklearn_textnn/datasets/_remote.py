"""Archives from elsewhere: found on disk or downloaded, verified, kept."""

import contextlib
import hashlib
import io
import os
import time
import warnings
import zipfile
from http.client import HTTPException
from pathlib import Path
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.request import urlopen
from uuid import uuid4

_TIMEOUT = 30.0  # seconds a server may stay silent
_CHUNK = 2**20  # bytes held in memory at a time


class Member(NamedTuple):
    """One file of an archive, and what it has to be.

    Parameters
    ----------
    name : str
        File name, without folder.
    max_size : int
        Number of bytes; where that is not on record, a number that it does not exceed.
    digest : str
        Digest of the bytes, in hexadecimal.
    algorithm : {'sha256', 'sha1'}
        What the digest was made with.
    """

    name: str
    max_size: int
    digest: str
    algorithm: str = "sha256"


class DiskError(OSError):
    """A folder that the download should go to does not take it; trying again would not help."""


class RemoteArchive(NamedTuple):
    """A zip that others publish, and which of its members are wanted.

    Parameters
    ----------
    filename : str
        Name of the zip, there and in the cache.
    url : str
        Where programs get it.
    page : str
        Where people get it.
    folder : str
        The folder within the zip that holds the members.
    max_size : int
        Number of bytes beyond which a download is refused.
    members : tuple of Member
        The files that are wanted.
    """

    filename: str
    url: str
    page: str
    folder: str
    max_size: int
    members: tuple


def get_data_home(data_home=None):
    """Path of the folder that keeps what the fetchers download.

    The folder is made when something is first kept in it.

    Parameters
    ----------
    data_home : str or path-like, default=None
        The folder. If None, the environment variable ``SKLEARN_TEXTNN_DATA``, and where that is
        not set, ``~/sklearn_textnn_data``.

    Returns
    -------
    Path
        The folder, with ``~`` expanded.

    Examples
    --------
    >>> from sklearn_textnn.datasets import get_data_home
    >>> get_data_home("corpora").name
    'corpora'
    """
    if data_home is None:
        data_home = os.environ.get("SKLEARN_TEXTNN_DATA") or "~/sklearn_textnn_data"
    return Path(data_home).expanduser()


def fetch_members(archive, wanted, *, data_home, download_if_missing, n_retries, delay):
    """Give the bytes of some small members, from disk if they are there, else from their URL.

    Parameters
    ----------
    archive : RemoteArchive
        Where the members are.
    wanted : sequence of Member
        The members to read.
    data_home : str, path-like or None
        The cache folder, or a local copy: a zip, or a folder with the files. None is
        :func:`get_data_home`.
    download_if_missing : bool
        Whether to download at all.
    n_retries : int
        How often to try again after a download that failed.
    delay : float
        Seconds before trying again.

    Returns
    -------
    contents : list of bytes
        The members' contents, verified.
    path : Path or None
        Where they are kept; None if they could not be.

    Raises
    ------
    OSError
        If the members are missing, damaged, or out of reach.
    """
    home = get_data_home(data_home)
    own_copy = _find_own_copy(archive, home)
    place = own_copy or home / archive.filename
    try:
        return _read_members(place, archive.folder, wanted), place
    except OSError as error:
        if own_copy or not download_if_missing:
            raise OSError(f"{error} {_cure(archive)}") from error
        if place.exists():
            warnings.warn(f"{error} It is downloaded again.", stacklevel=4)
    zipped = io.BytesIO()
    _download(archive, archive.members, zipped, n_retries, delay)
    return _read_members(zipped, archive.folder, wanted), _keep(zipped.getvalue(), place)


def fetch_file(archive, member, path, *, own_zip, download_if_missing, n_retries, delay):
    """Put a member of any size at `path`, from a zip on disk if there is one, else from its URL.

    A downloaded zip is kept beside `path`: other members may be wanted later.

    Parameters
    ----------
    archive : RemoteArchive
        Where the member is.
    member : Member
        The member to extract.
    path : Path
        Where to put it, whole and verified or not at all.
    own_zip : Path or None
        The user's zip; None is the one beside `path`, downloaded if need be.
    download_if_missing : bool
        Whether to download at all.
    n_retries : int
        How often to try again after a download that failed.
    delay : float
        Seconds before trying again.

    Raises
    ------
    OSError
        If the member is missing, damaged, or out of reach, or cannot be written.
    """
    place = own_zip or path.with_name(archive.filename)
    try:
        _extract(place, archive.folder, member, path)
        return
    except DiskError:
        raise
    except OSError as error:
        if own_zip or not download_if_missing:
            raise OSError(f"{error} {_cure(archive)}") from error
        if place.exists():
            warnings.warn(f"{error} It is downloaded again.", stacklevel=4)
    # The zip is in its place before the member is written: a disk that is full by then
    # does not cost the download.
    with _replacing(place) as zipped:
        _download(archive, [member], zipped, n_retries, delay)
    _extract(place, archive.folder, member, path)


def _find_own_copy(archive, home):
    """Find the zip, or the folder with the files, that the user points to; None is neither."""
    if home.is_file() or home.suffix == ".zip":
        return home
    for folder in (home, home / archive.folder):
        if any((folder / member.name).is_file() for member in archive.members):
            return folder
    return None


def _read_members(place, folder, members):
    """Give the verified bytes of members of a zip or of a plain folder."""
    contents = [io.BytesIO() for _ in members]
    for member, content in zip(members, contents, strict=True):
        _copy_member(place, folder, member, content)
    return [content.getvalue() for content in contents]


def _extract(place, folder, member, path):
    """Put a verified member of a zip at `path`, whole or not at all."""
    _check_is_file(place)  # before a folder is made
    with _replacing(path) as file:
        _copy_member(place, folder, member, file)


def _copy_member(place, folder, member, target=None):
    """Copy a member of a zip (path or binary file) or of a plain folder (path), and verify it.

    Without a target, verify only.
    """
    path = place / member.name if isinstance(place, Path) and place.is_dir() else place
    if isinstance(path, Path):
        _check_is_file(path)
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


def _check_is_file(path):
    if not path.is_file():
        raise FileNotFoundError(f"There is no {str(path)!r}.")


def _copy_zipped(place, folder, member, target):
    try:
        # zipfile lets exceptions of many kinds through when bytes are damaged.
        with (
            zipfile.ZipFile(place) as zipped,
            zipped.open(_find_entry(zipped, folder, member.name)) as source,
        ):
            return _copy(source, member, target)
    except DiskError:
        raise
    except Exception as error:
        name = f" {str(place)!r}" if isinstance(place, Path) else ""
        raise OSError(f"The zip{name} cannot be read: {error}.") from error


def _find_entry(zipped, folder, name):
    """Find the one entry that is wanted; the names of all others, hostile or not, mean nothing."""
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
    """Copy in chunks, hardly beyond the largest size; give number and digest of the bytes."""
    digest = hashlib.new(member.algorithm, usedforsecurity=False)
    size = 0
    while size <= member.max_size and (chunk := source.read(_CHUNK)):
        size += len(chunk)
        digest.update(chunk)
        if target is not None:
            target.write(chunk)
    return size, digest.hexdigest()


def _download(archive, members, file, n_retries, delay):
    """Download the zip into a binary file and verify some of its members."""
    failure = None
    for _ in range(n_retries + 1):
        if failure is not None:
            warnings.warn(f"Retry downloading {archive.url}: {failure}", stacklevel=5)
            time.sleep(delay)
        try:
            _get(archive.url, archive.max_size, file)
            for member in members:
                _copy_member(file, archive.folder, member)
            return
        except DiskError:
            raise
        except (OSError, HTTPException) as error:
            failure = error
            if isinstance(error, HTTPError):
                error.close()
    raise OSError(
        f"{archive.url} could not be downloaded (attempts: {n_retries + 1}). Last failure: "
        f"{failure} {_cure(archive)}"
    ) from failure


def _get(url, max_size, file):
    """Stream the body of the answer, complete and not larger than `max_size` bytes, into a file."""
    file.seek(0)
    file.truncate()
    with urlopen(url, timeout=_TIMEOUT) as response:
        announced = response.headers.get("Content-Length") or ""
        announced = int(announced) if announced.isdigit() else None
        size = 0
        while max(size, announced or 0) <= max_size and (chunk := response.read(_CHUNK)):
            size += len(chunk)
            file.write(chunk)
    if max(size, announced or 0) > max_size:
        raise OSError(f"Got more than {max_size} bytes; the published zip is smaller.")
    # read(n) returns what it has when the connection ends early, and does not complain.
    if announced is not None and size < announced:
        raise OSError(f"Got {size} bytes, expected {announced}: the download broke off.")


class _PartFile(io.FileIO):
    """A new file, unbuffered: a disk that does not take it is told of at once, and by name."""

    def __init__(self, path):
        super().__init__(path, "x+")

    def write(self, chunk):
        rest = memoryview(chunk)
        with _blaming_the_disk(self.name):
            while rest:  # it may be taken in parts
                rest = rest[super().write(rest) :]
        return len(chunk)


@contextlib.contextmanager
def _replacing(path):
    """Open a new file that takes the place of `path` if all goes well, and else is removed."""
    part = path.with_name(f"{path.name}.{uuid4().hex}.part")
    try:
        with _blaming_the_disk(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            file = _PartFile(part)
        with file:
            yield file
            with _blaming_the_disk(path):
                os.fsync(file.fileno())
        with _blaming_the_disk(path):
            os.replace(part, path)
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


@contextlib.contextmanager
def _blaming_the_disk(path):
    try:
        yield
    except OSError as error:
        raise DiskError(
            f"{str(Path(path).parent)!r} cannot be written to: {error.strerror or error}. Make "
            "room there, or name another folder as data_home or in SKLEARN_TEXTNN_DATA."
        ) from error


def _keep(content, path):
    """Put the content at `path`, whole or not at all; tell where it is kept, if it is."""
    try:
        with _replacing(path) as file:
            file.write(content)
    except DiskError as error:
        warnings.warn(f"The download is used, but could not be kept: {error}", stacklevel=5)
        return None
    return path


def _cure(archive):
    return f"Get the zip from {archive.page} by hand and pass its path as data_home."
