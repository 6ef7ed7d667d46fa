"""Extracting a block of statements into a function, in one module's text: no file is read, nothing is run."""

from collections.abc import Mapping

from pydantic import Field

from grace_workers.coding.extraction.extract import BlockExtraction, extract
from grace_workers.coding.operations.operation import CodingOperation
from grace_workers.coding.reason import Reason
from grace_workers.coding.workshop import Workshop
from grace_workers.foundation.document import Document, JsonValue


class ExtractMethodArguments(Document):
    """A module's text, the lines of a block in it, and the new function's name."""

    source: str = Field(max_length=1 << 22)
    first_line: int
    last_line: int
    name: str = Field(max_length=200)


def _run(arguments: ExtractMethodArguments, workshop: Workshop) -> Mapping[str, JsonValue]:
    del workshop
    made = extract(arguments.source, BlockExtraction(arguments.first_line, arguments.last_line, arguments.name))
    if isinstance(made, Reason):
        return {"source": None, "reason": dict(made.plain())}
    return {"source": made, "reason": None}


DEFINITION = CodingOperation(
    name="extract_method", about="Make a function of a block.", arguments=ExtractMethodArguments, run=_run
)
