"""Repairing what mypy reports of a file, in rounds: a proposal is kept if less is reported with it, and nothing new."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from grace_workers.coding.rewriting.annotation import fits, with_types
from grace_workers.coding.rewriting.revealed_type import Unwritable, WrittenType, read_type, union_of
from grace_workers.coding.rewriting.revealing import Place, revealed, revealing
from grace_workers.coding.rewriting.typed_module import TypedModule
from grace_workers.coding.type_check import OutOfTime, TypeMessage
from grace_workers.coding.type_repairs.type_repair import TypeProposal, TypeRepair

_MOST_ROUNDS = 8
_ANY = WrittenType("Any", {"Any": "typing"})
_Types = Mapping[Place, Sequence[str]]
_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Try:
    """A proposal with the types that are tried for it: that of its values, then Any."""

    key: _Key
    proposal: TypeProposal
    loose: bool


@dataclass(slots=True)
class TypeMending:
    """Mends one file of a module. `look` returns what mypy says about the package, with a text for the file."""

    file: str
    module: str
    look: Callable[[str], Sequence[TypeMessage]]
    repairs: Iterable[TypeRepair]
    watched: Callable[[int], bool] = lambda _: True
    refused: Counter[_Key] = field(default_factory=Counter)

    def mended(self, text: str) -> str:
        """Return the file with its errors on watched lines repaired, as many as the time allows."""
        try:
            said = self.look(text)
            for _ in range(_MOST_ROUNDS):
                tries = list(self._tries(TypedModule(text), said))
                if not tries:
                    break
                for made, left in self._kept(text, said, tries):
                    text, said = made, left
        except OutOfTime:
            pass
        return text

    def _tries(self, module: TypedModule, said: Sequence[TypeMessage]) -> Iterator[_Try]:
        """Yield what there is to try about the errors, each place once."""
        places: set[tuple[int, int, str]] = set()
        for message in said:
            if not message.is_error or message.file != self.file or not self.watched(message.line):
                continue
            for repair in self.repairs:
                for one in repair.propose(message, module) if _code(message) in repair.codes else ():
                    place = (one.line, one.column, one.before)
                    key = (repair.name, f"{module.lines[min(one.line, len(module.lines)) - 1]}{one.before}{one.needs}")
                    loose = bool(self.refused[key]) or not one.values
                    if place not in places and self.refused[key] <= (one.typed and bool(one.values)):
                        places.add(place)
                        yield _Try(key, one, loose)

    def _kept(
        self, text: str, said: Sequence[TypeMessage], tries: list[_Try]
    ) -> Iterator[tuple[str, Sequence[TypeMessage]]]:
        """Yield ever better texts: with all that is tried, or with the halves of it that hold."""
        types = self._types(text, tries)
        kept: list[_Try] = []
        pending = [tries]
        while pending:
            group = pending.pop()
            made = self._made(text, [*kept, *group], types)
            left = None if made is None else self.look(made)
            if made is not None and left is not None and _is_better(left, said):
                kept += group
                said = left
                yield made, left
            elif len(group) > 1:
                pending += [group[len(group) // 2 :], group[: len(group) // 2]]
            else:
                self.refused[group[0].key] += 1

    def _types(self, text: str, tries: Sequence[_Try]) -> _Types:
        values = {(value.lineno, value.col_offset): value
                  for one in tries if not one.loose for value in one.proposal.values}  # fmt: skip
        if not values:
            return {}
        asking, places = revealing(text, values.values())
        return revealed(self.look(asking), self.file, places)

    def _made(self, text: str, tries: Sequence[_Try], types: _Types) -> str | None:
        """Return the text with the proposals written, or None where one cannot be."""
        edits, written = [], []
        for one in tries:
            kind = self._type(one, types) if one.proposal.typed else WrittenType("", {})
            if kind is None or not all(fits(text, each) for each in (kind, WrittenType("", one.proposal.needs))):
                return None
            quoted = one.proposal.evaluated and not kind.plain
            edits.append(one.proposal.edit(f'"{kind.text}"' if quoted else kind.text))
            written += [kind, WrittenType("", one.proposal.needs)]
        made = with_types(
            text, [one for one in edits if one.text or (one.first, one.column) != (one.last, one.end)], written
        )
        return made if made != text and _compiles(made) else None

    def _type(self, one: _Try, types: _Types) -> WrittenType | None:
        if one.loose:
            return _ANY
        try:
            said = [types[value.lineno, value.col_offset] for value in one.proposal.values]
            return union_of(each for texts in said for text in texts for each in read_type(text, self.module))
        except (KeyError, Unwritable):
            return None


def _code(message: TypeMessage) -> str:
    return message.text.rpartition("  [")[2].rstrip("]")


def _is_better(left: Sequence[TypeMessage], said: Sequence[TypeMessage]) -> bool:
    """Return whether less is reported, and nothing new."""
    now, before = (Counter((one.file, one.text) for one in messages if one.is_error) for messages in (left, said))
    return now.total() < before.total() and not now - before


def _compiles(text: str) -> bool:
    """Return whether the text is a module, which the parser alone cannot tell: a name may be declared global."""
    try:
        compile(text, "<mended>", "exec", flags=0, dont_inherit=True, optimize=0)
    except (SyntaxError, ValueError):
        return False
    return True
