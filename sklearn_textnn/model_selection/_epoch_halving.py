"""Successive halving whose surviving candidates continue training."""

import time
from copy import copy
from functools import partial
from math import ceil
from numbers import Integral, Real

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.model_selection import ParameterSampler, RandomizedSearchCV, check_cv
from sklearn.pipeline import Pipeline
from sklearn.utils import indexable
from sklearn.utils.parallel import Parallel, delayed

from .._compat import (
    POSITIVE_INT,
    CallbackSupportMixin,
    Interval,
    fit_and_score,
    fit_context,
    fit_failures_handled,
)
from .._labels import check_lengths, require_labels
from ..preprocessing import check_texts_for


class EpochHalvingSearchCV(RandomizedSearchCV, CallbackSupportMixin):
    """Randomized search with successive halving, whose surviving candidates continue training.

    All candidates are trained for a few epochs on each fold. The best third continues for three
    times as many epochs in total, and so on, until a few candidates have been trained for all
    epochs set in the estimator [1]_; each of these rounds is a rung. On each fold, the survivors
    keep their weights, optimizer state and random state, whereas scikit-learn's halving searches
    train from the start in each rung. Each score is bit for bit that of a new fit with as many
    epochs.

    Parameters
    ----------
    estimator : estimator
        The estimator to search, such as a Pipeline. The candidates of the last rung are trained
        for its number of epochs.
    param_distributions : dict or list of dict
        Parameters and the lists or distributions to draw from, as in
        :class:`~sklearn.model_selection.RandomizedSearchCV`.
    n_iter : int, default=10
        Candidates in the first rung.
    factor : float, default=3
        From rung to rung the number of candidates is divided, and that of epochs multiplied, by
        `factor`; above 1.
    min_epochs : int, default=1
        The minimum number of epochs in the first rung. Larger values rely less on early scores
        and lead to fewer rungs; with a single one, this is RandomizedSearchCV.
    resource : str, default=None
        The parameter with the number of epochs, such as ``"clf__epochs"``. None for `epochs` of
        `estimator`, or of the last step of a Pipeline.
    warm_start : object, default="total"
        The value of the parameter `warm_start`, in the same step as `resource`, with which `fit`
        continues the previous fit until `resource` is reached in total: "total" for
        ``KerasTextClassifier``, True for scikit-learn's ensembles, whose resource is
        ``n_estimators``, or ``max_iter`` of histogram-based gradient boosting. Others, such as
        ``SGDClassifier``, train `resource` further iterations and cannot be searched.
    scoring : str, callable, list, tuple or dict, default=None
        As in RandomizedSearchCV. With several scores, the one that `refit` names decides
        which candidates continue.
    n_jobs : int, default=None
        The number of fits to run at the same time, by joblib. Processes send each trained model
        back after each rung; threads share memory.
    refit : bool, str or callable, default=True
        Whether to fit the best candidate of the last rung on all the data, from the start; with
        several scores, the name of the one that decides. A callable chooses among the rows of
        all rungs.
    cv : int, splitter or iterable of (train, test), default=None
        The folds; drawn once and the same in all rungs, so that a splitter may shuffle.
    verbose : int, default=0
        As in RandomizedSearchCV.
    pre_dispatch : int or str, default="2*n_jobs"
        As in RandomizedSearchCV.
    random_state : int, RandomState instance or None, default=None
        Draws the candidates.
    error_score : "raise" or float, default=nan
        The score of a fit that failed. nan ranks last: such a candidate continues only if too few
        others succeeded.
    return_train_score : bool, default=False
        Whether to score the training data, too.

    Attributes
    ----------
    cv_results_ : dict of str to ndarray
        As in RandomizedSearchCV, with a row for each candidate in each rung, and columns `iter`,
        the number of the rung from 0, and `n_resources`, its epochs. Fit times are those of the
        epochs that the rung added.
    n_iterations_ : int
        The number of rungs.
    n_candidates_ : list of int
        Candidates in each rung.
    n_resources_ : list of int
        Epochs in total after each rung.
    best_index_ : int
        The row of the best candidate of the last rung.
    best_params_ : dict
        Its parameters, the epochs among them.
    best_score_ : float
        Its mean score over the folds. Not set if `refit` is callable.
    best_estimator_ : estimator
        Fitted on all the data.
    scorer_, n_splits_, multimetric_, refit_time_, classes_, n_features_in_
        As in RandomizedSearchCV.

    See Also
    --------
    sklearn.model_selection.HalvingRandomSearchCV : Gives more samples to the better candidates, or
        trains them anew for more epochs.

    Notes
    -----
    In each rung a Pipeline is fitted anew on each fold, except for its last step, which continues.
    The other steps must be deterministic. Refitting them usually takes little time;
    ``Pipeline(memory=...)`` avoids it.

    During a rung the models of all its candidates and folds are in memory, with the states of their
    optimizers: with Adam three times the size of the weights.

    References
    ----------
    .. [1] Jamieson and Talwalkar, `Non-stochastic Best Arm Identification and Hyperparameter
       Optimization <https://proceedings.mlr.press/v51/jamieson16.html>`_, AISTATS 2016.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from sklearn.pipeline import Pipeline
    >>> from sklearn_textnn.classifiers import KerasTextClassifier
    >>> from sklearn_textnn.datasets import load_reviews
    >>> from sklearn_textnn.model_selection import EpochHalvingSearchCV
    >>> from sklearn_textnn.preprocessing import KerasTokenizerTransformer, PadTransformer
    >>> texts, y = load_reviews(return_X_y=True)
    >>> clf = KerasTextClassifier(epochs=9, random_state=0)
    >>> steps = [("tokens", KerasTokenizerTransformer()), ("pad", PadTransformer()), ("clf", clf)]
    >>> rates = {"clf__optimizer__learning_rate": loguniform(1e-3, 1e-1)}
    >>> search = EpochHalvingSearchCV(Pipeline(steps), rates, n_iter=9, cv=2, random_state=0)
    >>> search = search.fit(texts, y)
    >>> search.n_candidates_, search.n_resources_
    ([9, 3, 1], [1, 3, 9])
    """

    _parameter_constraints = {
        **RandomizedSearchCV._parameter_constraints,
        "factor": [Interval(Real, 1, None, closed="neither")],
        "min_epochs": [POSITIVE_INT],
        "resource": [str, None],
        "warm_start": "no_validation",
    }

    def __init__(
        self,
        estimator,
        param_distributions,
        *,
        n_iter=10,
        factor=3,
        min_epochs=1,
        resource=None,
        warm_start="total",
        scoring=None,
        n_jobs=None,
        refit=True,
        cv=None,
        verbose=0,
        pre_dispatch="2*n_jobs",
        random_state=None,
        error_score=np.nan,
        return_train_score=False,
    ):
        super().__init__(
            estimator,
            param_distributions,
            n_iter=n_iter,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            random_state=random_state,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.factor = factor
        self.min_epochs = min_epochs
        self.resource = resource
        self.warm_start = warm_start

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None, **params):
        """Search, and fit the best candidate on all the data.

        Parameters
        ----------
        X : sequence of length n_samples
            What the estimator takes, such as texts.
        y : array-like of shape (n_samples,) or (n_samples, n_labels), default=None
            Labels.
        **params : dict
            Passed to the estimator's `fit`, rows selected where the length is n_samples; `groups`
            to the splitter; with metadata routing enabled to whatever requests them.

        Returns
        -------
        EpochHalvingSearchCV
            The fitted search.

        Raises
        ------
        ValueError
            If the estimator has no number of epochs or no `warm_start`, or if its `early_stopping`
            is True; if the number of epochs, `warm_start` or the step that has them is among the
            parameters searched; or if there are several scores and `refit` names none of them.
        """
        scoring = getattr(self.scoring, "scoring", self.scoring)  # report_candidates wraps it
        if isinstance(scoring, (list, tuple, set, dict)):
            self._check_decides(scoring)
        if is_classifier(self.estimator):
            require_labels(y, type(self).__name__)
        scorers, metric = self._get_scorers()
        X = check_texts_for([self.estimator], X)
        check_lengths(X, {"y": y})
        X, y = indexable(X, y)
        routed = self._get_routed_params_for_fit(params)
        resource, warm_start, most = self._find_resource()
        candidates = self._draw_candidates(resource, warm_start)
        rungs = self._plan_rungs(len(candidates), most)
        cv = check_cv(self.cv, y, classifier=is_classifier(self.estimator))
        folds = list(cv.split(X, y, **routed.splitter.split))
        what = {"estimator": self, "X": X, "y": y}
        root = self._init_callback_context(max_subtasks=1 + bool(self.refit))
        root.call_on_fit_task_begin(**what)
        task = root.subcontext(task_name="search", max_subtasks=len(rungs))
        task.call_on_fit_task_begin(**what)
        fit_fold = self._fold_fit(X, y, scorers, routed)
        start = clone(self.estimator).set_params(**{warm_start: self.warm_start})
        alive = [(params, params, [clone(start) for _ in folds]) for params in candidates]
        rows, scored = [], []
        with Parallel(n_jobs=self.n_jobs, pre_dispatch=self.pre_dispatch) as parallel:
            for n_candidates, epochs in rungs:
                alive = alive[:n_candidates]
                rung = task.subcontext(
                    task_name="halving-iteration",
                    max_subtasks=len(alive) * len(folds),
                    sequential_subtasks=False,
                ).call_on_fit_task_begin(**what)
                found = _fit_rung(parallel, fit_fold, alive, folds, {resource: epochs}, rung)
                rung.call_on_fit_task_end(**what)
                fit_failures_handled(found, self.error_score)
                models = [result.pop("estimator") for result in found]
                rows += [params | {resource: epochs} for params, *_ in alive]
                scored += found
                order = self._order(found, metric, len(folds))
                alive = [_survivor(alive[i], models, i, len(folds)) for i in order]
        task.call_on_fit_task_end(**what)
        self._set_results(rows, scored, rungs, order[0], metric, len(folds), scorers)
        if self.refit:
            self._refit_best(root, what, routed.estimator.fit)
        root.call_on_fit_task_end(**what)
        return self

    def _fold_fit(self, X, y, scorers, routed):
        """Return the function that fits and scores one candidate on one fold."""
        return partial(
            fit_and_score,
            X=X,
            y=y,
            scorer=scorers,
            verbose=self.verbose,
            fit_params=routed.estimator.fit,
            score_params=routed.scorer.score,
            return_train_score=self.return_train_score,
            return_n_test_samples=True,
            return_times=True,
            return_estimator=True,
            error_score=self.error_score,
            caller=self,
        )

    def _find_resource(self):
        """Return the names of the number of epochs and of its `warm_start`, and that number."""
        name = self.resource
        if name is None:
            last, name = self.estimator, "epochs"
            while isinstance(last, Pipeline):
                last_name, last = last.steps[-1]
                name = f"{name.removesuffix('epochs')}{last_name}__epochs"
        step = "".join(name.rpartition("__")[:2])
        warm_start = f"{step}warm_start"
        values = self.estimator.get_params()
        for needed in (name, warm_start):
            if needed not in values:
                found = [n for n in values if n.rpartition("__")[2] in ("epochs", "n_estimators")]
                raise ValueError(
                    f"estimator has no parameter {needed!r}; expected a number of epochs and a "
                    "warm_start in the same step, as in KerasTextClassifier. Pass the name of the "
                    f"former as resource=; candidates are {found}."
                )
        self._check_continues(name, values.get(step.removesuffix("__"), self.estimator))
        most = values[name]
        if isinstance(most, bool) or not isinstance(most, Integral) or most < self.min_epochs:
            raise ValueError(
                f"{name}={most!r} in estimator, expected an int of min_epochs={self.min_epochs} or "
                "more, the number of epochs of the last rung."
            )
        if self.warm_start == "total" and values.get(f"{step}early_stopping"):
            raise ValueError(
                "estimator has early_stopping=True, expected False: a search that continues "
                "training stops candidates itself."
            )
        return name, warm_start, int(most)

    def _check_continues(self, name, step):
        """Raise a ValueError unless a step counts its resource in total, as far as is known."""
        parameter, kind = name.rpartition("__")[2], type(step).__name__
        if hasattr(step, "epochs") and parameter != "epochs":
            expected = name.removesuffix(parameter) + "epochs"
            raise ValueError(f"resource={name!r} is no number of epochs, expected {expected!r}.")
        if self.warm_start is not True:
            return
        from sklearn.ensemble import (  # not at the top, as it imports a hundred modules
            HistGradientBoostingClassifier,
            HistGradientBoostingRegressor,
        )

        boosting = HistGradientBoostingClassifier, HistGradientBoostingRegressor
        if parameter == "epochs" or (parameter == "max_iter" and not isinstance(step, boosting)):
            raise ValueError(
                f"warm_start=True makes {kind} train {parameter}={getattr(step, parameter)} "
                'further iterations, expected a value that counts those before, such as "total" of '
                "KerasTextClassifier or True of ensembles with n_estimators."
            )

    def _draw_candidates(self, resource, warm_start):
        candidates = list(
            ParameterSampler(self.param_distributions, self.n_iter, random_state=self.random_state)
        )
        fixed = {resource, warm_start}
        if self.warm_start == "total":
            fixed.add(warm_start.removesuffix("warm_start") + "early_stopping")
        steps = resource.split("__")[:-1]  # a step that is replaced loses them
        fixed.update("__".join(steps[: i + 1]) for i in range(len(steps)))
        searched = sorted(fixed & set().union(*candidates))
        if searched:
            raise ValueError(
                f"{searched[0]!r} is among the parameters searched; expected it in estimator only: "
                f"the search itself sets {resource} and {warm_start} and stops candidates."
            )
        return candidates

    def _plan_rungs(self, n_candidates, most):
        """Return the number of candidates of each rung, and their epochs in total."""
        n_rungs = 1
        while min(n_candidates, most // self.min_epochs) >= self.factor**n_rungs:
            n_rungs += 1
        rungs = {}  # one for each number of epochs
        for i in range(n_rungs):
            epochs = int(most / self.factor ** (n_rungs - 1 - i))
            rungs.setdefault(epochs, ceil(n_candidates / self.factor**i))
        return [(n, epochs) for epochs, n in rungs.items()]

    def _order(self, found, metric, n_folds):
        """Return the indices of the candidates, the best first."""
        scores = [result["test_scores"] for result in found]
        if isinstance(scores[0], dict):
            self._check_decides(scores[0])
            scores = [score[self.refit] for score in scores]
        means = np.reshape(scores, (-1, n_folds)).mean(axis=1)
        return np.argsort(-means, kind="stable")  # nan comes last

    def _check_decides(self, names):
        """Raise a ValueError unless `refit` names one of several scores."""
        if self.refit not in [*names]:
            raise ValueError(
                f"refit={self.refit!r} with several scores, {sorted(names)}; expected the name of "
                f"the one that decides which candidates continue, as in refit={min(names)!r}."
            )

    def _set_results(self, rows, scored, rungs, best, metric, n_folds, scorers):
        self.multimetric_ = isinstance(scored[0]["test_scores"], dict)
        metric = self.refit if self.multimetric_ else metric
        sizes = [n for n, _ in rungs]
        more = {
            "iter": np.repeat(np.arange(len(rungs)), sizes),
            "n_resources": np.repeat([epochs for _, epochs in rungs], sizes),
        }
        results = self._format_results(rows, n_folds, scored, more)
        self.n_splits_, self.n_iterations_ = n_folds, len(rungs)
        self.n_candidates_, self.n_resources_ = map(list, zip(*rungs, strict=True))
        self.best_index_ = len(rows) - sizes[-1] + int(best)
        if callable(self.refit):
            self.best_index_ = self._select_best_index(self.refit, metric, results)
        else:
            self.best_score_ = results[f"mean_test_{metric}"][self.best_index_]
        self.best_params_ = rows[self.best_index_]
        self.cv_results_ = results
        self.scorer_ = getattr(scorers, "_scorers", scorers)

    def _refit_best(self, root, what, fit_params):
        best = clone(self.estimator).set_params(**clone(self.best_params_, safe=False))
        task = root.subcontext(task_name="refit-with-best-params")
        given = {name: what[name] for name in ("X", "y") if what[name] is not None}
        start = time.time()
        with task.propagate_callback_context(best):
            task.call_on_fit_task_begin(**what)
            best.fit(**given, **fit_params)
        task.call_on_fit_task_end(**what)
        self.refit_time_ = time.time() - start
        self.best_estimator_ = best
        if hasattr(best, "feature_names_in_"):
            self.feature_names_in_ = best.feature_names_in_


def _fit_rung(parallel, fit_fold, alive, folds, resource, rung):
    """Train all candidates on all folds up to a number of epochs; return their results."""
    fits = [
        (model, changes | resource, i, fold)
        for _, changes, models in alive
        for model, (i, fold) in zip(models, enumerate(folds), strict=True)
    ]
    tasks = [
        rung.subcontext(task_name="candidate-split-evaluation", task_id=number)
        for number in range(len(fits))
    ]
    return parallel(
        delayed(fit_fold)(
            model,
            train=train,
            test=test,
            parameters=parameters,
            split_progress=(i, len(folds)),
            candidate_progress=(number // len(folds), len(alive)),
            callback_ctx=task,
        )
        for number, ((model, parameters, i, (train, test)), task) in enumerate(
            zip(fits, tasks, strict=True)
        )
    )


def _survivor(candidate, models, place, n_folds):
    """Return a candidate with its trained models, whose parameters are set by now."""
    params, *_ = candidate
    # copies, since scorers may know what they have scored before
    return params, {}, [copy(m) for m in models[place * n_folds : (place + 1) * n_folds]]
