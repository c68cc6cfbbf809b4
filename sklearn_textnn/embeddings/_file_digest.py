"""Names of files by their content, without reading them each time.

The name is a SHA-256. It is kept beside size, times and inode of the file, as version control
systems do, and trusted while these have not changed.
"""

import hashlib
import json
import os
import time
from contextlib import suppress
from uuid import uuid4

_CHUNK = 1 << 20
_AT_REST = 2_000_000_000  # nanoseconds; clocks of file systems may be as coarse


def fingerprint(path):
    """Return what tells that a file has been written to: size, times and inode.

    Raises
    ------
    OSError
        If there is no such file.
    """
    status = os.stat(path)
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def name_of(file, folder):
    """Return the SHA-256 of what a file holds and how it is read.

    Parameters
    ----------
    file : VectorFile
        The file.
    folder : Path
        Where stamps are kept, if they can be.

    Returns
    -------
    name : str
        In hexadecimal.
    seen : list
        The file's fingerprint at that time.

    Raises
    ------
    OSError
        If there is no such file.
    """
    place = repr((os.path.realpath(file.path), file.member, file.encoding_errors))
    stamp = folder / f"{hashlib.sha256(place.encode('utf-8', 'surrogatepass')).hexdigest()}.json"
    now, seen = time.time_ns(), fingerprint(file.path)
    name = _read(stamp, seen)
    if name is None:
        name = _hash(file)
        # A file that was written to just now may be again, without its times showing it.
        if fingerprint(file.path) == seen and now - seen[1] > _AT_REST:
            _write(stamp, {"name": name, "fingerprint": seen, "path": file.path})
    return name, seen


def _hash(file):
    sha256 = hashlib.sha256()
    with open(file.path, "rb", buffering=0) as opened:
        while chunk := opened.read(_CHUNK):
            sha256.update(chunk)
    if file.member is not None or file.encoding_errors != "strict":
        sha256.update(repr((file.member, file.encoding_errors)).encode("utf-8", "surrogatepass"))
    return sha256.hexdigest()


def _read(stamp, seen):
    try:
        content = json.loads(stamp.read_bytes())
        return str(content["name"]) if content["fingerprint"] == seen else None
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _write(stamp, content):
    """Write a stamp; without it the file is hashed the next time, which does no harm."""
    part = stamp.with_name(f".{stamp.name}.{uuid4().hex}.part")
    with suppress(OSError):
        stamp.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_text(json.dumps(content), encoding="utf-8")
            os.replace(part, stamp)
        finally:
            part.unlink(missing_ok=True)
