"""Turn a block into a function of the module, wherever the block is."""

from collections.abc import Mapping, Sequence

from grace_workers.coding.extraction.extract import BlockExtraction, extract
from grace_workers.coding.intents.intent import BlockOptions, Intent, SourceTexts
from grace_workers.coding.reason import Reason
from grace_workers.coding.rewriting.callers import imported_into
from grace_workers.coding.rewriting.type_keeping import keeping_types


def _change(texts: SourceTexts, targets: Sequence[str], options: BlockOptions) -> Mapping[str, str] | Reason:
    file, _, function = targets[0].partition("::")
    lines = (options.first_line, options.last_line)
    made = extract(
        texts[file],
        BlockExtraction(*lines, options.name, function or None, module_level=True),
        imported_into(texts, file),
    )
    return made if isinstance(made, Reason) else {file: made}


DEFINITION = Intent(
    name="extract_helper",
    about="Make a function of the module of a block.",
    options=BlockOptions,
    change=keeping_types(_change),
)
