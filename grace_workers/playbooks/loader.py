"""From YAML files to playbooks: every fault named with file, line and remedy; and back to YAML."""

from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from grace_workers.actions import AnyPrimitive
from grace_workers.checks import AnyCheck
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.yaml_file import (
    FileFault,
    Inspect,
    Objection,
    SourceError,
    YamlFile,
    faults_of,
    inspected,
    misnamed,
    parse_source,
    read_folder,
    read_one,
)
from grace_workers.playbooks.crosscheck import Bindings, object_to
from grace_workers.playbooks.library import Library
from grace_workers.playbooks.playbook import Playbook

Advice = Callable[[Playbook], Iterable[Objection]]
"""Finds what a playbook that loads is still better without."""

_GRAMMAR = "docs/reference/playbook.schema.json"


def load_directories(
    paths: Sequence[Path],
    primitives: Catalog[AnyPrimitive],
    checks: Catalog[AnyCheck],
    kinds: Collection[str] | None = None,
    causes: Bindings | None = None,
    inspect: Inspect | None = None,
) -> Library:
    """Return all `*.yaml` of the folders as one library; sub-folders are ignored.

    A playbook of a later folder replaces one of the same name in an earlier folder, so a team can change what
    ships. `kinds` are the kinds that targets can have, `causes` those that can be diagnosed; without them, a
    playbook's kinds and causes are not checked. `inspect` looks for dangers as well.

    Raises:
        SourceError: a file has a fault. It lists all faults of all files.
    """
    found: dict[str, Playbook] = {}
    faults: list[FileFault] = []
    for path in paths:
        playbooks, wrong = read_folder(
            path, lambda source: inspected(_understand(source, primitives, checks, kinds, causes), source, inspect)
        )
        found.update((playbook.name, playbook) for playbook in playbooks)
        faults += wrong
    if faults:
        raise SourceError(tuple(faults))
    return Library(found.values(), primitives, checks)


def lint(
    path: Path,
    primitives: Catalog[AnyPrimitive],
    checks: Catalog[AnyCheck],
    kinds: Collection[str] | None = None,
    causes: Bindings | None = None,
    inspect: Inspect | None = None,
) -> list[FileFault]:
    """Return every fault of the file, or of all playbooks of the folder, in order of file and line."""

    def understand(source: YamlFile) -> tuple[Playbook | None, list[FileFault]]:
        return inspected(_understand(source, primitives, checks, kinds, causes), source, inspect)

    return sorted(read_folder(path, understand)[1] if path.is_dir() else read_one(path, understand)[1])


def advised(
    path: Path, primitives: Catalog[AnyPrimitive], checks: Catalog[AnyCheck], advice: Advice
) -> list[FileFault]:
    """Return what `advice` finds in the file, or in all playbooks of the folder, that have no faults."""

    def understand(source: YamlFile) -> tuple[Playbook | None, list[FileFault]]:
        playbook, _ = _understand(source, primitives, checks)
        return playbook, [source.fault(one.place, one.message) for one in (advice(playbook) if playbook else ())]

    return sorted(read_folder(path, understand)[1] if path.is_dir() else read_one(path, understand)[1])


def load_text(
    text: str,
    name: str,
    primitives: Catalog[AnyPrimitive],
    checks: Catalog[AnyCheck],
    inspect: Inspect | None = None,
) -> Playbook:
    """Return the playbook in `text`; `name` is the name of its file, with the suffix.

    Raises:
        SourceError: it has a fault.
    """
    source = parse_source(text.encode("utf-8", "surrogatepass"), name)
    playbook, faults = inspected(_understand(source, primitives, checks), source, inspect)
    if playbook is None or faults:
        raise SourceError(tuple(faults))
    return playbook


def dump(playbook: Playbook) -> str:
    """Return the playbook as YAML that loads to an equal one."""
    content = playbook.model_dump(mode="json", exclude_defaults=True)
    return yaml.dump(content, Dumper=_QuotingDumper, sort_keys=False, allow_unicode=True, width=120)


class _QuotingDumper(yaml.SafeDumper):
    """Quotes every text, so that none is read as a number or a truth value."""

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')


_QuotingDumper.add_representer(str, _quoted)


def _understand(
    source: YamlFile,
    primitives: Catalog[AnyPrimitive],
    checks: Catalog[AnyCheck],
    kinds: Collection[str] | None = None,
    causes: Bindings | None = None,
) -> tuple[Playbook | None, list[FileFault]]:
    if not isinstance(source.value, dict):
        return None, [source.fault((), "is not a mapping; a playbook starts with `name:`")]
    try:
        playbook = Playbook.model_validate(source.value)
    except ValidationError as error:
        return None, faults_of(source, error, _GRAMMAR)
    wrong = object_to(playbook, primitives, checks, kinds, causes)
    faults = [source.fault(found.place, found.message) for found in wrong]
    faults += misnamed(source, playbook.name)
    return (None if faults else playbook), faults
