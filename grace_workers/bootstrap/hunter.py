"""The hunter with its rules, on files, folders and declared texts."""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from grace_workers.adapters.files.advisory_folder import read_advisories
from grace_workers.adapters.files.source_tree import SourceText, UnreadFile, source_texts
from grace_workers.adapters.linting.ruff import ruff_findings
from grace_workers.coding import (
    Advisories,
    CheckedDependency,
    Dependency,
    Hunted,
    HunterFinding,
    HunterRule,
    Inspected,
    NotChecked,
    TextKind,
    Vulnerable,
    check_dependency,
    hunt,
    is_dependency_file,
    objections,
    read_dependencies,
    spelled_answer,
)
from grace_workers.coding.hunter import rules
from grace_workers.foundation.catalog import Catalog, discover
from grace_workers.foundation.errors import InputError, PermanentError, TransientError
from grace_workers.foundation.yaml_file import FileFault, YamlFile


@cache
def hunter_rules() -> Catalog[HunterRule]:
    """Return the rules of the hunter. Raises CatalogError."""
    return discover(rules, HunterRule, label="hunter_rule")


def hunted_source(source: YamlFile) -> Sequence[FileFault]:
    """Return what the hunter finds in a playbook, a cause or an entry of knowledge, as faults of its file."""
    return objections(source, hunter_rules())


def hunt_folder(path: Path, *, advisories: Path | None = None) -> Hunted:
    """Look at a repository or a file by all rules, by ruff's, and by the advisories of a folder.

    Raises:
        InputError: there is no such path, or the folder of advisories holds none.
    """
    if not path.exists():
        raise InputError(f"there is nothing at {path} to scan")
    known = None if advisories is None else read_advisories(advisories)
    read = list(source_texts(path))
    texts = [one for one in read if isinstance(one, SourceText)]
    unseen = [f"{one.name}: {one.why}" for one in read if isinstance(one, UnreadFile)]
    findings = [one for text in texts for one in _of_text(text, unseen)]
    try:
        # It follows links, which may lead outside.
        names = {text.name for text in texts}
        findings += [one for one in ruff_findings(path) if one.file in names]
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
    # What a lock pins, another file may leave open.
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
