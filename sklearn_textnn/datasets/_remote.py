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


class Member(NamedTuple):
    """One file of an archive, and what it has to be.

    Parameters
    ----------
    name : str
        File name, without folder.
    size : int
        Number of bytes.
    sha256 : str
        SHA-256 of the bytes, in hexadecimal.
    """

    name: str
    size: int
    sha256: str


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
    """Give the bytes of some members, from disk if they are there, else from their URL.

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
    content = _download(archive, n_retries, delay)
    return _read_members(io.BytesIO(content), archive.folder, wanted), _keep(content, place)


def _find_own_copy(archive, home):
    """Find the zip, or the folder with the files, that the user points to; None is neither."""
    if home.is_file() or home.suffix == ".zip":
        return home
    for folder in (home, home / archive.folder):
        if any((folder / member.name).is_file() for member in archive.members):
            return folder
    return None


def _read_members(place, folder, members):
    """Read and verify members of a zip (path or binary file) or of a plain folder (path)."""
    if isinstance(place, Path) and not place.exists():
        raise FileNotFoundError(f"There is no {str(place)!r}.")
    if isinstance(place, Path) and place.is_dir():
        contents = [_read_file(place / member.name, member) for member in members]
    else:
        contents = _read_zip(place, folder, members)
    return [_verify(content, member) for content, member in zip(contents, members, strict=True)]


def _read_file(path, member):
    if not path.is_file():
        raise FileNotFoundError(f"There is no {str(path)!r}.")
    with open(path, "rb") as file:
        return file.read(member.size + 1)


def _read_zip(place, folder, members):
    try:
        # zipfile lets exceptions of many kinds through when bytes are damaged.
        with zipfile.ZipFile(place) as zipped:
            return [_read_zipped(zipped, folder, member) for member in members]
    except Exception as error:
        name = f" {str(place)!r}" if isinstance(place, Path) else ""
        raise OSError(f"The zip{name} cannot be read: {error}.") from error


def _read_zipped(zipped, folder, member):
    """Read one member, at most a byte more than it should have; all others stay unread."""
    names = zipped.namelist()
    for name in (f"{folder}/{member.name}", member.name):
        if name in names:
            with zipped.open(name) as file:
                return file.read(member.size + 1)
    found = ", ".join(map(repr, names[:5])) + (", ..." if len(names) > 5 else "")
    raise OSError(f"it holds {found or 'nothing'}, but no {member.name!r}")


def _verify(content, member):
    """Give the content back if it is what was published."""
    digest = hashlib.sha256(content).hexdigest()
    if digest == member.sha256:
        return content
    whole = len(content) <= member.size
    got = f"{len(content)} bytes with SHA-256 {digest}" if whole else "a longer file"
    raise OSError(
        f"{member.name} is not the published file: got {got}, expected {member.size} bytes with "
        f"SHA-256 {member.sha256}."
    )


def _download(archive, n_retries, delay):
    """Download the zip and verify all of its members."""
    failure = None
    for _ in range(n_retries + 1):
        if failure is not None:
            warnings.warn(f"Retry downloading {archive.url}: {failure}", stacklevel=5)
            time.sleep(delay)
        try:
            content = _get(archive.url, archive.max_size)
            _read_members(io.BytesIO(content), archive.folder, archive.members)
            return content
        except (OSError, HTTPException) as error:
            failure = error
            if isinstance(error, HTTPError):
                error.close()
    raise OSError(
        f"{archive.url} could not be downloaded (attempts: {n_retries + 1}). Last failure: "
        f"{failure} {_cure(archive)}"
    ) from failure


def _get(url, max_size):
    """Read the body of the answer, complete and not larger than `max_size` bytes."""
    with urlopen(url, timeout=_TIMEOUT) as response:
        content = response.read(max_size + 1)
        announced = response.headers.get("Content-Length") or ""
    if len(content) > max_size:
        raise OSError(f"Got more than {max_size} bytes; the published zip is smaller.")
    # read(n) returns what it has when the connection ends early, and does not complain.
    if announced.isdigit() and len(content) < int(announced):
        raise OSError(f"Got {len(content)} bytes, expected {announced}: the download broke off.")
    return content


def _keep(content, path):
    """Put the content at `path`, whole or not at all; tell where it is kept, if it is."""
    part = path.with_name(f"{path.name}.{uuid4().hex}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(part, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        warnings.warn(
            f"The download is used, but could not be kept: {error}. Pass a data_home that can be "
            "written to, or set SKLEARN_TEXTNN_DATA, to download it only once.",
            stacklevel=5,
        )
        return None
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
    return path


def _cure(archive):
    return f"Get the zip from {archive.page} by hand and pass its path as data_home."
