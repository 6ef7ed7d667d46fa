"""From YAML files to playbooks: every fault named with file, line and remedy; and back to YAML."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from grace_workers.actions import AnyPrimitive
from grace_workers.foundation.catalog import Catalog
from grace_workers.playbooks.crosscheck import Checks, object_to
from grace_workers.playbooks.library import Library
from grace_workers.playbooks.playbook import Playbook
from grace_workers.playbooks.source import (
    Fault,
    Place,
    Source,
    SourceError,
    parse_source,
    read_source,
    require_unchanged,
)

MOST_FILES = 500


def load_directories(paths: Sequence[Path], primitives: Catalog[AnyPrimitive], checks: Checks) -> Library:
    """Return all `*.yaml` of the folders as one library; sub-folders do not count.

    A playbook of a later folder takes the place of one of the same name before, so a team can change what ships.

    Raises:
        SourceError: a file has a fault. All faults of all files are in it.
    """
    found: dict[str, Playbook] = {}
    faults: list[Fault] = []
    for path in paths:
        playbooks, wrong = _read_all(path, primitives, checks)
        found.update((playbook.name, playbook) for playbook in playbooks)
        faults += wrong
    if faults:
        raise SourceError(tuple(faults))
    return Library(found.values(), primitives, checks)


def lint(path: Path, primitives: Catalog[AnyPrimitive], checks: Checks) -> list[Fault]:
    """Return every fault of the file, or of all playbooks of the folder, in order of file and line."""
    if path.is_dir():
        return sorted(_read_all(path, primitives, checks)[1])
    return sorted(_read_one(path, primitives, checks)[1])


def load_text(text: str, name: str, primitives: Catalog[AnyPrimitive], checks: Checks) -> Playbook:
    """Return the playbook that `text` spells; `name` is its file's, with the suffix.

    Raises:
        SourceError: it has a fault.
    """
    playbook, faults = _understand(parse_source(text.encode("utf-8", "surrogatepass"), name), primitives, checks)
    if playbook is None or faults:
        raise SourceError(tuple(faults))
    return playbook


def dump(playbook: Playbook) -> str:
    """Return the playbook as YAML that loads to an equal one."""
    content = playbook.model_dump(mode="json", exclude_defaults=True)
    return yaml.dump(content, Dumper=_QuotingDumper, sort_keys=False, allow_unicode=True, width=120)


class _QuotingDumper(yaml.SafeDumper):
    """Quotes every text, so that none is taken for a number or a truth value."""

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')


_QuotingDumper.add_representer(str, _quoted)


def _read_all(path: Path, primitives: Catalog[AnyPrimitive], checks: Checks) -> tuple[list[Playbook], list[Fault]]:
    try:
        require_unchanged(path, str(path))
        files = sorted(item for item in path.iterdir() if item.suffix in {".yaml", ".yml"})
    except SourceError as error:
        return [], list(error.faults)
    except OSError as error:
        return [], [Fault(path.name, 1, f"the folder cannot be read ({error.strerror}); check that it exists")]
    if len(files) > MOST_FILES:
        return [], [Fault(path.name, 1, f"the folder holds more than {MOST_FILES} playbooks; split it")]
    playbooks: list[Playbook] = []
    faults: list[Fault] = []
    for file in files:
        playbook, found = _read_one(file, primitives, checks)
        faults += found
        playbooks += [playbook] if playbook else []
    return playbooks, faults


def _read_one(file: Path, primitives: Catalog[AnyPrimitive], checks: Checks) -> tuple[Playbook | None, list[Fault]]:
    try:
        return _understand(read_source(file, f"{file.parent.name}/{file.name}"), primitives, checks)
    except SourceError as error:
        return None, list(error.faults)


def _understand(
    source: Source, primitives: Catalog[AnyPrimitive], checks: Checks
) -> tuple[Playbook | None, list[Fault]]:
    if not isinstance(source.value, dict):
        return None, [source.fault((), "is not a mapping; a playbook starts with `name:`")]
    try:
        playbook = Playbook.model_validate(source.value)
    except ValidationError as error:
        return None, _faults(source, error)
    faults = [source.fault(found.place, found.message) for found in object_to(playbook, primitives, checks)]
    stem = Path(source.file).stem
    if playbook.name != stem:
        faults.append(source.fault(("name",), f"name {playbook.name!r} is not the file's; make it {stem!r}"))
    if source.file.endswith(".yml"):
        faults.append(source.fault((), f"ends in .yml; rename it to {stem}.yaml"))
    return (None if faults else playbook), faults


def _faults(source: Source, error: ValidationError) -> list[Fault]:
    found = error.errors(include_input=False, include_url=False)
    # A broken item also makes its list too short; only the item is worth telling.
    inner = {item["loc"][:depth] for item in found for depth in range(len(item["loc"]))}
    return [_fault(source, item) for item in found if item["type"] != "too_short" or item["loc"] not in inner]


def _fault(source: Source, error: ErrorDetails) -> Fault:
    place: Place = tuple(error["loc"])
    where = ".".join(str(part)[:80] for part in place)
    match error["type"]:
        case "extra_forbidden":
            message = f"unknown key {where!r}; remove it or see docs/reference/playbook.schema.json"
        case "missing":
            message = f"{where!r} is missing; add it"
        case _:
            words = error["msg"].removeprefix("Value error, ")
            message = f"{where}: {words}" if where else words
    return source.fault(place, message)
