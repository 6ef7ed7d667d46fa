"""How many files of a checked-out branch differ from its head, because someone changed them where they lie."""

from grace_workers.actions import Revisions
from grace_workers.checks.check import EVERY_KIND, Check, below
from grace_workers.foundation.document import Document


class ChangedInPlaceParams(Document):
    """There is nothing to choose."""


def probe(branch: Revisions, params: ChangedInPlaceParams) -> float:
    """Return the count; files that the branch does not have are none of its own."""
    del params
    return float(len(branch.changed_in_place()))


DEFINITION = Check(
    name="files_changed_in_place",
    summary="How many files of a checked-out branch were changed or removed in place, and so differ from its head.",
    unit="files",
    role=Revisions,
    params=ChangedInPlaceParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=below("files_changed_in_place", 1),
)
