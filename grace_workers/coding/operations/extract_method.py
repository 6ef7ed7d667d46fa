"""A block of statements as a function of its own. Not offered yet."""

from collections.abc import Mapping

from grace_workers.coding.operations.operation import CodingOperation
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.workshop import Workshop
from grace_workers.foundation.document import Document, JsonValue


class ExtractMethodArguments(Document):
    """A module's text, the lines of a block in it, and the new function's name."""

    source: str
    first_line: int
    last_line: int
    name: str


def _run(arguments: ExtractMethodArguments, workshop: Workshop) -> Mapping[str, JsonValue]:
    del arguments, workshop
    return {
        "source": None,
        "reason": dict(Reason(ReasonCode.UNSUPPORTED, "Extracting a method is not offered.").plain()),
    }


DEFINITION = CodingOperation(
    name="extract_method",
    about="Make a function of a block.",
    arguments=ExtractMethodArguments,
    run=_run,
    offered=False,
)
