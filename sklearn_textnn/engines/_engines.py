"""Choice of the engine that trains a plan, and of the one that predicts."""

import weakref
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import replace

import keras
from scipy import sparse

from . import _keras_fit
from ._callbacks import in_use
from ._fit_lines import fit_lines
from ._grown_tables import grow
from ._models import inspect_model, with_fixed_rows
from ._numpy_engine import forward_pass
from ._plan import Training
from ._process import check_process, in_checked_process, in_clean_thread

_plain = ContextVar("plain_keras", default=False)
_predictors = weakref.WeakKeyDictionary()  # by state


def initial_model(network, spec):
    """Build a model once, to find its initial weights and its properties.

    Parameters
    ----------
    network, spec
        As in `build_model`.

    Returns
    -------
    InitialModel
    """
    return in_checked_process(_initial_model, network, spec, settings=("floatx", "epsilon"))


def _initial_model(network, spec):
    model, found = inspect_model(network, spec)
    if _why_no_programs() is None:
        from ._tensorflow import _engine as programs

        programs.note_model(network, spec, model, found.state.tables)
    return found


def train(plan):
    """Train with the first engine that supports a plan.

    Parameters
    ----------
    plan : Plan
        What to train.

    Returns
    -------
    Training
    """
    if plan.epochs == 0:
        return Training(plan.start, {}, "none: not trained")
    full, fixed = plan, []
    if plan.spec.fixed_rows is not None:
        full, fixed = with_fixed_rows(plan, initial_model(plan.network, plan.spec).state)
    if plan.score is not None:
        full = replace(full, score=_weights_scorer(full))
    if plan.tasks is not None:
        plan.tasks.leave_out(fixed)
    engine, name = _engine_for(full)
    used = in_use(plan.callbacks) if plan.callbacks else nullcontext()
    printing = fit_lines(full) if plan.verbose else nullcontext()
    with used, _sizes_named(plan.spec), printing as lines:
        if lines and engine is _keras_fit:
            lines.say(f"Trained by {name}")
        found, history = engine.train(full, lines)
    if not plan.keep_slots:
        found |= {"slots": (), "slot_tables": ()}
    found["weights"] = [w for i, w in enumerate(found["weights"]) if i not in fixed]
    return Training(replace(plan.start, **found), history, name)


def _weights_scorer(plan):
    """Return a function from weights to the score of their predictions for the validation data."""
    network, spec, start = plan.network, plan.spec, plan.start

    def score(weights):
        state = replace(start, weights=weights, slots=(), slot_tables=())
        return plan.score(predict(network, spec, state, plan.validation.X))

    return score


@contextmanager
def _sizes_named(spec):
    """Turn shape errors of TensorFlow into a ValueError that names the sizes of X."""
    try:
        yield
    except Exception as error:
        if type(error).__name__ != "InvalidArgumentError":
            raise
        lines = [line for line in str(error).splitlines() if line.strip()]
        reason = next((x for x in lines if "is not in [" in x or " tensor " in x), lines[-1])
        raise ValueError(
            f"A layer of the model cannot take X: {reason.strip()}. If a size in it was counted "
            f'by hand, take it from meta: meta["n_tokens"] is {spec.n_tokens}, '
            f'meta["maxlen"] {spec.maxlen}, meta["n_features"] {spec.n_features}.'
        ) from error


def _engine_for(plan):
    """Return the first engine that supports a plan, and its name with the reason if it is slow."""
    reason = _why_no_programs()
    if reason is None:
        from ._tensorflow import _engine as programs

        reason = programs.supports(plan)
        if reason is None:
            return programs, programs.NAME
    return _keras_fit, f"{_keras_fit.NAME}, since {reason}"


def predict(network, spec, state, X, beside=None):
    """Compute the outputs of a network.

    Networks with a NumPy form are computed in NumPy, whatever X is. Others run in TensorFlow's
    programs or in Keras; the choice is made at the first prediction of a state, for its lifetime.

    Parameters
    ----------
    network, spec
        As in `build_model`.
    state : ModelState
        The trained weights.
    X : ndarray or CSR of shape (n_samples, maxlen) or (n_samples, n_features)
        Ids or features.
    beside : ndarray of shape (n_rows, dim) or None, default=None
        Vectors of words that have no row in the tables: id ``spec.n_tokens`` is row 0.

    Returns
    -------
    ndarray of shape (n_samples, n_outputs)
    """
    forward = None if _plain.get() else forward_pass(network, spec, state)
    if forward is not None:
        return forward(X, beside)
    check_process()
    if beside is not None:
        spec, state, X = grow(spec, state, X, beside)
    is_sparse = sparse.issparse(X)
    if _plain.get():
        return _keras_fit.predict(network, spec, state, X)
    known = _predictors.setdefault(state, {})
    if is_sparse not in known:
        known[is_sparse] = _choose_predictor(network, spec, state, is_sparse=is_sparse)
    return known[is_sparse](network, spec, state, X)  # holds no state, which would never be freed


def integrate_gradients(networks, ids, beside=None):
    """Attribute log-odds to tokens by integrated gradients, with TensorFlow.

    Parameters
    ----------
    networks : list of (Network, NetworkSpec, ModelState)
        Trained networks, whose probabilities are averaged.
    ids : ndarray of int of shape (n_texts, length)
        Token ids.
    beside : ndarray of shape (n_rows, dim) or None, default=None
        As in `predict`.

    Returns
    -------
    ndarray of float64 of shape (n_texts, length, n_outputs)

    Raises
    ------
    RuntimeError
        If Keras runs on another backend.
    """
    if keras.config.backend() != "tensorflow":
        raise RuntimeError(
            f"Keras runs on {keras.config.backend()}; gradients over token vectors are computed "
            "with TensorFlow only. explain_texts(..., method='leave_one_out') works on any backend."
        )
    check_process()
    from ._tensorflow._integrated_gradients import integrate_gradients

    return in_clean_thread(integrate_gradients, networks, ids, beside)


def _choose_predictor(network, spec, state, *, is_sparse):
    if _why_no_programs() is None:
        from ._tensorflow import _engine as programs

        return programs.predictor(network, spec, state, is_sparse=is_sparse) or _keras_fit.predict
    return _keras_fit.predict


def _why_no_programs():
    """Return why TensorFlow's programs cannot be used in this process, or None."""
    if _plain.get():
        return "programs are switched off"
    if keras.config.backend() != "tensorflow":
        return f"programs need TensorFlow, and Keras runs on {keras.config.backend()}"
    from . import _private

    return _private.fault()


@contextmanager
def plain_keras():
    """Train and predict with Keras' own loops within this context."""
    token = _plain.set(True)
    try:
        yield
    finally:
        _plain.reset(token)


def clear_program_cache():
    """Remove all compiled programs and free their memory.

    Fitted classifiers hold no programs; the next fit or prediction compiles those that it needs.

    Examples
    --------
    >>> from sklearn_textnn.classifiers import clear_program_cache
    >>> clear_program_cache()
    """
    _predictors.clear()
    if keras.config.backend() == "tensorflow":
        from ._tensorflow import _program_cache

        _program_cache.clear()


def set_program_cache_limit(n_bytes=None):
    """Limit the memory that compiled programs take in this process.

    Programs are cached, so that fits and predictions of one architecture share them. Beyond the
    limit, the least recently used ones are removed.

    Parameters
    ----------
    n_bytes : int, default=None
        Limit of the estimated size of all programs; None for an eighth of the machine's memory.

    Examples
    --------
    >>> from sklearn_textnn.classifiers import set_program_cache_limit
    >>> set_program_cache_limit(500_000_000)
    >>> set_program_cache_limit()
    """
    if keras.config.backend() == "tensorflow":  # others have no programs
        from ._tensorflow import _program_cache

        _program_cache.set_limit(n_bytes)
