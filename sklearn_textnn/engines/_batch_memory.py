"""An estimate of what a batch costs, before it is allocated."""

from .._memory import available_bytes

_WORTH_A_LOOK = 2**28  # bytes; below, nobody asks the system


def check_memory(model, n_rows, n_tokens, *, training=False):
    """Raise MemoryError where a batch cannot fit into memory.

    Parameters
    ----------
    model : keras.Model
        Whose layers hold the batch, one after the other.
    n_rows, n_tokens : int
        Rows of the batch, and the length of its longest text.
    training : bool, default=False
        Whether gradients follow, which need what each layer gave, and as much again.
    """
    if n_rows * n_tokens * 8 < _WORTH_A_LOOK // 1024:  # no layer is that wide
        return
    sizes, available = _sizes(model, n_rows, n_tokens), None
    # without gradients two outputs are held at once: one is made from the other
    needed = 2 * sum(sizes) if training else sum(sorted(sizes)[-2:])
    if needed >= _WORTH_A_LOOK:
        available = available_bytes()
    if available is not None and needed > available:
        raise MemoryError(
            f"{n_rows} texts of {n_tokens} tokens take about {needed / 2**30:.1f} GB in this "
            f"network, and {available / 2**30:.1f} GB are free. Cut long texts with "
            "PadTransformer(maxlen=...), or use a smaller network or batch_size."
        )


def _sizes(model, n_rows, n_tokens):
    """Return how many bytes the output of each layer takes."""
    sizes = []
    for layer in model.layers:
        try:
            output = layer.output
        except (AttributeError, ValueError):  # of a layer that was called more than once
            continue
        if hasattr(output, "shape"):
            n = n_rows
            for size in output.shape[1:]:
                n *= n_tokens if size is None else size
            sizes.append(n * (8 if output.dtype == "float64" else 4))
    return sizes
