"""Validation of the input of a comparison, before anything is fitted."""

from sklearn.base import is_classifier
from sklearn.metrics import check_scoring, get_scorer

from .._labels import check_targets
from ..preprocessing import check_texts_for
from ._report_candidates import last_step


def check_classifiers(classifiers):
    if not classifiers:
        raise ValueError("classifiers is empty; expected at least one, such as {'LR': pipeline}.")
    for name, classifier in classifiers.items():
        if not isinstance(name, str) or not name:
            raise TypeError(f"The names of classifiers must be non-empty str, got {name!r}.")
        if not _is_classifier(classifier):
            raise TypeError(
                f"{name!r} is no classifier for scikit-learn: got {_type_name(classifier)}, "
                "expected an instance whose estimator type is 'classifier', such as a Pipeline "
                "that ends in one. Classes of your own derive from sklearn.base.ClassifierMixin, "
                "on the left of BaseEstimator."
            )
        if getattr(last_step(classifier), "refit", True) is False:
            raise ValueError(
                f"{name!r} is a search with refit=False, which cannot predict; set refit=True."
            )


def _is_classifier(candidate):
    if isinstance(candidate, type) or not hasattr(candidate, "fit"):
        return False
    try:
        return is_classifier(candidate)
    except (AttributeError, TypeError):  # no scikit-learn tags
        return False


def _type_name(candidate):
    return f"the class {candidate.__name__}" if isinstance(candidate, type) else repr(candidate)


def check_scorers(scoring, classifier):
    """Return the scorers by metric name."""
    if isinstance(scoring, str):
        named = {scoring: scoring}
    elif callable(scoring):
        named = {"score": scoring}
    elif isinstance(scoring, dict):
        named = scoring
    else:
        named = {name: name for name in scoring}
    if not named or not all(isinstance(name, str) and name for name in named):
        raise ValueError(
            f"Got scoring={scoring!r}, expected the name of a score, a callable, a list of names, "
            "or a dict of names to either."
        )
    return {
        name: check_scoring(classifier, scoring=get_scorer(scorer))
        for name, scorer in named.items()
    }


def check_samples(classifiers, X, y):
    """Return the samples, texts as a list if all classifiers read texts."""
    X = check_texts_for(classifiers.values(), X)
    check_targets(X, y, "compare_classifiers")
    return X
