"""Whether a key-value server answers."""

from grace_workers.actions import CacheServer
from grace_workers.checks.check import EVERY_KIND, Check, above, answers
from grace_workers.foundation.document import Document


class CacheAnswersParams(Document):
    """There is nothing to choose."""


def probe(server: CacheServer, params: CacheAnswersParams) -> float:
    """Return 1 when it answers, 0.5 when it is there and refuses, such as one that is loading or full, else 0.

    Raises:
        ThrottledError: we asked too often and made no call, so whether it answers is unknown.
    """
    del params
    return answers(server.figures)


DEFINITION = Check(
    name="cache_answers",
    summary="1 when the key-value server answers, 0.5 when it refuses (loading its data, full), else 0.",
    unit="",
    role=CacheServer,
    params=CacheAnswersParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=above("cache_answers", 0.5),
)
