"""Counts of graphs traced by the training engine, and of calls of these graphs."""

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from unittest.mock import patch

from sklearn_textnn.engines._tensorflow._graph import Graph

KINDS = {"_trace_epoch": "training", "_trace_evaluation": "evaluation", "forward": "prediction"}


@dataclass
class Counts:
    """Numbers of traces and graph calls for "training", "evaluation" and "prediction"."""

    traces: Counter = field(default_factory=Counter)
    calls: Counter = field(default_factory=Counter)


@contextmanager
def counted():
    """Count within this context, in all threads; a graph is traced once, when it is made."""
    counts, kinds = Counts(), {}
    make, call = Graph.__init__, Graph.__call__

    def counting_make(graph, function, *args, **kwargs):
        make(graph, function, *args, **kwargs)
        kinds[graph] = KINDS.get(function.__name__, function.__name__)
        counts.traces[kinds[graph]] += 1

    def counting_call(graph, *args, **kwargs):
        counts.calls[kinds.get(graph, "made before")] += 1
        return call(graph, *args, **kwargs)

    with (
        patch.object(Graph, "__init__", counting_make),
        patch.object(Graph, "__call__", counting_call),
    ):
        yield counts
