"""Estimate of the memory that a batch takes, before it is allocated."""

from .._memory import available_bytes

_NEGLIGIBLE = 2**28  # bytes; below, free memory is not checked


def check_memory(model, n_rows, n_tokens, *, training=False):
    """Raise MemoryError if a batch does not fit into memory.

    Parameters
    ----------
    model : keras.Model
        The model whose layers process the batch, one after the other.
    n_rows, n_tokens : int
        The number of rows, and the length of the longest text.
    training : bool, default=False
        Whether gradients are computed, which need the outputs of all layers, and as much again.
    """
    if n_rows * n_tokens * 8 < _NEGLIGIBLE // 1024:  # no layer is that wide
        return
    sizes, available = _sizes(model, n_rows, n_tokens), None
    # without gradients two outputs exist at a time: what a layer reads and what it returns
    needed = 2 * sum(sizes) if training else sum(sorted(sizes)[-2:])
    if needed >= _NEGLIGIBLE:
        available = available_bytes()
    if available is not None and needed > available:
        raise MemoryError(
            f"{n_rows} texts of {n_tokens} tokens take about {needed / 2**30:.1f} GB in this "
            f"network, and {available / 2**30:.1f} GB are free. Cut long texts with "
            "PadTransformer(maxlen=...), or use a smaller network or batch_size."
        )


def _sizes(model, n_rows, n_tokens):
    """Return the size of the output of each layer in bytes."""
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
