"""Split a module with too many lines into files beside it. Every name can still be imported from where it was."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from pydantic import Field

from grace_workers.coding.extraction.refusal import ExtractionRefused
from grace_workers.coding.extraction.text import ModuleText
from grace_workers.coding.intents.intent import Intent, IntentOptions, SourceTexts, each_file
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.rewriting.callers import dotted_name, module_names, parsed
from grace_workers.coding.rewriting.module_unit import ModuleUnit, units_of
from grace_workers.coding.rewriting.part_text import Part, SplitModule, exports_of, header_end
from grace_workers.coding.rewriting.partition import Partition, partition, patched_names
from grace_workers.coding.rewriting.type_keeping import keeping_types

_STAR = "The module imports all names of another one, so it is not known which of them a part would need."


class SplitOptions(IntentOptions):
    """How many lines a file may have."""

    max_lines: int = Field(default=400, ge=20, le=100_000)


def _change(texts: SourceTexts, targets: Sequence[str], options: SplitOptions) -> Mapping[str, str] | Reason:
    file = targets[0]
    if len(texts[file].splitlines()) <= options.max_lines:
        return {}
    try:
        text = ModuleText.read(texts[file])
    except ExtractionRefused as refused:
        return refused.reason
    units = units_of("\n".join(text.lines), text.tree)
    if units is None:
        return _refusal(f"Two statements of {file} share a line.")
    if any(one.node.names[0].name == "*" for one in units if isinstance(one.node, ast.ImportFrom)):
        return Reason(ReasonCode.UNSAFE, _STAR)
    split = _Split(texts, file, text, units)
    made = split.within(options.max_lines)
    if isinstance(made, Reason):
        return made
    return {name: text.joined(content.split("\n")) for name, content in made.items()}


class _Split:
    def __init__(self, texts: SourceTexts, file: str, text: ModuleText, units: Sequence[ModuleUnit]) -> None:
        self.texts, self.path, self.units = texts, PurePosixPath(file), units
        initial = self.path.stem == "__init__"
        self.stem = self.path.parent.name if initial else self.path.stem
        packaged = (self.path.parent / "__init__.py").as_posix() in texts
        imports = [one for one in units if one.is_import and not self._is_late(one)]
        docstring = text.tree.body[0].end_lineno or 0 if text.tree.body and not units[:1] else units[0].first - 1
        self.header = header_end(units, docstring)
        self.module = SplitModule(
            lines=text.lines, stem=self.stem, dotted=dotted_name(file, texts), prefix="." if packaged else "",
            imports=imports, loggers=[one for one in units if _is_logger(one)], exported=exports_of(text.tree),
            for_types=[one for one in units if one.is_for_types], itself=_itself(self.stem, initial, packaged),
        )  # fmt: skip
        self.taken = {PurePosixPath(one).stem for one in texts if PurePosixPath(one).parent == self.path.parent}

    def within(self, most: int) -> Mapping[str, str] | Reason:
        """Return the files, none of which has more than `most` lines."""
        shared = {*self.module.imports, *self.module.loggers}
        parted = partition(self.units, shared=shared, patched=self._patched())
        for kept in range(len(parted.groups), -1, -1):
            parts = self._parts(parted.groups[: len(parted.groups) - kept], most)
            if isinstance(parts, Reason):
                return parts
            gone = {unit for one in parts for unit in one.units}
            rest = self.module.remainder(gone, parts, self.header)
            if _length(rest) <= most:
                files = {self._file(one): self.module.text_of(one, parts[:n]) for n, one in enumerate(parts)}
                return {self.path.as_posix(): rest, **files}
        return _refusal(f"{_length(rest)} lines cannot leave {self.path}: {_why(parted)}.")

    def _parts(self, groups: Sequence[tuple[ModuleUnit, ...]], most: int) -> list[Part] | Reason:
        parts: list[Part] = []
        taken = set(self.taken)
        open_: tuple[ModuleUnit, ...] = ()
        for group in [*groups, ()]:
            wider = Part("_", (*open_, *group))
            if group and _length(self.module.text_of(wider, parts)) <= most:
                open_ = wider.units
                continue
            if open_:
                parts.append(Part(self._name(open_, taken), open_))
                taken.add(parts[-1].name)
            open_ = group
            alone = _length(self.module.text_of(Part("_", group), parts)) if group else 0
            if alone > most:
                return _refusal(f"{_named(group)} would have {alone} lines in a file of its own.")
        return parts

    def _name(self, units: Sequence[ModuleUnit], taken: set[str]) -> str:
        """Return a file's name, after its longest definition."""
        longest = max(units, key=lambda one: (one.last - one.first, -one.first))
        bound = min(longest.binds, default="part")
        word = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", bound).lower().strip("_")
        stem = f"_{self.stem.strip('_')}_{word}"
        numbers = ("", *(f"_{number}" for number in range(2, 1000)))
        return next(f"{stem}{number}" for number in numbers if f"{stem}{number}" not in taken)

    def _file(self, part: Part) -> str:
        return (self.path.parent / f"{part.name}.py").as_posix()

    def _is_late(self, unit: ModuleUnit) -> bool:
        """Whether it imports from the same package below the first definition, which breaks a cycle of imports."""
        first = next((one.first for one in self.units if not one.is_import and one.defines), unit.first)
        if unit.first <= first:
            return False
        package = next(iter(module_names(self.path.as_posix())), "").partition(".")[0]
        names = [getattr(one, "module", None) or one.names[0].name for one in ast.walk(unit.node)
                 if isinstance(one, ast.Import | ast.ImportFrom)]  # fmt: skip
        relative = any(isinstance(one, ast.ImportFrom) and one.level for one in ast.walk(unit.node))
        return relative or any(name.partition(".")[0] == package for name in names)

    def _patched(self) -> set[str]:
        names = {name for one in self.units for name in one.binds}
        return patched_names(self._others(), self.stem, names)

    def _others(self) -> Iterator[ast.Module]:
        for name in self.texts:
            try:
                tree = parsed(self.texts, name) if name != self.path.as_posix() else None
            except UnicodeDecodeError:
                continue
            if tree is not None:
                yield tree


def _itself(stem: str, initial: bool, packaged: bool) -> str:  # noqa: FBT001
    """Return how a file beside the module imports from it."""
    if initial:
        return "."
    return f".{stem}" if packaged else stem


def _is_logger(unit: ModuleUnit) -> bool:
    node = unit.node
    return isinstance(node, ast.Assign) and ast.unparse(node.value) in {
        "logging.getLogger(__name__)",
        "getLogger(__name__)",
    }


def _why(parted: Partition) -> str:
    named = _named(parted.staying) if parted.staying else "its imports"
    return f"{named} need the module itself, do more than define, or are replaced from outside"


def _named(units: Sequence[ModuleUnit]) -> str:
    names = [min(one.binds) for one in units if one.binds]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")  # noqa: PLR2004


def _refusal(message: str) -> Reason:
    return Reason(ReasonCode.NOT_EXTRACTABLE, message)


def _length(text: str) -> int:
    return len(text.splitlines())


DEFINITION = Intent(
    name="split_large_file",
    about="Split a long module into files beside it, and pass on its names.",
    options=SplitOptions,
    change=keeping_types(_change),
    find=each_file,
    after=("add_type_hints", "repair_types"),
)
"""Every part imports only parts before it, so that each can be imported alone."""
