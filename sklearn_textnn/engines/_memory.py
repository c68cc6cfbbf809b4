"""An estimate of what a batch costs, before it is allocated."""

from .._memory import available_bytes

_WORTH_A_LOOK = 2**28  # bytes; below, nobody asks the system


def check_memory(model, n_rows, n_tokens):
    """Raise MemoryError where a batch cannot fit into memory.

    Parameters
    ----------
    model : keras.Model
        Whose layers hold the batch, one after the other.
    n_rows, n_tokens : int
        Rows of the batch, and the length of its longest text.
    """
    if n_rows * n_tokens * 8 < _WORTH_A_LOOK // 1024:  # no layer is that wide
        return
    needed, available = _estimate(model, n_rows, n_tokens), None
    if needed >= _WORTH_A_LOOK:
        available = available_bytes()
    if available is not None and needed > available:
        raise MemoryError(
            f"{n_rows} texts of {n_tokens} tokens take about {needed / 2**30:.1f} GB in this "
            f"network, and {available / 2**30:.1f} GB are free. Cut long texts with "
            "PadTransformer(maxlen=...), or use a smaller network or batch_size."
        )


def _estimate(model, n_rows, n_tokens):
    """Return the bytes of the two largest outputs of layers: one is made from the other."""
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
    return sum(sorted(sizes)[-2:])
