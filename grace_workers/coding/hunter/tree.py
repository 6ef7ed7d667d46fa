"""Examining a whole repository: its texts by all rules, and its declared dependencies by the advisories."""

from collections.abc import Callable, Iterable

from grace_workers.coding.catalogs import hunter_rules
from grace_workers.coding.hunter.advisory import (
    Advisories,
    CheckedDependency,
    NotChecked,
    Vulnerable,
    check_dependency,
    spelled_answer,
)
from grace_workers.coding.hunter.dependency import Dependency, is_dependency_file, read_dependencies
from grace_workers.coding.hunter.finding import Hunted, HunterFinding
from grace_workers.coding.hunter.hunt import hunt
from grace_workers.coding.hunter.inspected import Inspected, TextKind
from grace_workers.coding.hunter.source_text import SourceText, UnreadFile
from grace_workers.foundation.errors import PermanentError, TransientError

Linter = Callable[[], Iterable[HunterFinding]]


def hunt_tree(read: Iterable[SourceText | UnreadFile], known: Advisories | None, linter: Linter) -> Hunted:
    """Return what is found in the files of a tree by all rules, by `linter`, and by the known advisories.

    What could not be examined is reported with its reason: an unread file, or a linter that raised PermanentError
    or TransientError.
    """
    texts: list[SourceText] = []
    unseen: list[str] = []
    for one in read:
        if isinstance(one, SourceText):
            texts.append(one)
        else:
            unseen.append(f"{one.name}: {one.why}")
    findings = [one for text in texts for one in _of_text(text, unseen)]
    try:
        # It follows links, which may lead outside.
        names = {text.name for text in texts}
        findings += [one for one in linter() if one.file in names]
    except (PermanentError, TransientError) as error:
        unseen.append(f"ruff's rules: {error}")
    checked = _dependencies(texts, known, unseen)
    findings += [_vulnerable(one) for one in checked if isinstance(one.answer, Vulnerable)]
    return Hunted(findings=sorted(findings), unseen=unseen, looked_at=len(texts), dependencies=checked)


def _of_text(text: SourceText, unseen: list[str]) -> Iterable[HunterFinding]:
    inspected = Inspected(name=text.name, text=text.text, kind=TextKind.of(text.name))
    if inspected.kind is TextKind.PYTHON and inspected.tree is None:
        unseen.append(f"{text.name}: it is not Python that this version can parse")
    return hunt(inspected, hunter_rules())


def _dependencies(texts: Iterable[SourceText], known: Advisories | None, unseen: list[str]) -> list[CheckedDependency]:
    found: list[Dependency] = []
    for text in texts:
        if is_dependency_file(text.name):
            try:
                found += read_dependencies(text.name, text.text)
            except ValueError as error:
                unseen.append(f"{text.name}: {error}")
    pinned = {one.name for one in found if one.version is not None}
    # A lock may pin what another file leaves open.
    kept = [one for one in found if one.version is not None or one.name not in pinned]
    checked = [CheckedDependency(dependency=one, answer=check_dependency(one, known)) for one in kept]
    if known is not None:
        unseen += [
            f"{one.dependency.file}: {one.dependency.name}: {spelled_answer(one.answer)}"
            for one in checked
            if isinstance(one.answer, NotChecked)
        ]
    return checked


def _vulnerable(checked: CheckedDependency) -> HunterFinding:
    one = checked.dependency
    return HunterFinding(
        file=one.file,
        line=one.line,
        rule="vulnerable_dependency",
        why=f"{one.name} {one.version} is {spelled_answer(checked.answer)}",
    )
