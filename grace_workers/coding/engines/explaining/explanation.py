"""What is known of a place in the code, as it is told: where it is, who uses it, which tests reach it, whose it is."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace

from grace_workers.coding.engines.index.index import CodeCall, IndexedPlace
from grace_workers.coding.engines.index.keeping import IndexedCommit
from grace_workers.coding.engines.index.owners import CodeOwner
from grace_workers.coding.engines.reproduction.trouble import Place, places_of, words_of
from grace_workers.coding.known_skill import KnownSkill
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.repository import PastCommit, Repository
from grace_workers.foundation.document import JsonValue
from grace_workers.signals import Raised

_SHOWN, _CHANGES, _NAMED = 20, 5, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCall:
    """A use: who it is by or of, in which line. Not `sure` where only the name of a method tells."""

    place: str
    line: int
    called: bool
    sure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProseText:
    """What a language model wrote about it. No one has checked it."""

    model: str
    text: str
    checked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything, the nearest and newest first. `frames` are those of a traceback that are in the repository."""

    place: str
    kind: str
    first: int
    last: int
    signature: str
    about: str
    defines: tuple[str, ...] = ()
    callers: tuple[ShownCall, ...] = ()
    callees: tuple[ShownCall, ...] = ()
    tests: tuple[str, ...] = ()
    tests_found: int = 0
    owners: tuple[CodeOwner, ...] = ()
    changes: tuple[PastCommit, ...] = ()
    knowledge: tuple[KnownSkill, ...] = ()
    error: str = ""
    frames: tuple[str, ...] = ()
    prose: ProseText | None = None
    commit: str = ""

    def plain(self) -> dict[str, JsonValue]:
        """Return it as JSON's types."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Explaining:
    """Explains places of one commit."""

    indexed: IndexedCommit
    repository: Repository
    contents: dict[str, bytes] = field(default_factory=dict)

    def of_name(self, written: str) -> Explanation | Reason:
        """Return what is known of the place that a person names, or why none is meant."""
        found = self.indexed.index.find(written)
        if not found:
            words = f"The code has no {written[:200]!r}; name a file, FILE::NAME or a dotted name."
            return Reason(ReasonCode.NOT_FOUND, words)
        if len(found) > 1:
            shown = ", ".join(str(one) for one in found[:_NAMED])
            more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
            return Reason(ReasonCode.AMBIGUOUS, f"{written[:200]!r} may be {shown}{more}; name one.")
        return self._of_place(found[0])

    def of_trouble(self, trouble: Raised) -> Explanation | Reason:
        """Return what is known of the innermost place of a traceback that is in the repository."""
        frames = places_of(trouble, self.indexed.index.files)
        places = [one for frame in frames if (one := self._of_frame(frame)) is not None]
        if not places:
            return Reason(ReasonCode.NOT_FOUND, f"No frame of {words_of(trouble)} is in a file of this repository.")
        return replace(self._of_place(places[0]), error=words_of(trouble), frames=tuple(str(one) for one in places))

    def code_of(self, found: Explanation) -> str:
        """Return the lines of what is explained."""
        rows = self._text(found.place.partition("::")[0]).splitlines()
        return "\n".join(rows if found.kind == "module" else rows[found.first - 1 : found.last])

    def _of_place(self, place: IndexedPlace) -> Explanation:
        index = self.indexed.index
        symbol, facts = index.symbol(place), index.files[place.file]
        inside = [one for one in facts.symbols if one.name.rpartition(".")[0] == place.name]
        tests = index.tests(place)
        return Explanation(
            place=str(place),
            kind="module" if symbol is None else symbol.kind,
            first=1 if symbol is None else symbol.first,
            last=max((one.last for one in facts.symbols), default=1) if symbol is None else symbol.last,
            signature=facts.module if symbol is None else symbol.signature,
            about="" if symbol is None else symbol.about,
            defines=tuple(one.name for one in inside),
            callers=_shown([(one.by, one) for one in index.callers(place)]),
            callees=_shown([(one.of, one) for one in index.callees(place)]),
            tests=tuple(str(one) for one in tests[:_SHOWN]),
            tests_found=len(tests),
            owners=tuple(self.indexed.ownership.owners(place.file)),
            changes=self.repository.commits_of([place.file], _CHANGES),
            commit=self.indexed.commit,
        )

    def _of_frame(self, frame: Place) -> IndexedPlace | None:
        """Return the function of a frame: of those with its name, the one that has its line of source."""
        facts = self.indexed.index.files[frame.file]
        named = [one for one in facts.symbols if frame.function in {one.name, one.name.rpartition(".")[2]}]
        if len(named) > 1 and frame.code:
            rows = self._text(frame.file).splitlines()
            shown = [one for one in named if any(frame.code in row for row in rows[one.first - 1 : one.last])]
            named = shown or named
        return IndexedPlace(frame.file, named[0].name if named else "")

    def _text(self, file: str) -> str:
        if file not in self.contents:
            blob = self.repository.blobs()[file]
            self.contents[file] = self.repository.contents([blob]).get(blob, b"")
        return self.contents[file].decode("utf-8", "replace")


def _shown(calls: Sequence[tuple[IndexedPlace, CodeCall]]) -> tuple[ShownCall, ...]:
    """Return each place once, at its first line, those that are sure first."""
    found: dict[IndexedPlace, ShownCall] = {}
    for place, one in sorted(calls, key=lambda pair: not pair[1].sure):
        known = found.get(place)
        called = one.called or (known is not None and known.called)
        line, sure = (one.line, one.sure) if known is None else (known.line, known.sure)
        found[place] = ShownCall(place=str(place), line=line, called=called, sure=sure)
    return tuple([*found.values()][:_SHOWN])
