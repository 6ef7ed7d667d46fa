"""Let statements that several functions repeat stand once, in a function that they call.

That they do the same is proved by their syntax, which is equal but for the names of local variables.
"""

import ast
import builtins
from collections.abc import Mapping, Sequence

from grace_workers.coding.extraction.extract import BlockExtraction, extract
from grace_workers.coding.extraction.scope import locals_of, use_of
from grace_workers.coding.extraction.text import free_name, names_in
from grace_workers.coding.functions import Defined, FunctionIndex
from grace_workers.coding.intents.intent import Intent, IntentOptions, SourceTexts, TargetGroup
from grace_workers.coding.patch import Edit, edited
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.rewriting.annotation import with_import
from grace_workers.coding.rewriting.callers import dotted_name, functions_of, imported_into, parsed
from grace_workers.coding.rewriting.likeness import likeness
from grace_workers.coding.rewriting.module_imports import ModuleImports
from grace_workers.coding.rewriting.shared_run import run_of, shared_keys, sharing
from grace_workers.coding.rewriting.type_keeping import keeping_types

_MOST_TRIED, _MOST_RUNS, _MOST_GROUPS = 12, 30, 40
_PASSING = "_passing_name_of_a_part"
_Target = tuple[str, str]


def _change(texts: SourceTexts, targets: Sequence[str], options: IntentOptions) -> Mapping[str, str] | Reason:
    del options
    asked = [(file, function) for file, _, function in (one.partition("::") for one in dict.fromkeys(targets))]
    if len(asked) < 2:  # noqa: PLR2004
        return Reason(ReasonCode.UNSUPPORTED, "Name at least two functions that repeat each other.")
    current = SourceTexts(list(texts), texts.__getitem__)
    changed = False
    for _ in range(_MOST_RUNS):
        made = _once(current, asked)
        if isinstance(made, Reason):
            return current.changed if changed else made
        current.lay(made)
        changed = True
    return current.changed


def _once(texts: SourceTexts, asked: Sequence[_Target]) -> Mapping[str, str] | Reason:
    """Return the files with the heaviest run that all functions share in a function of its own."""
    functions = [_function(texts, one) for one in asked]
    missing = [f"{file}::{name}" for (file, name), one in zip(asked, functions, strict=True) if one is None]
    if missing:
        return Reason(ReasonCode.UNREADABLE, f"There is no function {missing[0]}, or its file does not parse.")
    keys = shared_keys([one for one in functions if one is not None])
    why = Reason(ReasonCode.NOTHING_TO_DO, "The functions share no run of statements that is worth a name.")
    for key in keys[:_MOST_TRIED]:
        made = _extracted(texts, asked, key)
        if not isinstance(made, Reason):
            return made
        why = made
    return why


def _extracted(texts: SourceTexts, asked: Sequence[_Target], key: str) -> Mapping[str, str] | Reason:
    imports = ModuleImports(texts)
    files = list(dict.fromkeys(file for file, _ in asked))
    home = next((one for one in files if not any(imports.reaches(one, other) for other in files if other != one)), None)
    if home is None:
        return _refusal(f"{' and '.join(files)} import each other, so none can hold what they share.")
    owner = next(one for one in asked if one[0] == home)
    taken = {name for file in files for name in names_in(ast.parse(texts[file]))}
    name = free_name(f"_shared_{owner[1].rpartition('.')[2].strip('_')}", taken)
    now = SourceTexts(list(texts), texts.__getitem__)
    made = _moved(now, owner, key, name)
    if isinstance(made, Reason):
        return made
    now.lay({home: made})
    first = _defined(made, name)
    for one in asked:
        if one != owner:
            made = _calling(now, one, key, name, first)
            if isinstance(made, Reason):
                return made
            if one[0] != home:
                foreign = _differs(imports, first, home, one[0])
                if foreign:
                    return _refusal(f"{foreign!r} is not the same in {home} and in {one[0]}.")
                made = with_import(made, dotted_name(home, texts), name)
            now.lay({one[0]: made})
    return now.changed


def _moved(texts: SourceTexts, target: _Target, key: str, name: str) -> str | Reason:
    function = _function(texts, target)
    run = run_of(function, key) if function is not None else None
    if run is None:
        return _refusal(f"The run of statements in {target[1]} is no longer there.")
    asked = BlockExtraction(run.first, run.last, name, target[1], module_level=True)
    return extract(texts[target[0]], asked, imported_into(texts, target[0]))


def _calling(texts: SourceTexts, target: _Target, key: str, name: str, first: Defined) -> str | Reason:
    """Return the file with a call of `first` in place of the run, or why that would not be the same."""
    made = _moved(texts, target, key, _PASSING)
    if isinstance(made, Reason):
        return made
    own = _defined(made, _PASSING)
    order = _order(first, own)
    call = next(one for one in ast.walk(ast.parse(made)) if isinstance(one, ast.Call) and _names(one, _PASSING))
    if order is None:
        return _refusal(f"What {target[1]} needs or gives back differs from the other functions.")
    edit = Edit(call.lineno, call.col_offset, call.end_lineno or 0, call.end_col_offset or 0, f"{name}({order})")
    lines = edited(made.encode(), [edit]).decode().split("\n")
    end = own.end_lineno or own.lineno
    while end < len(lines) and not lines[end].strip():
        end += 1
    del lines[own.lineno - 1 : end]
    return "\n".join(lines)


def _order(first: Defined, own: Defined) -> str | None:
    """Return the arguments of `own` in the order of the parameters of `first`; None if the functions differ."""
    looks, numbers = likeness(first.body, locals_of(first))
    others, other_numbers = likeness(own.body, locals_of(own))
    if looks != others or type(first) is not type(own):
        return None
    by_number = {number: name for name, number in other_numbers.items()}
    given = [by_number.get(numbers.get(one.arg, ""), "") for one in first.args.args]
    wanted = {one.arg for one in own.args.args}
    return ", ".join(given) if set(given) == wanted and len(given) == len(wanted) else None


def _differs(imports: ModuleImports, shared: Defined, home: str, other: str) -> str | None:
    """Return a global name of the shared code that is another thing in the other file; None if there is none."""
    here, there = imports.origins(home), imports.origins(other)
    for name in sorted(use_of(shared.body).reads - locals_of(shared)):
        if name in here or name in there:
            if not here.get(name) or here.get(name) != there.get(name):
                return name
        elif not hasattr(builtins, name):
            return name
    return None


def _function(texts: SourceTexts, target: _Target) -> Defined | None:
    if parsed(texts, target[0]) is None:
        return None
    found = FunctionIndex(texts[target[0]].encode()).named(target[1])
    return found.node if found is not None else None


def _defined(source: str, name: str) -> Defined:
    return next(one for one in ast.parse(source).body if isinstance(one, Defined) and one.name == name)


def _names(call: ast.Call, name: str) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == name


def _refusal(message: str) -> Reason:
    return Reason(ReasonCode.NOT_EXTRACTABLE, message)


def _find(texts: SourceTexts, files: Sequence[str], options: IntentOptions) -> Sequence[TargetGroup]:
    """Return the groups of functions that share a run of statements, the heaviest run first."""
    del options
    named = [(f"{file}::{one.name}", one.node) for file in files for one in functions_of(texts, file) if one.node]
    return sharing(named)[:_MOST_GROUPS]


DEFINITION = Intent(
    name="remove_duplication",
    about="Let statements that functions repeat stand once.",
    options=IntentOptions,
    change=keeping_types(_change),
    joint=True,
    find=_find,
)
