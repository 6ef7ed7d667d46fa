"""Settings that were read before, by this process or by the one that it was forked from.

Reading the tree touches a thousand pages of memory, and a forked process gets its own copy of each page that it
touches. A node's processes differ from the node in no more than what the node tells them.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from grace_workers.fleet import NodeRole
from grace_workers.settings.tree import Settings

_URLS = {"GRACE_DATABASE__URL": "database", "GRACE_BROKER__URL": "broker"}
_PLAIN = {"GRACE_DATA_DIR": ("data_dir", Path), "GRACE_INSTANCE": ("instance", str), "GRACE_ROLE": ("role", NodeRole)}
_TOLD = {*_URLS, *_PLAIN}


@dataclass(frozen=True, slots=True)
class _Read:
    """Settings, with the values of the file and the variables that they were read from, and the process that did."""

    values: Mapping[str, Any]
    variables: Mapping[str, str]
    settings: Settings
    process: int


class Earlier:
    """Keeps what was read last, for the processes that are forked from this one."""

    def __init__(self, process: Callable[[], int] = os.getpid) -> None:
        self._process = process
        self._last: _Read | None = None

    def keep(self, values: Mapping[str, Any], environment: Mapping[str, str], settings: Settings) -> None:
        """Keep the settings that were read from these, unless a secret's file takes part, which may change."""
        variables = _variables(environment)
        self._last = None if variables is None else _Read(values, variables, settings, self._process())

    def again(self, values: Mapping[str, Any], environment: Mapping[str, str]) -> Settings | None:
        """Return what reading these would give in a forked process, None where only reading them can tell.

        Only what a node tells its processes may differ, and whole groups that it keeps from them. What it tells is
        taken as it is, because the node has proved it.
        """
        last, variables = self._last, _variables(environment)
        if last is None or variables is None or last.process == self._process() or values != last.values:
            return None
        missing = last.variables.keys() - variables.keys()
        groups = {_group(name) for name in missing}
        told = {name: value for name, value in variables.items() if value != last.variables.get(name)}
        if told.keys() - _TOLD or missing & _PLAIN.keys() or groups & {*values, *(_group(name) for name in variables)}:
            return None
        withheld = {group: Settings.model_fields[group].get_default() for group in groups}
        return last.settings.model_copy(update={**withheld, **_changes(last.settings, told)})


def _variables(environment: Mapping[str, str]) -> Mapping[str, str] | None:
    """Return the variables that set something, by name in capitals; None when one names a file, or is there twice."""
    found: dict[str, str] = {}
    for given, value in environment.items():
        name = given.upper()
        if name.startswith("GRACE_") and _group(name) in Settings.model_fields:
            if name in found or name.endswith("_FILE"):
                return None
            found[name] = value
    return found


def _group(name: str) -> str:
    return name.removeprefix("GRACE_").partition("__")[0].lower()


def _changes(settings: Settings, told: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the new values by field."""
    urls = {_URLS[name]: SecretStr(value) for name, value in told.items() if name in _URLS}
    plain = {field: read(told[name]) for name, (field, read) in _PLAIN.items() if name in told}
    return {**{group: getattr(settings, group).model_copy(update={"url": url}) for group, url in urls.items()}, **plain}
