"""What is remembered of outcomes: which is nearest to a present problem, and how often similar answers were right."""

from grace_workers.learning.recall.clusters import Cluster, clusters
from grace_workers.learning.recall.credit import Credit
from grace_workers.learning.recall.features import features_of
from grace_workers.learning.recall.nearest import Nearest, Neighbour
from grace_workers.learning.recall.precedent import FEWEST, Precedent
from grace_workers.learning.recall.reliability import Bin, Reliability, reliability

__all__ = [
    "FEWEST",
    "Bin",
    "Cluster",
    "Credit",
    "Nearest",
    "Neighbour",
    "Precedent",
    "Reliability",
    "clusters",
    "features_of",
    "reliability",
]
