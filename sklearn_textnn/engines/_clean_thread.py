"""A thread in which no scope is open and which Ctrl-C does not interrupt."""

import contextvars
import threading
from concurrent.futures import Future

_here = threading.local()


def in_clean_thread(function, *args):
    """Call a function in a thread of its own, and return what it returns.

    Name scopes, devices, graphs, strategies and precision policies of Keras and TensorFlow belong
    to the thread that opened them, and Python interrupts the main thread only. So models are built
    and programs are traced alike whatever the caller has open, and an interrupt reaches the
    caller, who waits, rather than code that might swallow it or be left half done.
    """
    if getattr(_here, "is_clean", False):
        return function(*args)
    done = Future()

    def work():
        _here.is_clean = True
        try:
            done.set_result(function(*args))
        except BaseException as error:
            done.set_exception(error)

    threading.Thread(target=contextvars.copy_context().run, args=(work,)).start()
    return done.result()
