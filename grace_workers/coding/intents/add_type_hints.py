"""Say what functions return, where mypy can tell, and only as far as it then reports nothing new."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from grace_workers.coding.catalogs import repairs_of_types
from grace_workers.coding.extraction.refusal import ExtractionRefused
from grace_workers.coding.extraction.text import ModuleText
from grace_workers.coding.intents.intent import Intent, IntentOptions, SourceTexts, each_file
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.rewriting.annotation import annotated, reading_annotations, without_returns
from grace_workers.coding.rewriting.callers import dotted_name
from grace_workers.coding.rewriting.local_class import local_parents, named_outside
from grace_workers.coding.rewriting.overrides import overridden
from grace_workers.coding.rewriting.return_inference import inferred
from grace_workers.coding.rewriting.return_site import ReturnSite, instrumented, return_sites
from grace_workers.coding.rewriting.revealed_type import WrittenType
from grace_workers.coding.rewriting.suspects import suspects
from grace_workers.coding.rewriting.type_mending import TypeMending
from grace_workers.coding.type_check import WITHIN_UNTYPED, OutOfTime, TypeCheck, TypeMessage, checked_files
from grace_workers.foundation.errors import PermanentError

_REVEALED = 'Revealed type is "'
_MOST_TRIES, _MOST_GROUPS = 8, 12
_Types = Mapping[int, WrittenType]
_Faults = Counter[tuple[str, str]]


def _change(texts: SourceTexts, targets: Sequence[str], options: IntentOptions) -> Mapping[str, str] | Reason:
    del options
    file = targets[0]
    if texts.types is None:
        return Reason(ReasonCode.UNSUPPORTED, "Types cannot be checked here.")
    try:
        ModuleText.read(texts[file])
        return _Hints(texts, texts.types, file).added()
    except ExtractionRefused as refused:
        return refused.reason
    except PermanentError as error:
        return Reason(ReasonCode.UNSUPPORTED, f"Types cannot be checked: {error}.")


class _Hints:
    def __init__(self, texts: SourceTexts, types: TypeCheck, file: str) -> None:
        self.texts, self.types, self.file = texts, types, file
        self.source = texts[file]
        self.module = dotted_name(file, texts)
        self.files = checked_files(file, texts)
        self.blocked: dict[int, WrittenType] = {}
        self.alone: set[int] = set()
        """Those whose type adds an error even if it is the only new one."""

    def added(self) -> Mapping[str, str] | Reason:
        """Return the file with the types that hold; in rounds, because one function's type may tell another's."""
        self.unread = reading_annotations(self.source, return_sites(self.source))
        known: dict[int, WrittenType] = {}
        more: dict[int, WrittenType] = {}
        made, changed = self.source, False
        try:
            faults = self._faults({})
            self._find(known, faults)
            made, changed = annotated(self.source, known), bool(known)
            self.source = self._mended(known, faults)
            self._find(more, faults)
        except OutOfTime:
            if not changed:
                return Reason(ReasonCode.BUDGET, "The budget ended before the types were checked.")
        if more or len(return_sites(self.source)) < len(return_sites(made)):
            made, changed = annotated(self.source, more), True
        return {self.file: made} if changed else {}

    def _find(self, known: dict[int, WrittenType], faults: _Faults) -> None:
        while more := self._round(known, faults):
            known |= more

    def _mended(self, known: _Types, before: _Faults) -> str:
        """Return the text with more types: those whose errors are repaired, because they are about other types."""
        found = {number: one for number, one in self.blocked.items() if number not in known}
        made = annotated(self.source, known)
        if not found:
            return made
        text = annotated(self.source, {**known, **found})
        repairs = [one for one in repairs_of_types() if not one.asked]
        mended = TypeMending(self.file, self.module, self._messages, repairs).mended(text)
        for _ in range(_MOST_TRIES if mended != text else 0):
            new = self._new(mended, before)
            if not new:
                return mended
            guilty = suspects(self.file, mended, new, found, self.texts)
            found = {number: one for number, one in found.items() if number not in guilty}
            mended = without_returns(mended, guilty)
        return made

    def _round(self, known: _Types, before: _Faults) -> dict[int, WrittenType]:
        """Return the types of further functions, without those with which mypy reports more than before."""
        text = annotated(self.source, known)
        # A decorator of another package may read annotations and change what the function does.
        sites = [one for one in return_sites(text) if one.number not in self.unread]
        # A type whose names the module has for something else is known, and is not written.
        found = {number: one for number, one in self._inferred(text, sites) if number not in {*known, *self.alone}}
        return self._holding(known, found, before) if found else {}

    def _holding(self, known: _Types, found: _Types, before: _Faults) -> dict[int, WrittenType]:
        """Return the types with which nothing new is reported: all but the suspects, and of these in halves."""
        kept: dict[int, WrittenType] = {}
        groups: list[_Types] = [found]
        for _ in range(_MOST_GROUPS):
            if not groups:
                break
            group = groups.pop()
            made = annotated(self.source, {**known, **kept, **group})
            new = self._new(made, before)
            if not new:
                kept |= group
            elif len(group) == 1:
                self.alone |= set(group)
            else:
                guilty = sorted(suspects(self.file, made, new, group, self.texts))
                rest = {number: one for number, one in group.items() if number not in guilty}
                half = len(guilty) // 2
                parts = [{number: group[number] for number in part} for part in (guilty[half:], guilty[:half]) if part]
                groups = [*parts, *groups, *([rest] if rest else [])]
        self.blocked |= {number: one for number, one in found.items() if number not in kept}
        return kept

    def _inferred(self, text: str, sites: Sequence[ReturnSite]) -> Iterator[tuple[int, WrittenType]]:
        said: dict[int, list[str]] = {}
        parents = local_parents(text)
        for one in self._messages(instrumented(text, sites) + WITHIN_UNTYPED):
            if one.file == self.file and one.text.startswith(_REVEALED):
                told = named_outside(one.text[len(_REVEALED) : -1], self.module, parents)
                said.setdefault(one.line, []).append(told)
        shared = _shared_lines(sites)
        for site in sites:
            lines = {one.lineno for one in site.values}
            guess = None if lines & shared else inferred(site, said, self.module)
            if guess is not None:
                yield site.number, guess
        yield from overridden(text, sites)

    def _new(self, made: str, before: _Faults) -> list[TypeMessage]:
        left = Counter(before)
        new: list[TypeMessage] = []
        for one in self._messages(made):
            if one.is_error and left[one.file, one.text] > 0:
                left[one.file, one.text] -= 1
            elif one.is_error:
                new.append(one)
        return new

    def _faults(self, known: _Types) -> _Faults:
        made = annotated(self.source, known)
        return Counter((one.file, one.text) for one in self._messages(made) if one.is_error)

    def _messages(self, text: str) -> Sequence[TypeMessage]:
        return self.types.messages({**self.texts.changed, self.file: text}, self.files)


def _shared_lines(sites: Sequence[ReturnSite]) -> set[int]:
    """Return the lines on which two functions give something back."""
    counts = Counter(line for one in sites for line in {value.lineno for value in one.values})
    return {line for line, count in counts.items() if count > 1}


DEFINITION = Intent(
    name="add_type_hints",
    about="Say what functions return, where that adds no error.",
    options=IntentOptions,
    change=_change,
    repeated=True,
    find=each_file,
    after=("remove_duplication", "reduce_complexity", "normalise_calls", "improve_logging"),
)
