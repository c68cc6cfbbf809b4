"""AveragingClassifier: the mean of several classifiers' probabilities."""

from collections.abc import Iterator
from numbers import Integral

import numpy as np
from scipy.special import logit
from sklearn import config_context
from sklearn.base import ClassifierMixin, clone, is_classifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline
from sklearn.utils import assert_all_finite, get_tags
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import (
    check_consistent_length,
    check_is_fitted,
    has_fit_parameter,
)

from .._compat import (
    BaseComposition,
    CallbackSupportMixin,
    InvalidParameterError,
    fit_context,
)
from .._saved_state import array, instance_of, sequence_of
from .._sklearn_callbacks import member_tasks
from .._validation import expect


class AveragingClassifier(CallbackSupportMixin, ClassifierMixin, BaseComposition):
    """Average the probabilities of several classifiers.

    Unlike scikit-learn's ``VotingClassifier(voting="soft")`` it passes X, y and weights on to its
    members as they came: labels are not encoded, so that ``class_weight`` can be keyed by them,
    several labels per sample are possible, and pipelines get `sample_weight`.

    Parameters
    ----------
    estimators : list of (str, estimator)
        The members by name, each a classifier with `predict_proba`. Their parameters are reached
        as ``<name>__<parameter>``; ``set_params(<name>="drop")`` leaves one out.
    weights : array-like of shape (n_members,), default=None
        How much each counts, 0 or more; None for all the same.
    n_jobs : int, default=None
        How many members to fit at the same time, in threads; None for 1, -1 for all cores.

    Attributes
    ----------
    estimators_ : list of estimator
        The fitted members that were not dropped. Where y holds several labels per sample, a member
        that takes one only is fitted once for each label, in a ``OneVsRestClassifier``.
    classes_ : ndarray of shape (n_classes,)
        Sorted labels; for multilabel targets the column numbers.

    See Also
    --------
    text_classifier : Averages networks and linear models.

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
        "n_jobs": [Integral, None],
    }

    _saved_state = {
        "estimators_": sequence_of(instance_of(object)),
        "classes_": array("label", None),
        "is_multilabel_": instance_of(bool),
    }

    def __init__(self, estimators, *, weights=None, n_jobs=None):
        self.estimators = estimators
        self.weights = weights
        self.n_jobs = n_jobs

    def get_params(self, deep=True):
        """Return parameters, those of the members as ``<name>__<parameter>``.

        Parameters
        ----------
        deep : bool, default=True
            Whether those of the members are among them.

        Returns
        -------
        dict
            Parameters by name.
        """
        return self._get_params("estimators", deep=deep)

    def set_params(self, **params):
        """Set parameters; a member as a whole by its name.

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
            What the members take, such as texts.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Labels, or a 0/1 indicator matrix.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, for every member.

        Returns
        -------
        AveragingClassifier
            The fitted classifier.

        Raises
        ------
        ValueError
            If no member is left, names are not distinct, `weights` do not fit, a member has no
            `predict_proba`, or takes no weights where there are some.
        """
        names, members = self._check_members()
        if isinstance(X, Iterator):
            X = list(X)  # each member reads it
        assert_all_finite(np.asarray(y), input_name="y")
        check_classification_targets(y)
        check_consistent_length(X, y, sample_weight)
        is_multilabel = type_of_target(y).startswith("multilabel")
        members = [_for_labels(member) if is_multilabel else clone(member) for member in members]
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        # so that weights reach the last step of a Pipeline, however deep
        with config_context(**({"enable_metadata_routing": True} if weights else {})):
            for name, member in zip(names, members, strict=True) if weights else ():
                _request_weights(name, member)
            fits, end = member_tasks(self, names, X, y)
            fitted = Parallel(n_jobs=self.n_jobs, prefer="threads")(
                delayed(fit)(member, X, y, **weights)
                for fit, member in zip(fits, members, strict=True)
            )
            end()
        self.estimators_ = list(fitted)
        self.is_multilabel_ = is_multilabel
        self.classes_ = np.arange(np.shape(y)[1]) if is_multilabel else self.estimators_[0].classes_
        return self

    def predict_proba(self, X):
        """Return the mean of the members' probabilities.

        Parameters
        ----------
        X : iterable of length n_samples
            As in `fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            In the order of `classes_`; rows sum to 1, but for multilabel targets.
        """
        check_is_fitted(self)
        if isinstance(X, Iterator):
            X = list(X)  # each member reads it
        found = [member.predict_proba(X) for member in self.estimators_]
        return np.average(found, axis=0, weights=self._used_weights())

    def decision_function(self, X):
        """Return the log-odds of the averaged probabilities: finite, and 0 at one half.

        Parameters
        ----------
        X : iterable of length n_samples
            As in `fit`.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            For two classes those of ``classes_[1]``, else one column per class or label.
        """
        smallest = np.finfo(float).eps
        odds = logit(np.clip(self.predict_proba(X), smallest, 1 - smallest))
        is_binary = not self.is_multilabel_ and len(self.classes_) == 2
        return odds[:, 1] if is_binary else odds

    def predict(self, X):
        """Return the likeliest labels.

        Parameters
        ----------
        X : iterable of length n_samples
            As in `fit`.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            The likeliest class; for multilabel targets every label of at least 0.5.
        """
        found = self.predict_proba(X)
        if self.is_multilabel_:
            return (found >= 0.5).astype(int)
        return self.classes_[found.argmax(axis=1)]

    def _check_members(self):
        """Return names and classifiers of the members that are not dropped."""
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
        self._used_weights()
        return zip(*kept, strict=True)

    def _used_weights(self):
        """Return the weights of the members that are not dropped; None for all the same."""
        if self.weights is None:
            return None
        weights = np.asarray(self.weights, dtype=float)
        if weights.shape != (len(self.estimators),) or not (weights >= 0).all():
            raise InvalidParameterError(
                f"The 'weights' parameter of AveragingClassifier is {self.weights!r}, expected one "
                f"number of 0 or more for each of {len(self.estimators)} members."
            )
        weights = weights[[member != "drop" for _, member in self.estimators]]
        if not weights.sum():
            raise InvalidParameterError(
                "The 'weights' parameter of AveragingClassifier leaves no member with a weight "
                "above 0."
            )
        return weights

    @property
    def n_features_in_(self):
        """Columns of X, where the first member has them; texts have none."""
        if "estimators_" not in vars(self):
            raise AttributeError(f"{type(self).__name__} has no n_features_in_ before fit.")
        return self.estimators_[0].n_features_in_

    def _check_saved(self):
        if "estimators_" not in vars(self):
            return
        names, _ = self._check_members()
        found = len(self.estimators_)
        expect(found == len(names), f"it has {found} fitted members of {len(names)}")
        for name, member in zip(names, self.estimators_, strict=True):
            is_fitted = hasattr(member, "predict_proba") and hasattr(member, "classes_")
            expect(is_fitted, f"its member {name!r} is no fitted classifier")
            expect(len(member.classes_) == len(self.classes_), f"member {name!r} has other classes")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        for _, member in self.estimators[:1]:
            if member != "drop":
                tags.input_tags = get_tags(member).input_tags
        tags.classifier_tags.multi_label = True
        return tags


def _for_labels(member):
    """Return a copy that takes several labels per sample."""
    member = clone(member)
    if get_tags(member).classifier_tags.multi_label:
        return member
    if isinstance(member, Pipeline):
        *before, (name, last) = member.steps
        return member.set_params(steps=[*before, (name, _for_labels(last))])
    return OneVsRestClassifier(member)


def _request_weights(name, member):
    """Ask for sample weights in the classifier at the end, and in no step before it."""
    if isinstance(member, Pipeline):
        for _, step in member.steps[:-1]:
            if hasattr(step, "set_fit_request") and has_fit_parameter(step, "sample_weight"):
                step.set_fit_request(sample_weight=False)
        return _request_weights(name, member.steps[-1][1])
    inner = getattr(member, "estimator", None)
    if inner is not None:  # searches, OneVsRestClassifier
        return _request_weights(name, inner)
    if not has_fit_parameter(member, "sample_weight"):
        raise ValueError(
            f"sample_weight is given, but member {name!r} ends in a {type(member).__name__}, which "
            "takes none; leave it out, or drop the member."
        )
    member.set_fit_request(sample_weight=True)
    if hasattr(member, "set_score_request"):  # a search that gets weights scores with them
        member.set_score_request(sample_weight=True)
    return member
