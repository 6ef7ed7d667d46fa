"""Functions whose annotations something may read when the program runs, so that one more changes what it does.

A web framework, for one, takes the type that a handler returns for the form of its answers.
"""

import ast
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from grace_workers.coding.functions import Defined
from grace_workers.coding.protected import is_protected
from grace_workers.coding.rewriting.callers import module_names, origins_of
from grace_workers.coding.rewriting.return_site import ReturnSite

_READERS = frozenset({"__annotations__", "get_annotations", "get_type_hints", "signature"})
_KNOWN = _READERS | {f"{one}.{each}" for one in ("inspect", "typing") for each in _READERS}
_DISPLAYS = (ast.List, ast.Tuple, ast.Set, ast.Dict, ast.Starred)
_Names = tuple[str, ...]


class AnnotationReaders:
    """What may read annotations in the files of a repository.

    A reader is what comes from another package, what is made or inherited from one, what gives a reader its own
    argument, or what looks at annotations itself, also where another file of the repository has it.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._files: dict[str, list[str]] = {}
        for file in texts:
            for name in module_names(file):
                self._files.setdefault(name, []).append(file)
        self._readers: dict[str, set[str]] = {}

    def reading(self, file: str, source: str, sites: Sequence[ReturnSite]) -> set[int]:
        """Return the numbers of the functions of a file that a reader decorates, or is given by their names."""
        module = _module(source)
        if module is None:
            return set()
        readers = _closed(module, self._imported(file, module))
        given = _given(module, readers) | self._given_elsewhere(file, {one.bare for one in sites})
        return {
            one.number
            for one in sites
            if one.bare in given or any(_is_of(_chain(each), readers) for each in one.node.decorator_list)
        }

    def _given_elsewhere(self, file: str, wanted: Collection[str]) -> set[str]:
        """Return which functions a reader in another file is given that imports them from the repository.

        What tests give to the tools of tests does not count: they run in the suite that judges the change.
        """
        found: set[str] = set()
        for other in self._texts:
            text = "" if other == file or is_protected(other) else self._text(other)
            if not any(one in text for one in wanted) or (module := _module(text)) is None:
                continue
            own = {one.bound: one.name for one in module.imports if one.name and self._own(one, other)}
            found |= {own.get(name, "") if plain else name for name, plain in _handed_to(module, self._of(other))}
        return found.intersection(wanted)

    def _of(self, file: str) -> set[str]:
        """Return the readers by their names in a file; files may import each other, so these are found together."""
        if file not in self._readers:
            near = self._reached(file)
            self._readers |= {one: set() for one in near if one not in self._readers}
            known = -1
            while (count := sum(len(self._readers[one]) for one in near)) > known:
                known = count
                for one, module in near.items():
                    self._readers[one] |= _closed(module, self._imported(one, module))
        return self._readers[file]

    def _reached(self, file: str) -> Mapping[str, "_Module"]:
        """Return the file and what it imports of the repository, and so on."""
        found: dict[str, _Module] = {}
        waiting = [file]
        while waiting:
            one = waiting.pop()
            if one not in found:
                found[one] = _module(self._text(one)) or _NOTHING
                waiting += [each.file for what in found[one].imports for each in self._own(what, one)]
        return found

    def _imported(self, file: str, module: "_Module") -> set[str]:
        found: set[str] = set()
        for one in module.imports:
            if own := self._own(one, file):
                found |= {name for each in own for name in each.readers(one, self._of(each.file))}
            elif not one.level and one.root not in sys.stdlib_module_names:
                found.add(one.bound if one.name else one.bound.partition(".")[0])
        return found

    def _own(self, one: "_Import", file: str) -> Sequence["_Origin"]:
        """Return the files of the repository that an import is from."""
        origins = origins_of(one.module, one.level, file)
        inner = [place for origin in origins if one.name for place in self._files.get(f"{origin}.{one.name}", ())]
        if inner or not one.name:
            places = inner or [place for origin in origins for place in self._files.get(origin, ())]
            return [_Origin(place, whole=True) for place in places]
        return [_Origin(place, whole=False) for origin in origins for place in self._files.get(origin, ())]

    def _text(self, file: str) -> str:
        try:
            return self._texts[file]
        except UnicodeDecodeError:
            return ""


@dataclass(frozen=True, slots=True)
class _Import:
    """One name that a module imports: `name` of `module`, or the module itself if that is empty."""

    module: str
    level: int
    name: str
    bound: str

    @property
    def root(self) -> str:
        return self.module.partition(".")[0]


@dataclass(frozen=True, slots=True)
class _Module:
    """What of a module's text bears on who reads annotations.

    `made` has names and what is a reader if one of them is; `handed` those of what is called and, with whether it is a
    plain name, what each call is given. `looking` are functions and classes that look at annotations.
    """

    imports: tuple[_Import, ...]
    looking: frozenset[str]
    made: tuple[tuple[_Names, _Names], ...]
    handed: tuple[tuple[_Names, tuple[tuple[str, bool], ...]], ...]


_NOTHING = _Module(imports=(), looking=frozenset(), made=(), handed=())


@dataclass(frozen=True, slots=True)
class _Origin:
    """A file of the repository from which something is imported: the module as a whole, or a name in it."""

    file: str
    whole: bool

    def readers(self, one: _Import, of_file: Collection[str]) -> Iterator[str]:
        """Yield the names under which the importing file has the readers of this one."""
        for name in of_file:
            if name in _KNOWN:
                continue
            if self.whole:
                yield f"{one.bound}.{name}"
            elif one.name == "*":
                yield name
            elif name == one.name or name.startswith(f"{one.name}."):
                yield one.bound + name.removeprefix(one.name)


def _closed(module: _Module, found: set[str]) -> set[str]:
    """Return the readers, and what they make."""
    found = found | module.looking | _KNOWN
    known = -1
    while len(found) > known:
        known = len(found)
        found |= {place for chain, places in module.made if _is_of(chain, found) for place in places}
    return found


@lru_cache(maxsize=2048)
def _module(source: str) -> _Module | None:
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    made = [one for one in nodes if isinstance(one, ast.Assign | ast.AnnAssign | ast.NamedExpr) and one.value]
    calls = [one for one in nodes if isinstance(one, ast.Call)]
    defined = [one for one in nodes if isinstance(one, Defined | ast.ClassDef)]
    return _Module(
        imports=tuple(each for one in nodes for each in _imports(one)),
        looking=frozenset(one.name for one in defined if _looks(one)),
        made=(
            *((_chain(one.value), tuple(_places(one))) for one in made),
            *((chain, (one.name,)) for one in defined for chain in _passed_to(one)),
        ),
        handed=tuple((_chain(one.func), handed) for one in calls if (handed := tuple(_handed(one)))),
    )


def _imports(node: ast.AST) -> Iterator[_Import]:
    if isinstance(node, ast.Import):
        yield from (_Import(one.name, 0, "", one.asname or one.name) for one in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield from (_Import(node.module or "", node.level, one.name, one.asname or one.name) for one in node.names)


def _looks(defined: Defined | ast.ClassDef) -> bool:
    words = (getattr(one, "attr", getattr(one, "id", "")) for one in ast.walk(defined))
    return any(one in _READERS for one in words)


def _passed_to(defined: Defined | ast.ClassDef) -> Iterator[_Names]:
    """Yield what a class inherits from, and what is called with a parameter of a function in it."""
    nodes = list(ast.walk(defined))
    parameters = {one.arg for one in nodes if isinstance(one, ast.arg)} - {"self", "cls"}
    for one in nodes:
        if isinstance(one, ast.Call) and any(plain and name in parameters for name, plain in _handed(one)):
            yield _chain(one.func)
    yield from map(_chain, defined.bases if isinstance(defined, ast.ClassDef) else ())


def _places(node: ast.Assign | ast.AnnAssign | ast.NamedExpr) -> Iterator[str]:
    """Yield what is assigned to."""
    places = node.targets if isinstance(node, ast.Assign) else [node.target]
    yield from (ast.unparse(one) for one in places if isinstance(one, ast.Name | ast.Attribute))


def _given(module: _Module, readers: Collection[str]) -> set[str]:
    return {name for name, _ in _handed_to(module, readers)}


def _handed_to(module: _Module, readers: Collection[str]) -> Iterator[tuple[str, bool]]:
    for chain, handed in module.handed:
        if _is_of(chain, readers):
            yield from handed


def _handed(call: ast.Call) -> Iterator[tuple[str, bool]]:
    """Yield the names of what may be functions among the arguments, and whether each is a plain name."""
    waiting: list[ast.expr | None] = [*call.args, *(each.value for each in call.keywords)]
    while waiting:
        one = waiting.pop()
        if isinstance(one, ast.Name | ast.Attribute):
            yield (one.id, True) if isinstance(one, ast.Name) else (one.attr, False)
        elif isinstance(one, _DISPLAYS):
            waiting += [each for each in ast.iter_child_nodes(one) if isinstance(each, ast.expr)]


def _chain(expression: ast.expr | None) -> _Names:
    """Return an expression's name and those before its dots, calls and brackets, each with its own dots."""
    found = []
    while expression is not None:
        if isinstance(expression, ast.Name | ast.Attribute):
            found.append(ast.unparse(expression))
        expression = expression.func if isinstance(expression, ast.Call) else getattr(expression, "value", None)
        expression = expression if isinstance(expression, ast.expr) else None
    return tuple(found)


def _is_of(chain: Iterable[str], names: Collection[str]) -> bool:
    """Return whether an expression is one of these names, or an attribute or a call of one."""
    return any(one in names for one in chain)
