"""The list of available operations."""

from collections.abc import Mapping

from grace_workers.coding.catalogs import coding_intents, coding_operations
from grace_workers.coding.operations.operation import CodingOperation, NoArguments
from grace_workers.coding.workshop import Workshop
from grace_workers.foundation.document import JsonValue


def _run(arguments: NoArguments, workshop: Workshop) -> Mapping[str, JsonValue]:
    del arguments
    return {
        "operations": [one.name for one in coding_operations() if one.offered],
        "intents": list(coding_intents().names),
        "version": workshop.version,
        "model": None,
        "sandbox": workshop.sandbox.level,
    }


DEFINITION = CodingOperation(name="describe", about="Say what is offered here.", arguments=NoArguments, run=_run)
