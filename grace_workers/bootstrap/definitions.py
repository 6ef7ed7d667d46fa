"""What the settings declare: targets, policy, and the folders of playbooks and causes."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

from grace_workers.actions import AnyDriver, Target, World
from grace_workers.adapters.guard import BreakerRegistry
from grace_workers.adapters.world import build_world
from grace_workers.bootstrap.catalogs import Catalogs, kinds_of, known_drivers
from grace_workers.bootstrap.hunter import hunted_source
from grace_workers.diagnosis import Causes, Terms, load_causes, shipped_causes
from grace_workers.foundation.catalog import Catalog, prove
from grace_workers.foundation.ids import TargetName
from grace_workers.foundation.shelf import Shelf
from grace_workers.foundation.yaml_file import SourceError
from grace_workers.governance import Policy, load_policy, shipped_policy
from grace_workers.playbooks import REQUESTED, Bindings, Library, load_directories
from grace_workers.settings import Settings, TargetSettings, shipped

T = TypeVar("T")


def open_world(settings: Settings, guards: BreakerRegistry | None = None) -> World:
    """Return the declared targets alone, without ledger or broker. Raises InputError for an unusable one."""
    return build_world(targets_of(settings), known_drivers(), settings.data_dir, guards)


def playbook_folders(settings: Settings) -> Sequence[Path]:
    """Return the folders that the playbooks come from: the shipped one, then the user's own."""
    return [shipped("playbooks"), *settings.playbooks]


def playbook_shelf(settings: Settings, known: Catalogs, causes: Shelf[Causes] | None = None) -> Shelf[Library]:
    """Return the playbooks, read again when they or the causes that they may be for change. Raises SourceError.

    Without `causes` those of the settings are read. Shelves are kept as catalogs are.
    """
    named = causes or cause_shelf(settings, known)
    return _whole(_playbook_shelf(tuple(playbook_folders(settings)), known, named))


@cache
def _playbook_shelf(folders: tuple[Path, ...], known: Catalogs, named: Shelf[Causes]) -> Shelf[Library]:
    def read() -> Library:
        given = bindings_of(named.current(), known)
        return load_directories(folders, known.primitives, known.checks, known.kinds, given, hunted_source)

    return Shelf(folders, read, beside=lambda: named.current().digest)


def _whole(shelf: Shelf[T]) -> Shelf[T]:
    """Return the shelf as it is now. Raises SourceError when a file has a fault since it was read."""
    shelf.current()
    if faults := shelf.faults:
        raise SourceError(faults)
    return shelf


def bindings_of(causes: Causes, known: Catalogs) -> Bindings:
    """Return the bindings that a diagnosis of each cause gives, by its measures, labels and rules.

    What only people ask for is for the cause `requested`, which no diagnosis names.
    """
    ruled = [(rule.cause, binding) for rule in known.rules for binding in rule.binds]
    given = {one.name: {*one.bindings, *(name for cause, name in ruled if cause == one.name)} for one in causes}
    return {**given, REQUESTED: ()}


def cause_folders(settings: Settings) -> Sequence[Path]:
    """Return the folders that the causes come from: the shipped one, then the user's own."""
    return [shipped_causes(), *settings.causes]


def cause_terms(known: Catalogs) -> Terms:
    """Return what causes may name."""
    played = (one.role.__name__ for one in (*known.checks, *known.primitives))
    return Terms(
        checks=known.checks, kinds=known.kinds, roles=tuple(sorted(set(played))), triggers=known.triggers.names
    )


def cause_shelf(settings: Settings, known: Catalogs) -> Shelf[Causes]:
    """Return the causes, read again when they change.

    Raises:
        SourceError: a file has a fault.
        CatalogError: a rule infers a cause, or reads a check, that is not there.
    """
    return _whole(_cause_shelf(tuple(cause_folders(settings)), known))


@cache
def _cause_shelf(folders: tuple[Path, ...], known: Catalogs) -> Shelf[Causes]:
    terms = cause_terms(known)
    shelf = Shelf(folders, lambda: load_causes(folders, terms, hunted_source))
    prove([known.rules], {"cause": shelf.current().names, "check": known.checks.names})
    return shelf


def policy_of(settings: Settings) -> Policy:
    """Return the policy in force. Raises SourceError for a faulty one."""
    if settings.policy is None:
        return shipped_policy()
    return load_policy(settings.policy, kinds_of(known_drivers()))


def targets_of(settings: Settings) -> Mapping[TargetName, Target]:
    """Return the declared targets, by name, with the roles that they play."""
    drivers = known_drivers()
    return {
        TargetName(one.name): Target(
            name=TargetName(one.name),
            kind=one.kind,
            owner=one.owner,
            connection=one.connection,
            labels=one.labels,
            depends_on=tuple(TargetName(name) for name in one.depends_on),
            roles=_roles_of(one, drivers),
        )
        for one in settings.targets
    }


def _roles_of(declared: TargetSettings, drivers: Catalog[AnyDriver]) -> frozenset[str] | None:
    """Return the names of the roles that a target plays; None for an unknown kind, which a world refuses."""
    if declared.kind not in drivers:
        return None
    return frozenset(role.__name__ for role in drivers[declared.kind].roles_with(declared.connection))
