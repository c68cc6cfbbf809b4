"""Routing of sample weights to the classifier at the end of a pipeline or in a search."""

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter


def request_weights(name, member):
    """Request sample weights for the classifier at the end, and for no earlier step."""
    if isinstance(member, Pipeline):
        for _, step in member.steps[:-1]:
            if hasattr(step, "set_fit_request") and has_fit_parameter(step, "sample_weight"):
                step.set_fit_request(sample_weight=False)
        member.set_score_request(sample_weight=True)  # a search in scikit-learn 1.6 looks here
        return request_weights(name, member.steps[-1][1])
    inner = getattr(member, "estimator", None)
    if inner is not None:  # searches, OneVsRestClassifier
        return request_weights(name, inner)
    if not has_fit_parameter(member, "sample_weight"):
        raise ValueError(
            f"sample_weight is passed, but member {name!r} ends in a {type(member).__name__}, "
            "which takes no weights; omit it, or drop the member."
        )
    member.set_fit_request(sample_weight=True)
    if hasattr(member, "set_score_request"):  # a search with weights uses them for scoring too
        member.set_score_request(sample_weight=True)
    return member
