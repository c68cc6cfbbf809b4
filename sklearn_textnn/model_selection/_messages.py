"""Messages from worker processes to the one that started them."""

import os
from contextlib import contextmanager, suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Listener
from threading import Lock, Thread
from typing import NamedTuple


class Address(NamedTuple):
    """A destination of messages: a local socket, for processes that have the key."""

    process: int
    socket: str
    key: bytes


_receivers = {}  # functions of this process, by their address
_connections = {}  # of a worker, by address
_sending = Lock()


@contextmanager
def receiving(receive):
    """Call a function with each message that is sent within this context.

    Parameters
    ----------
    receive : callable
        Of one argument; it may be called by several threads at the same time.

    Yields
    ------
    Address
        For `send`, in this process or another one; it can be pickled.
    """
    key = os.urandom(32)
    with Listener(authkey=key, backlog=64) as listener:
        address = Address(os.getpid(), listener.address, key)
        _receivers[address] = receive
        waiting = Thread(target=_accept, args=(listener, address), daemon=True)
        waiting.start()
        try:
            yield address
        finally:
            del _receivers[address]
            with suppress(OSError):  # the thread waits for one more worker
                Client(address.socket, authkey=key).close()
            waiting.join(timeout=5)


def _accept(listener, address):
    while address in _receivers:
        with suppress(AuthenticationError, EOFError, OSError):
            connection = listener.accept()
            Thread(target=_read, args=(connection, address), daemon=True).start()


def _read(connection, address):
    with suppress(EOFError, OSError), connection:
        while True:
            message = connection.recv()
            if address in _receivers:
                _receivers[address](message)
            connection.send(None)


def send(address, message):
    """Send a message and wait until it is handled; do nothing if nobody listens."""
    if address.process == os.getpid():
        if address in _receivers:
            _receivers[address](message)
        return
    with _sending, suppress(AuthenticationError, EOFError, OSError):
        connection = _connections.pop(address, None) or Client(address.socket, authkey=address.key)
        connection.send(message)
        connection.recv()
        _connections[address] = connection  # reuse a connection only if it worked
