"""Turn a block into a function: a method if it uses `self` or `cls`, otherwise a function beside the target."""

from collections.abc import Mapping, Sequence

from grace_workers.coding.extraction.extract import BlockExtraction, extract
from grace_workers.coding.intents.intent import BlockOptions, Intent, SourceTexts
from grace_workers.coding.reason import Reason
from grace_workers.coding.rewriting.callers import imported_into
from grace_workers.coding.rewriting.type_keeping import keeping_types


def _change(texts: SourceTexts, targets: Sequence[str], options: BlockOptions) -> Mapping[str, str] | Reason:
    file, _, function = targets[0].partition("::")
    asked = BlockExtraction(options.first_line, options.last_line, options.name, function or None)
    made = extract(texts[file], asked, imported_into(texts, file))
    return made if isinstance(made, Reason) else {file: made}


DEFINITION = Intent(
    name="extract_method",
    about="Make a method or function of a block.",
    options=BlockOptions,
    change=keeping_types(_change),
)
