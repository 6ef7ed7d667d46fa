"""This node's own definitions, as self-tests read them: files are read again when they have changed."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grace_workers.actions import AnyPrimitive
from grace_workers.checks import AnyCheck
from grace_workers.coding import hunted_source
from grace_workers.diagnosis import Causes
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.shelf import Shelf
from grace_workers.foundation.yaml_file import FileFault, SourceError, YamlFile
from grace_workers.governance import Gate, Policy
from grace_workers.playbooks import Library


@dataclass(kw_only=True)
class OwnDefinitions:
    """Thread-safe. Nothing is read before it is asked for.

    `policy_file` is None if the shipped policy is in force; `read_policy` reads it. `open_playbooks` raises
    SourceError for faulty ones, and so does `open_causes`.
    """

    gates: Sequence[Gate]
    primitives: Catalog[AnyPrimitive]
    checks: Catalog[AnyCheck]
    policy_file: Path | None
    read_policy: Callable[[], Policy]
    open_causes: Callable[[], Shelf[Causes]]
    open_playbooks: Callable[[], Shelf[Library]]
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _policy: tuple[int | None, Policy] | None = None
    _playbooks: Shelf[Library] | None = None
    _causes: Shelf[Causes] | None = None

    def policy(self) -> Policy:
        """Return the policy in force. Raises InputError when its file cannot be read."""
        path = self.policy_file
        try:
            changed = None if path is None else path.stat().st_mtime_ns
        except OSError as error:
            raise InputError(f"policy {path} cannot be read: {error.strerror}") from error
        with self._lock:
            if self._policy is None or self._policy[0] != changed:
                self._policy = (changed, self.read_policy())
            return self._policy[1]

    def playbook_faults(self) -> Sequence[FileFault]:
        """Return the faults of the playbooks."""
        with self._lock:
            if self._playbooks is None:
                try:
                    self._playbooks = self.open_playbooks()
                except SourceError as refusal:
                    return refusal.faults
            self._playbooks.current()
            return self._playbooks.faults

    def causes(self) -> Causes:
        """Return the causes. Raises SourceError while none have been valid yet."""
        with self._lock:
            return self._cause_shelf().current()

    def cause_faults(self) -> Sequence[FileFault]:
        """Return why the newest causes were not loaded."""
        with self._lock:
            return () if self._causes is None else self._causes.faults

    def hunted(self, source: YamlFile) -> Sequence[FileFault]:
        """Return the dangers in a file."""
        return hunted_source(source)

    def _cause_shelf(self) -> Shelf[Causes]:
        self._causes = self._causes or self.open_causes()
        return self._causes
