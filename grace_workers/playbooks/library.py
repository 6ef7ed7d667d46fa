"""`Library`: the playbooks of one folder as they were read at one moment. Immutable."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from grace_workers.actions import AnyPrimitive
from grace_workers.checks import AnyCheck
from grace_workers.foundation.canonical import digest
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.errors import NotFoundError
from grace_workers.playbooks.playbook import Playbook


class Library:
    """Playbooks by name, with the catalogs they were checked against."""

    def __init__(
        self, playbooks: Iterable[Playbook], primitives: Catalog[AnyPrimitive], checks: Catalog[AnyCheck]
    ) -> None:
        ordered = sorted(playbooks, key=lambda playbook: playbook.name)
        self._playbooks = MappingProxyType({playbook.name: playbook for playbook in ordered})
        self.primitives = primitives
        self.checks = checks
        self._by_cause = _by_cause(ordered)
        self.digest = digest([[playbook.name, playbook.digest] for playbook in ordered])

    def __getitem__(self, name: str) -> Playbook:
        try:
            return self._playbooks[name]
        except KeyError:
            known = ", ".join(self._playbooks) or "none"
            raise NotFoundError(f"unknown playbook {name[:80]!r}; known: {known}") from None

    def __contains__(self, name: object) -> bool:
        return name in self._playbooks

    def __iter__(self) -> Iterator[Playbook]:
        return iter(self._playbooks.values())

    def __len__(self) -> int:
        return len(self._playbooks)

    def for_cause(self, cause: str) -> Sequence[Playbook]:
        """Return the playbooks that are for a cause, by name, those that are not enabled too."""
        return self._by_cause.get(cause, ())

    def of_file(self, name: str) -> Playbook:
        """Return the playbook as its file says it, without adjustments. Raises NotFoundError."""
        return self[name]

    @property
    def names(self) -> tuple[str, ...]:
        """All names, in order."""
        return tuple(self._playbooks)


def _by_cause(playbooks: Iterable[Playbook]) -> Mapping[str, Sequence[Playbook]]:
    found: dict[str, list[Playbook]] = {}
    for playbook in playbooks:
        for cause in dict.fromkeys(playbook.when.causes):
            found.setdefault(cause, []).append(playbook)
    return found
