"""Searching what the functions of files return: what mypy reveals, as far as it then reports nothing new."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from grace_workers.coding.intents.intent import SourceTexts
from grace_workers.coding.rewriting.annotation import annotated
from grace_workers.coding.rewriting.annotation_readers import AnnotationReaders
from grace_workers.coding.rewriting.callers import dotted_name
from grace_workers.coding.rewriting.local_class import local_parents, named_outside
from grace_workers.coding.rewriting.overrides import overridden
from grace_workers.coding.rewriting.return_inference import inferred
from grace_workers.coding.rewriting.return_site import ReturnSite, instrumented, return_sites
from grace_workers.coding.rewriting.revealed_type import WrittenType
from grace_workers.coding.rewriting.suspects import Spot, suspects
from grace_workers.coding.type_check import WITHIN_UNTYPED, TypeCheck, TypeMessage, checked_files

_REVEALED = 'Revealed type is "'
_MOST_GROUPS = 12
Types = Mapping[Spot, WrittenType]
Faults = Counter[tuple[str, str]]
"""Errors by their file and text."""


class HintSearch:
    """Searches files that are checked together. `sources` are their texts, on top of those of the repository.

    `only` are the functions that get types; without it, all do.
    """

    def __init__(
        self, texts: SourceTexts, types: TypeCheck, files: Sequence[str], only: Collection[Spot] | None = None
    ) -> None:
        self.texts, self.types = texts, types
        self.sources = {file: texts[file] for file in files}
        self.modules = {file: dotted_name(file, texts) for file in files}
        self.checked = checked_files(files[0], texts)
        self._last: dict[str, tuple[str, Mapping[int, WrittenType], str]] = {}
        self.blocked: dict[Spot, WrittenType] = {}
        """Types with which something new was reported."""
        sites = {file: return_sites(text) for file, text in self.sources.items()}
        self._names = {(file, one.number): one.bare for file, found in sites.items() for one in found}
        # Whatever reads annotations may change what the function does.
        readers = AnnotationReaders(texts)
        self._closed = {(file, number) for file, found in sites.items()
                        for number in readers.reading(file, self.sources[file], found)}  # fmt: skip
        self._closed |= set() if only is None else self._names.keys() - set(only)

    def search(self, known: dict[Spot, WrittenType]) -> None:
        """Add the types that hold to `known`; in rounds, because one function's type may tell another's.

        Raises:
            OutOfTime: the budget is spent; what is in `known` holds.
        """
        before = faults_of(self.messages({}))
        while self._round(known, before):
            continue

    def made(self, known: Types) -> dict[str, str]:
        """Return the files with these types."""
        by_file: dict[str, dict[int, WrittenType]] = {file: {} for file in self.sources}
        for (file, number), one in known.items():
            by_file[file][number] = one
        return {file: self._annotated(file, found) for file, found in by_file.items()}

    def _annotated(self, file: str, found: Mapping[int, WrittenType]) -> str:
        """Return a file with types; most files are as they were in the question before."""
        source = self.sources[file]
        last = self._last.get(file)
        if last is None or last[:2] != (source, found):
            last = self._last[file] = source, found, annotated(source, found)
        return last[2]

    def messages(self, texts: Mapping[str, str]) -> Sequence[TypeMessage]:
        """Return what is said about all files, with these texts."""
        return self.types.messages({**self.texts.changed, **self.sources, **texts}, self.checked)

    def guilty(self, texts: Mapping[str, str], new: Sequence[TypeMessage], types: Types) -> set[Spot]:
        """Return the functions whose types may be why something new is said about these texts."""
        return suspects(new, {**self.sources, **texts}, {spot: self._names[spot] for spot in types}, self.texts)

    def _round(self, known: dict[Spot, WrittenType], before: Faults) -> bool:
        """Add the types of further functions, without those with which mypy reports more than before."""
        texts = self.made(known)
        # A type whose names the module has for something else is known, and is not written.
        found = {spot: one for spot, one in self._inferred(texts) if spot not in {*known, *self._closed}}
        return bool(found) and self._hold(known, found, before)

    def _hold(self, known: dict[Spot, WrittenType], found: Types, before: Faults) -> bool:
        """Add the types with which nothing new is reported, at once: all but the suspects, and of these in halves."""
        count = len(known)
        groups: list[Types] = [found]
        for _ in range(_MOST_GROUPS):
            if not groups:
                break
            group = groups.pop()
            texts = self.made({**known, **group})
            new = new_of(self.messages(texts), before)
            if not new:
                known |= group
            elif len(group) == 1:
                self._closed |= set(group)
            else:
                guilty = sorted(self.guilty(texts, new, group))
                rest = {spot: one for spot, one in group.items() if spot not in guilty}
                half = len(guilty) // 2
                parts = [{spot: group[spot] for spot in part} for part in (guilty[half:], guilty[:half]) if part]
                groups = [*parts, *groups, *([rest] if rest else [])]
        self.blocked |= {spot: one for spot, one in found.items() if spot not in known}
        return len(known) > count

    def _inferred(self, texts: Mapping[str, str]) -> Iterator[tuple[Spot, WrittenType]]:
        sites = {file: return_sites(text) for file, text in texts.items()}
        asking = {file: instrumented(text, sites[file]) + WITHIN_UNTYPED for file, text in texts.items() if sites[file]}
        said: dict[str, dict[int, list[str]]] = {file: {} for file in texts}
        parents = {file: local_parents(text) for file, text in texts.items()}
        for one in self.messages({**texts, **asking}) if asking else ():
            if one.file in said and one.text.startswith(_REVEALED):
                told = named_outside(one.text[len(_REVEALED) : -1], self.modules[one.file], parents[one.file])
                said[one.file].setdefault(one.line, []).append(told)
        for file, found in sites.items():
            for number, guess in _guessed(found, said[file], self.modules[file]):
                yield (file, number), guess
            for number, guess in overridden(texts[file], found):
                yield (file, number), guess


def faults_of(said: Sequence[TypeMessage]) -> Faults:
    """Return the errors in what was said."""
    return Counter((one.file, one.text) for one in said if one.is_error)


def new_of(said: Sequence[TypeMessage], before: Faults) -> list[TypeMessage]:
    """Return the errors that were not reported before."""
    left = Counter(before)
    new: list[TypeMessage] = []
    for one in said:
        if one.is_error and left[one.file, one.text] > 0:
            left[one.file, one.text] -= 1
        elif one.is_error:
            new.append(one)
    return new


def _guessed(
    sites: Sequence[ReturnSite], said: Mapping[int, Sequence[str]], module: str
) -> Iterator[tuple[int, WrittenType]]:
    """Yield the types of functions, without those that give something back on a line where another one does."""
    counts = Counter(line for one in sites for line in {value.lineno for value in one.values})
    for site in sites:
        guess = None if any(counts[one.lineno] > 1 for one in site.values) else inferred(site, said, module)
        if guess is not None:
            yield site.number, guess
