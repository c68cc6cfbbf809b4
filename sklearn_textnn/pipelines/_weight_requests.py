"""Sample weights for the classifier at the end of a pipeline or in a search."""

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter


def request_weights(name, member):
    """Ask for sample weights in the classifier at the end, and in no step before it."""
    if isinstance(member, Pipeline):
        for _, step in member.steps[:-1]:
            if hasattr(step, "set_fit_request") and has_fit_parameter(step, "sample_weight"):
                step.set_fit_request(sample_weight=False)
        return request_weights(name, member.steps[-1][1])
    inner = getattr(member, "estimator", None)
    if inner is not None:  # searches, OneVsRestClassifier
        return request_weights(name, inner)
    if not has_fit_parameter(member, "sample_weight"):
        raise ValueError(
            f"sample_weight is given, but member {name!r} ends in a {type(member).__name__}, which "
            "takes none; leave it out, or drop the member."
        )
    member.set_fit_request(sample_weight=True)
    if hasattr(member, "set_score_request"):  # a search that gets weights scores with them
        member.set_score_request(sample_weight=True)
    return member
