"""Say what functions return, where mypy can tell, and only as far as it then reports nothing new."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from grace_workers.coding.catalogs import repairs_of_types
from grace_workers.coding.extraction.refusal import ExtractionRefused
from grace_workers.coding.extraction.text import ModuleText
from grace_workers.coding.intents.intent import Intent, IntentOptions, SourceTexts, each_file
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.rewriting.annotation import without_returns
from grace_workers.coding.rewriting.hint_search import HintSearch, faults_of, new_of
from grace_workers.coding.rewriting.return_site import return_sites
from grace_workers.coding.rewriting.revealed_type import WrittenType
from grace_workers.coding.rewriting.suspects import Spot
from grace_workers.coding.rewriting.type_mending import TypeMending
from grace_workers.coding.type_check import OutOfTime, TypeCheck, TypeMessage, checked_files
from grace_workers.foundation.errors import PermanentError

_MOST_TRIES = 8


def _draft(texts: SourceTexts, targets: Sequence[str], options: IntentOptions) -> Mapping[str, str]:
    """Return the types of files that are checked together, found together: a question to mypy takes as long as many."""
    del options
    together: dict[tuple[str, ...], list[str]] = {}
    for file in targets:
        if texts.types is not None and _is_sound(texts, file):
            together.setdefault(tuple(checked_files(file, texts)), []).append(file)
    made: dict[str, str] = {}
    for files in together.values():
        if texts.types is not None and files[1:]:
            search, known = HintSearch(texts, texts.types, files), dict[Spot, WrittenType]()
            # What is known then holds, and each file is asked about alone afterwards, which tells what is wrong.
            with suppress(OutOfTime, PermanentError):
                search.search(known)
            made |= search.made(known)
    return {file: text for file, text in made.items() if text != texts[file]}


def _is_sound(texts: SourceTexts, file: str) -> bool:
    try:
        ModuleText.read(texts[file])
    except (ExtractionRefused, UnicodeDecodeError):
        return False
    return True


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
    """The types of one file, and the repairs of other types that let more of them hold."""

    def __init__(self, texts: SourceTexts, types: TypeCheck, file: str) -> None:
        self.file = file
        self.search = HintSearch(texts, types, [file])

    def added(self) -> Mapping[str, str] | Reason:
        """Return the file with the types that hold."""
        source = made = self.search.sources[self.file]
        known: dict[Spot, WrittenType] = {}
        more: dict[Spot, WrittenType] = {}
        try:
            try:
                self.search.search(known)
            finally:
                made = self._made(known)
            self.search.sources[self.file] = self._mended(known)
            self.search.search(more)
        except OutOfTime:
            if made == source:
                return Reason(ReasonCode.BUDGET, "The budget ended before the types were checked.")
        found = self._made(more)
        better = more or len(return_sites(found)) < len(return_sites(made))
        return {self.file: found if better else made}

    def _made(self, known: Mapping[Spot, WrittenType]) -> str:
        return self.search.made(known)[self.file]

    def _mended(self, known: Mapping[Spot, WrittenType]) -> str:
        """Return the text with more types: those whose errors are repaired, because they are about other types."""
        found = {spot: one for spot, one in self.search.blocked.items() if spot not in known}
        made = self._made(known)
        if not found:
            return made
        before = faults_of(self.search.messages({}))
        repairs = [one for one in repairs_of_types() if not one.asked]
        text = self._made({**known, **found})
        mended = TypeMending(self.file, self.search.modules[self.file], self._look, repairs).mended(text)
        for _ in range(_MOST_TRIES if mended != text else 0):
            new = new_of(self._look(mended), before)
            if not new:
                return mended
            guilty = self.search.guilty({self.file: mended}, new, found)
            found = {spot: one for spot, one in found.items() if spot not in guilty}
            mended = without_returns(mended, {number for _, number in guilty})
        return made

    def _look(self, text: str) -> Sequence[TypeMessage]:
        return self.search.messages({self.file: text})


DEFINITION = Intent(
    name="add_type_hints",
    about="Say what functions return, where that adds no error.",
    options=IntentOptions,
    change=_change,
    draft=_draft,
    repeated=True,
    find=each_file,
    after=("remove_duplication", "reduce_complexity", "normalise_calls", "improve_logging"),
)
