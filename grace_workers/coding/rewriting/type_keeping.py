"""Changes that move code add no error of mypy: a new function gets types where they help, or nothing moves.

What a condition or an assignment tells of a name's type ends where its code becomes a function of its own.
"""

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from grace_workers.coding.functions import FunctionIndex
from grace_workers.coding.intents.intent import IntentOptions, SafetyLevel, SourceTexts
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.rewriting.callers import dotted_name
from grace_workers.coding.rewriting.hint_search import HintSearch
from grace_workers.coding.rewriting.parameter_types import arguments_of, with_parameters
from grace_workers.coding.rewriting.return_site import return_sites
from grace_workers.coding.rewriting.revealed_type import WrittenType
from grace_workers.coding.rewriting.revealing import revealed, revealing
from grace_workers.coding.rewriting.suspects import Spot
from grace_workers.coding.type_check import OutOfTime, TypeCheck, TypeMessage, checked_files
from grace_workers.foundation.errors import PermanentError

Options = TypeVar("Options", bound=IntentOptions)
Texts = Mapping[str, str]
Change = Callable[[SourceTexts, Sequence[str], Options], Texts | Reason]

_NUMBER = re.compile(r"\d+")


def keeping_types(change: Change[Options]) -> Change[Options]:
    """Return the change, refused as unsafe where mypy would report more. Without mypy, or time for it, it is made."""

    def kept(texts: SourceTexts, targets: Sequence[str], options: Options) -> Texts | Reason:
        made = change(texts, targets, options)
        if isinstance(made, Reason) or texts.types is None or options.level == SafetyLevel.UNSAFE:
            return made
        try:
            return _Moved(texts, texts.types, made).kept()
        except (OutOfTime, PermanentError):
            return made

    return kept


class _Moved:
    """Code that moved within files, or to new ones."""

    def __init__(self, texts: SourceTexts, types: TypeCheck, made: Texts) -> None:
        self.texts, self.types, self.made = texts, types, made
        self.old = [name for name in made if name in texts]
        self.checked = sorted({one for name in self.old for one in checked_files(name, texts)})
        self.before = _said(types.messages(texts.changed, self.checked))

    def kept(self) -> Texts | Reason:
        """Return the change, with types if it needs them or its files mostly have them, or why it is not made."""
        new: Sequence[str] = ()
        for ways in self._ways():
            made = ways()
            new = self._new(made)
            if not new:
                return made
        return Reason(ReasonCode.UNSAFE, f"mypy would report what it does not report now: {new[0]}.")

    def _ways(self) -> Iterator[Callable[[], Texts]]:
        plain, typed = (lambda: self.made), (lambda: self._returning(self._taking()))
        yield from (typed, plain) if all(map(self._is_typed, self.old)) else (plain, typed)
        yield lambda: self._returning(self.made)

    def _is_typed(self, name: str) -> bool:
        """Return whether most functions of a file say what they return."""
        functions = [one for one in FunctionIndex(self.texts[name].encode()).all if one.node is not None]
        return 2 * len(return_sites(self.texts[name])) < len(functions)

    def _new(self, made: Texts) -> Sequence[str]:
        return sorted((_said(self._messages(made)) - self.before).elements())

    def _messages(self, made: Texts) -> Sequence[TypeMessage]:
        added = [name for name in made if name not in self.texts]
        return self.types.messages({**self.texts.changed, **made}, [*self.checked, *added])

    def _taking(self) -> Texts:
        """Return the change with the types of its new functions' parameters."""
        names = {name: self._new_functions(name) for name in self.old}
        asked = {name: revealing(self.made[name], arguments_of(self.made[name], names[name])) for name in self.old}
        said = self._messages({**self.made, **{name: text for name, (text, _) in asked.items()}})
        return dict(self.made) | {
            name: with_parameters(
                self.made[name], names[name], revealed(said, name, asked[name][1]), dotted_name(name, self.texts)
            )
            for name in self.old
        }  # fmt: skip

    def _returning(self, made: Texts) -> Texts:
        """Return texts with what the new functions return."""
        moved = SourceTexts([*self.texts, *made], self.texts.__getitem__, self.types)
        moved.lay({**self.texts.changed, **made})
        only = {
            (name, number)
            for name in self.old
            for number, one in enumerate(FunctionIndex(made[name].encode()).all)
            if one.bare in self._new_functions(name)
        }
        search, known = HintSearch(moved, self.types, self.old, only), dict[Spot, WrittenType]()
        search.search(known)
        return {**made, **search.made(known)}

    def _new_functions(self, name: str) -> set[str]:
        return _functions(self.made[name]) - _functions(self.texts[name])


def _functions(source: str) -> set[str]:
    nodes = ast.walk(ast.parse(source))
    return {one.name for one in nodes if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}


def _said(messages: Iterable[TypeMessage]) -> Counter[str]:
    """Return the errors without places, because code moves, even to other files."""
    return Counter(_NUMBER.sub("N", one.text) for one in messages if one.is_error)
