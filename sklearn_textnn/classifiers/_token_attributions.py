"""Attribution of the log-odds of each class to the tokens of a text."""

import numpy as np

from ..engines import integrate_gradients
from ..networks import Network
from ._inputs import columns_of, read_inputs
from ._token_rows import map_ids


def attribute_tokens(classifier, fitted, X):
    """Return the attributions of all tokens; see `KerasTextClassifier.token_attributions`.

    Parameters
    ----------
    classifier : KerasTextClassifier
        The fitted classifier.
    fitted : Fitted
        Its fitted state.
    X : TokenIds, EmbeddedTokens or array-like
        Input of the user.

    Returns
    -------
    list of ndarray of shape (n_tokens, n_classes)
    """
    network = fitted.network
    if not isinstance(network, Network) or not fitted.state.tables:
        raise TypeError(
            f"The {type(network).__name__} of this classifier has no table of token vectors; "
            "expected a network that is built with embed, such as PoolingNetwork. "
            "explain_texts(..., method='leave_one_out') explains any classifier."
        )
    inputs = read_inputs(classifier, X, reads=network.reads, columns=columns_of(classifier))
    matrix, beside = map_ids(fitted, inputs, classifier.handle_unknown)
    texts = np.asarray(matrix)
    parts = [_content(ids) if network.ignores_padding else ids for ids in texts]
    members = [(m.network, m.spec, m.state) for m in fitted.members]
    lengths = np.array([len(part) for part in parts])
    values = [None] * len(parts)
    for length in np.unique(lengths):
        same = np.flatnonzero(lengths == length)
        found = integrate_gradients(members, np.stack([parts[i] for i in same]), beside)
        for i, of_text in zip(same, found, strict=True):
            of_tokens = of_text[parts[i] != 0]
            two = of_tokens.shape[1] == 1 and len(fitted.head.classes) == 2
            values[i] = np.hstack([-of_tokens, of_tokens]) if two else of_tokens
    return values


def _content(ids):
    """Return the ids of a text without the padding around them; one padding id if it is empty."""
    places = np.flatnonzero(ids)
    return ids[places[0] : places[-1] + 1] if len(places) else ids[:1]
