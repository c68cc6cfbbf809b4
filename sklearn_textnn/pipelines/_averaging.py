"""AveragingClassifier: the mean of the probabilities of several classifiers."""

from numbers import Integral

import numpy as np
from sklearn import config_context
from sklearn.base import ClassifierMixin, clone, is_classifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from .._arrays import log_odds
from .._compat import (
    BaseComposition,
    CallbackSupportMixin,
    InvalidParameterError,
    StrOptions,
    check_sample_weight,
    fit_context,
)
from .._labels import check_class_weight, check_targets
from .._saved_state import array, instance_of, sequence_of
from .._validation import expect
from ..preprocessing import check_texts_for
from ._convergence import warn_unconverged
from ._weight_requests import request_weights


class AveragingClassifier(CallbackSupportMixin, ClassifierMixin, BaseComposition):
    """Classifier that averages the probabilities of several classifiers.

    Unlike scikit-learn's ``VotingClassifier(voting="soft")``, it passes labels and weights to its
    members unchanged: ``class_weight`` can be keyed by the original labels, multilabel targets are
    supported, and pipelines receive `sample_weight`. If a member starts with a vectorizer or
    tokenizer of texts, texts are validated before anything is fitted.

    Parameters
    ----------
    estimators : list of (str, estimator)
        The members by name, each a classifier with `predict_proba`. Their parameters are reached
        as ``<name>__<parameter>``; ``set_params(<name>="drop")`` leaves one out.
    weights : array-like of shape (n_members,), default=None
        The weights of the members, 0 or more; None for equal weights.
    class_weight : dict, list of dict or "balanced", default=None
        Class weights, keyed by label. They multiply `sample_weight`, so they also apply to members
        without class weights. For multilabel targets, pass a list with one dict per label, which
        maps the values 0 and 1 to their weights; a sample's weight is the product over labels.
    n_jobs : int, default=None
        The number of members to fit at the same time, in threads; None for 1, -1 for all cores.

    Attributes
    ----------
    estimators_ : list of estimator
        The fitted members that were not dropped. For multilabel targets, members without multilabel
        support are wrapped in a ``OneVsRestClassifier``.
    member_weights_ : ndarray of shape (n_fitted_members,)
        The weights of `estimators_`.
    classes_ : ndarray of shape (n_classes,)
        Sorted labels; for multilabel targets the column numbers.

    See Also
    --------
    text_classifier : Average of networks and linear models.

    Examples
    --------
    >>> from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.naive_bayes import MultinomialNB
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_textnn.datasets import load_reviews
    >>> from sklearn_textnn.pipelines import AveragingClassifier
    >>> texts, y = load_reviews(source="films", return_X_y=True)
    >>> bayes = make_pipeline(CountVectorizer(), MultinomialNB())
    >>> regression = make_pipeline(TfidfVectorizer(), LogisticRegression())
    >>> both = AveragingClassifier([("bayes", bayes), ("regression", regression)])
    >>> both.fit(texts, y).predict_proba(texts[:2]).shape
    (2, 2)
    """

    _parameter_constraints = {
        "estimators": [list],
        "weights": ["array-like", None],
        "class_weight": [dict, list, StrOptions({"balanced"}), None],
        "n_jobs": [Integral, None],
    }

    _saved_state = {
        "estimators_": sequence_of(instance_of(object)),
        "member_weights_": array("float", None),
        "classes_": array("label", None),
        "is_multilabel_": instance_of(bool),
    }

    def __init__(self, estimators, *, weights=None, class_weight=None, n_jobs=None):
        self.estimators = estimators
        self.weights = weights
        self.class_weight = class_weight
        self.n_jobs = n_jobs

    def get_params(self, deep=True):
        """Return the parameters, those of members as ``<name>__<parameter>``.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include the parameters of members.

        Returns
        -------
        dict
            Parameters by name.
        """
        return self._get_params("estimators", deep=deep)

    def set_params(self, **params):
        """Set parameters; the name of a member replaces the whole member.

        Parameters
        ----------
        **params : dict
            Parameters by name.

        Returns
        -------
        AveragingClassifier
            The classifier.
        """
        self._set_params("estimators", **params)
        return self

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None):
        """Fit a copy of each member.

        Parameters
        ----------
        X : iterable of length n_samples
            Input of the members, such as texts. Texts may come in any container that
            :class:`~sklearn_textnn.preprocessing.KerasTokenizerTransformer` accepts.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Labels, or a 0/1 indicator matrix.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights, for every member.

        Returns
        -------
        AveragingClassifier
            The fitted classifier.

        Raises
        ------
        ValueError
            If no member is left, names are not unique, `weights` do not match the members, a
            member lacks `predict_proba`, or sample weights are passed and a member does not support
            them; if texts or labels are missing or invalid, lengths differ, or y has fewer than two
            classes.
        TypeError
            If members read texts, and `X` is a dict or a set, or holds anything but str and bytes.

        Warns
        -----
        ConvergenceWarning
            Once for each member whose last step is a logistic regression, SGDClassifier or support
            vector machine that stopped at its `max_iter`; not in the folds of a cross-validation.
        """
        names, members, member_weights = self._check_members()
        X = check_texts_for(members, X)
        y, kind, classes = check_targets(X, y, type(self).__name__)
        if sample_weight is not None:
            sample_weight = check_sample_weight(sample_weight, X)
        is_multilabel = kind == "multilabel-indicator"
        if self.class_weight is not None:
            if not is_multilabel:
                check_class_weight(self.class_weight, classes)
            of_classes = compute_sample_weight(self.class_weight, y)
            sample_weight = of_classes if sample_weight is None else of_classes * sample_weight
        members = [_for_labels(member) if is_multilabel else clone(member) for member in members]
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        # routes weights to the last step of a Pipeline, however deep
        with config_context(**({"enable_metadata_routing": True} if weights else {})):
            for name, member in zip(names, members, strict=True) if weights else ():
                request_weights(name, member)
            self.estimators_ = self._fit_members(names, members, X, y, weights)
        warn_unconverged(names, self.estimators_)
        self.member_weights_ = member_weights
        self.is_multilabel_ = is_multilabel
        self.classes_ = np.arange(np.shape(y)[1]) if is_multilabel else self.estimators_[0].classes_
        return self

    def _fit_members(self, names, members, X, y, weights):
        """Fit the members, each a task of scikit-learn's callbacks; return them."""
        root = self._init_callback_context(max_subtasks=len(names), sequential_subtasks=False)
        what = {"estimator": self, "X": X, "y": y}
        root.call_on_fit_task_begin(**what)
        tasks = [root.subcontext(task_name=f"fit-{n}", task_id=i) for i, n in enumerate(names)]

        def fit(task, member):
            with task.propagate_callback_context(member):
                task.call_on_fit_task_begin(**what)
                member.fit(X, y, **weights)
                task.call_on_fit_task_end(**what)
            return member

        fitted = Parallel(n_jobs=self.n_jobs, prefer="threads")(
            delayed(fit)(*of_one) for of_one in zip(tasks, members, strict=True)
        )
        root.call_on_fit_task_end(**what)
        return list(fitted)

    def predict_proba(self, X):
        """Return the mean probabilities of the members.

        Parameters
        ----------
        X : iterable of length n_samples
            As in `fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            In the order of `classes_`; rows sum to 1 except for multilabel targets.
        """
        check_is_fitted(self)
        X = check_texts_for(self.estimators_, X)
        found = [np.asarray(m.predict_proba(X)) for m in self.estimators_]
        if not self.is_multilabel_:
            found = [_summing_to_one(probabilities) for probabilities in found]
        return np.average(found, axis=0, weights=self.member_weights_)

    def decision_function(self, X):
        """Return the log-odds of the averaged probabilities, clipped to finite values.

        Parameters
        ----------
        X : iterable of length n_samples
            As in `fit`.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            For two classes those of ``classes_[1]``, else one column per class or label.
        """
        odds = log_odds(self.predict_proba(X))
        is_binary = not self.is_multilabel_ and len(self.classes_) == 2
        return odds[:, 1] if is_binary else odds

    def predict(self, X):
        """Predict the most probable labels.

        Parameters
        ----------
        X : iterable of length n_samples
            As in `fit`.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            The most probable class; for multilabel targets all labels with a probability of at
            least 0.5.
        """
        found = self.predict_proba(X)
        if self.is_multilabel_:
            return (found >= 0.5).astype(int)
        return self.classes_[found.argmax(axis=1)]

    def _check_members(self):
        """Return names, classifiers and weights of the members that are not dropped."""
        for i, member in enumerate(self.estimators):
            if not isinstance(member, (tuple, list)) or len(member) != 2:
                raise InvalidParameterError(
                    "The 'estimators' parameter of AveragingClassifier holds a "
                    f"{type(member).__name__} at position {i}, expected pairs of a name and a "
                    'classifier: [("tfidf", pipeline), ...].'
                )
        names = [name for name, _ in self.estimators]
        self._validate_names(names)
        kept = [(name, member) for name, member in self.estimators if member != "drop"]
        if not kept:
            raise InvalidParameterError(
                "The 'estimators' parameter of AveragingClassifier holds no member, expected at "
                'least one (name, classifier) that is not "drop".'
            )
        for name, member in kept:
            if not (is_classifier(member) and hasattr(member, "predict_proba")):
                raise InvalidParameterError(
                    f"Member {name!r} is {member!r}, expected a classifier with predict_proba; "
                    "CalibratedClassifierCV gives one to classifiers without."
                )
        return (*zip(*kept, strict=True), self._used_weights())

    def _used_weights(self):
        """Return the weights of the members that are not dropped."""
        weights = np.ones(len(self.estimators)) if self.weights is None else self.weights
        weights = np.asarray(weights, dtype=float)
        if weights.shape != (len(self.estimators),) or not _are_weights(weights):
            raise InvalidParameterError(
                f"The 'weights' parameter of AveragingClassifier is {self.weights!r}, expected one "
                f"number of 0 or more for each of {len(self.estimators)} members."
            )
        weights = weights[[member != "drop" for _, member in self.estimators]]
        if not weights.any():
            raise InvalidParameterError(
                "The 'weights' parameter of AveragingClassifier leaves no member with a weight "
                "above 0."
            )
        return weights

    @property
    def n_features_in_(self):
        """The number of columns of X, if the first member has it; texts have no columns."""
        return self.estimators_[0].n_features_in_

    def _check_saved(self):
        if "estimators_" not in vars(self):
            return
        weights, members = self.member_weights_, self.estimators_
        expect(len(weights) == len(members), f"{len(weights)} weights for {len(members)} members")
        expect(_are_weights(weights) and weights.any(), f"its weights are {weights.tolist()}")
        for i, member in enumerate(members):
            is_fitted = hasattr(member, "predict_proba") and hasattr(member, "classes_")
            expect(is_fitted, f"its fitted member {i} is not a fitted classifier")
            expect(len(member.classes_) == len(self.classes_), f"member {i} has other classes")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        for pair in self.estimators[:1]:
            if isinstance(pair, (tuple, list)) and not isinstance(member := pair[-1], str):
                tags.input_tags = get_tags(member).input_tags
        tags.classifier_tags.multi_label = True
        return tags


def _summing_to_one(found):
    """Return probabilities as float64, normalized: float32 rows sum to 1 in float32 only."""
    if found.dtype == np.float64:
        return found
    found = found.astype(np.float64)
    return found / found.sum(axis=1, keepdims=True)


def _are_weights(values):
    """Return whether weights are finite and not negative."""
    return np.isfinite(values).all() and (values >= 0).all()


def _for_labels(member):
    """Return a copy that supports multilabel targets."""
    member = clone(member)
    if get_tags(member).classifier_tags.multi_label:
        return member
    if isinstance(member, Pipeline):
        *before, (name, last) = member.steps
        return member.set_params(steps=[*before, (name, _for_labels(last))])
    return OneVsRestClassifier(member)
