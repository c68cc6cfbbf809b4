"""Published archives: found on disk or downloaded, verified and stored."""

import io
import time
from http.client import HTTPResponse
from numbers import Integral, Real
from os import PathLike
from textwrap import shorten
from urllib.error import HTTPError
from urllib.request import HTTPHandler, HTTPRedirectHandler, HTTPSHandler, build_opener

from .._atomic import WriteFailedError, atomic_write
from .._compat import Interval
from .._warnings import warn
from ._archive import CHUNK, Member, RemoteArchive, check_is_file, copy_member, find_own_copy
from ._data_home import get_data_home

__all__ = ["PARAMETERS", "Member", "RemoteArchive", "fetch_file", "fetch_members"]

_TIMEOUT = 30.0  # seconds that a server may stay silent
_SLOWEST = 10_000  # bytes a second that it has to send, after those seconds


# Shared by the fetchers.
PARAMETERS = {
    "data_home": [str, PathLike, None],
    "download_if_missing": ["boolean"],
    "n_retries": [Interval(Integral, 0, None, closed="left")],
    "delay": [Interval(Real, 0, None, closed="left")],
}


def fetch_members(archive, wanted, *, data_home, download_if_missing, n_retries, delay):
    """Return the verified bytes of small members, and the path where they are stored, if any."""
    home = get_data_home(data_home)
    own_copy = find_own_copy(archive, home)
    place = own_copy or home / archive.filename
    try:
        return [_read(place, archive.folder, member) for member in wanted], place
    except OSError as error:
        _check_may_download(archive, place, error, download_if_missing and not own_copy)
    zipped = io.BytesIO()
    _download(archive, archive.members, zipped, n_retries, delay)
    contents = [_read(zipped, archive.folder, member) for member in wanted]
    try:
        with atomic_write(place, make_folder=True) as file:
            file.write(zipped.getvalue())
        return contents, place
    except OSError as error:
        warn(f"The download is used, but could not be stored: {_unwritable(place, error)}")
        return contents, None


def fetch_file(archive, member, path, *, own_zip, download_if_missing, n_retries, delay):
    """Put a verified member of any size at `path`, from a zip on disk or else from its URL.

    A downloaded zip is stored next to `path`, for its other members. It is in place before the
    member is written, so that a full disk does not waste the download.
    """
    place = own_zip or path.with_name(archive.filename)
    try:
        try:
            return _extract(place, archive.folder, member, path)
        except (WriteFailedError, IsADirectoryError):
            raise
        except OSError as error:
            _check_may_download(archive, place, error, download_if_missing and not own_zip)
        with atomic_write(place, make_folder=True) as file:
            _download(archive, [member], file, n_retries, delay)
        return _extract(place, archive.folder, member, path)
    except WriteFailedError as error:
        raise OSError(_unwritable(path, error)) from error


def _check_may_download(archive, place, error, allowed):
    if not allowed:
        raise OSError(f"{error} {_by_hand(archive)}") from error
    if place.exists():
        warn(f"{error} It is downloaded again.")


def _by_hand(archive):
    return f"Get the zip from {archive.page} by hand and pass its path as data_home."


def _unwritable(path, error):
    return (
        f"{str(path.parent)!r} cannot be written to: {error.strerror or error}. Make room there, "
        "or name another folder as data_home or in SKLEARN_TEXTNN_DATA."
    )


def _read(place, folder, member):
    content = io.BytesIO()
    copy_member(place, folder, member, content)
    return content.getvalue()


def _extract(place, folder, member, path):
    check_is_file(place)  # before a folder is created
    with atomic_write(path, make_folder=True) as file:
        copy_member(place, folder, member, file)


def _download(archive, members, file, n_retries, delay):
    """Download the zip into a binary file and verify some of its members."""
    failure = None
    for _ in range(n_retries + 1):
        if failure is not None:
            warn(f"Retry downloading {archive.url}: {failure}")
            time.sleep(delay)
        try:
            _get(archive.url, archive.max_size, file)
            for member in members:
                copy_member(file, archive.folder, member)
            return
        except WriteFailedError:
            raise
        except Exception as error:  # urllib raises many kinds of errors for malformed responses
            cause, failure = error, shorten(str(error) or repr(error), 400)  # servers write some
            if isinstance(error, HTTPError):
                error.close()
    raise OSError(
        f"{archive.url} could not be downloaded (attempts: {n_retries + 1}). Last failure: "
        f"{failure} {_by_hand(archive)}"
    ) from cause


def _get(url, max_size, file):
    """Stream the complete body of the response, at most `max_size` bytes, into a file."""
    file.seek(0)
    file.truncate()
    with build_opener(_Handler).open(url, timeout=_TIMEOUT) as response:
        announced, size = response.length, 0
        while max(size, announced or 0) <= max_size and (chunk := response.read1(CHUNK)):
            size += len(chunk)
            file.write(chunk)
    if max(size, announced or 0) > max_size:
        raise OSError(f"Got more than {max_size} bytes; the published zip is smaller.")
    # read1 returns what it has when the connection ends early, and does not complain.
    if announced is not None and size < announced:
        raise OSError(f"Got {size} bytes, expected {announced}: the download broke off.")


class _Stream(io.RawIOBase):
    """The bytes of a socket, including headers; an error if they come too slowly."""

    def __init__(self, stream):
        self.stream, self.start, self.size = stream, time.monotonic(), 0

    def readable(self):
        return True

    def readinto(self, buffer):
        size = self.stream.readinto(buffer)
        self.size += size
        seconds = time.monotonic() - self.start
        if self.size < (seconds - _TIMEOUT) * _SLOWEST:
            raise TimeoutError(f"Got {self.size} bytes in {seconds:.0f} s, expected {_SLOWEST}/s.")
        return size

    def close(self):
        self.stream.close()
        super().close()


class _Response(HTTPResponse):
    def __init__(self, *args, **params):
        super().__init__(*args, **params)
        self.fp = io.BufferedReader(_Stream(self.fp.detach()))


class _Handler(HTTPHandler, HTTPSHandler, HTTPRedirectHandler):
    def do_open(self, connection, request, **params):
        timed = type("Timed", (connection,), {"response_class": _Response})
        return super().do_open(timed, request, **params)

    def http_error_302(self, request, response, *args):
        response.close()  # else its body is read, whatever its size
        return super().http_error_302(request, response, *args)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302
