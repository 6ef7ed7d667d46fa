"""Turn a condition into a predicate, so that its name says what is asked."""

from collections.abc import Mapping, Sequence

from pydantic import Field

from grace_workers.coding.extraction.condition import ConditionExtraction, extract_condition
from grace_workers.coding.intents.intent import Intent, IntentOptions, SourceTexts
from grace_workers.coding.reason import Reason
from grace_workers.coding.rewriting.type_keeping import keeping_types


class ReadinessOptions(IntentOptions):
    """The first line of the statement with the condition, and the predicate's name."""

    line: int = Field(ge=1)
    name: str = Field(min_length=1, max_length=200)


def _change(texts: SourceTexts, targets: Sequence[str], options: ReadinessOptions) -> Mapping[str, str] | Reason:
    file, _, function = targets[0].partition("::")
    made = extract_condition(texts[file], ConditionExtraction(options.line, options.name, function or None))
    return made if isinstance(made, Reason) else {file: made}


DEFINITION = Intent(
    name="extract_readiness",
    about="Make a predicate of a condition.",
    options=ReadinessOptions,
    change=keeping_types(_change),
)
