"""Interrupts by Ctrl-C that Keras or TensorFlow turn into other errors."""

from contextlib import contextmanager


@contextmanager
def interrupts_pass():
    """Raise KeyboardInterrupt if an error within this context was caused by one."""
    try:
        yield
    except Exception as error:
        if _is_interrupt(error):
            raise KeyboardInterrupt from error
        raise


def _is_interrupt(error):
    seen = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, KeyboardInterrupt) or "KeyboardInterrupt" in str(error):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False
