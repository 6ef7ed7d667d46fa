"""Repair what mypy reports, where a type, an import or a comment is all that is missing."""

from collections.abc import Mapping, Sequence

from grace_workers.coding.catalogs import repairs_of_types
from grace_workers.coding.extraction.refusal import ExtractionRefused
from grace_workers.coding.extraction.text import ModuleText
from grace_workers.coding.intents.intent import Intent, IntentOptions, SourceTexts, each_file
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.rewriting.callers import dotted_name
from grace_workers.coding.rewriting.type_mending import TypeMending
from grace_workers.coding.type_check import WITHIN_UNTYPED, TypeCheck, TypeMessage, checked_files
from grace_workers.foundation.errors import PermanentError

_UNUSED_TOO = "\n# mypy: check-untyped-defs, warn-unused-ignores\n"


class RepairTypesOptions(IntentOptions):
    """`ignores`: remove each `type: ignore` that hides nothing from mypy without the repository's settings."""

    ignores: bool = False


def _change(texts: SourceTexts, targets: Sequence[str], options: RepairTypesOptions) -> Mapping[str, str] | Reason:
    file = targets[0]
    if texts.types is None:
        return Reason(ReasonCode.UNSUPPORTED, "Types cannot be checked here.")
    try:
        source = texts[file]
        ModuleText.read(source)
        made = _mending(texts, texts.types, file, ignores=options.ignores).mended(source)
    except ExtractionRefused as refused:
        return refused.reason
    except PermanentError as error:
        return Reason(ReasonCode.UNSUPPORTED, f"Types cannot be checked: {error}.")
    return {file: made} if made != source else {}


def _mending(texts: SourceTexts, types: TypeCheck, file: str, *, ignores: bool) -> TypeMending:
    files = checked_files(file, texts)
    settings = _UNUSED_TOO if ignores else WITHIN_UNTYPED

    def look(text: str) -> Sequence[TypeMessage]:
        return types.messages({**texts.changed, file: text + settings}, files)

    repairs = [one for one in repairs_of_types() if ignores or not one.asked]
    return TypeMending(file=file, module=dotted_name(file, texts), look=look, repairs=repairs)


DEFINITION = Intent(
    name="repair_types",
    about="Repair errors of mypy by a type or an import that is missing.",
    options=RepairTypesOptions,
    change=_change,
    repeated=True,
    find=each_file,
    after=("add_type_hints",),
)
