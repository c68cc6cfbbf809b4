"""Datasets as scikit-learn's Bunch."""

from importlib.resources import files

import numpy as np
from sklearn.utils import Bunch


def text_bunch(frame, *, descr, filename, return_X_y, as_frame):
    """Return a table of labeled texts as scikit-learn's loaders do.

    Parameters
    ----------
    frame : DataFrame
        Columns ``text``, ``source`` and ``target``, with the index 0 to ``n_samples - 1``.
    descr : str
        Name of the description within ``descr/``.
    filename : str or None
        Path that the data were read from.
    return_X_y : bool
        Whether to return ``(data, target)`` only.
    as_frame : bool
        Whether data and target are Series.

    Returns
    -------
    Bunch or tuple
        Return value of the loader.
    """
    data, target = frame["text"], frame["target"]
    if not as_frame:
        data, target = data.tolist(), target.to_numpy(dtype=np.int64, copy=True)
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        target=target,
        target_names=np.array(["negative", "positive"]),
        source=frame["source"].to_numpy(dtype=str),
        frame=frame if as_frame else None,
        DESCR=(files(__package__) / "descr" / descr).read_text(encoding="utf-8"),
        filename=filename,
    )
