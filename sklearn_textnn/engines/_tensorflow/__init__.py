"""TensorFlow's compiled programs."""


class NotTraceableError(Exception):
    """A plan needs Keras' own training loop, for the reason in the message."""
