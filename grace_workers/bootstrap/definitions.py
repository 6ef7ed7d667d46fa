"""What the settings declare: targets, policy, and the folders of playbooks and causes.

A shelf is kept like a catalog: a node's processes share those of the process that they were forked from.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from sqlalchemy import Engine

from grace_workers.actions import Target
from grace_workers.adapters.guard import BreakerRegistry
from grace_workers.adapters.live_targets import FleetParts, LiveTargets, guarded
from grace_workers.adapters.world import TargetWorld, build_world
from grace_workers.bootstrap.catalogs import Catalogs, catalogs
from grace_workers.coding import hunted_source
from grace_workers.diagnosis import Causes, load_causes
from grace_workers.discoveries import open_discoveries
from grace_workers.foundation.catalog import prove
from grace_workers.foundation.ids import TargetName
from grace_workers.foundation.shelf import Shelf
from grace_workers.governance import Policy, load_policy, shipped_policy
from grace_workers.node.kernels.target import WithKernels, kernel_target
from grace_workers.orchestration.discovery.looking import Discoveries
from grace_workers.orchestration.stores import LineLedger
from grace_workers.playbooks import Library, given_bindings, load_directories
from grace_workers.settings import Settings


def targets_of(settings: Settings) -> Mapping[TargetName, Target]:
    """Return the declared targets, by name, with the roles that they play; and any kernel of any node."""
    known = catalogs()
    declared = {TargetName(one.name): one.declared(known.drivers) for one in settings.targets}
    return WithKernels(declared, known.kernels.names, kernel_target)


def open_world(settings: Settings, guards: BreakerRegistry | None = None) -> TargetWorld:
    """Return the declared targets alone, without ledger or broker. Raises InputError for an unusable one."""
    return build_world(targets_of(settings), catalogs().drivers, settings.data_dir, guards)


def discoveries_of(settings: Settings) -> Discoveries:
    """Return the declared discoveries. Raises InputError for one that cannot be used."""
    return open_discoveries(settings.discoveries, catalogs().drivers, targets_of(settings).keys())


def open_targets(settings: Settings, ledger: LineLedger, engine: Engine, guards: BreakerRegistry) -> LiveTargets:
    """Return the targets, those that will be discovered too. Raises InputError for what cannot be used."""
    fleet = FleetParts(engine=engine, kernels=catalogs().kernels.names, levers=settings.levers)
    known, world = guarded(discoveries_of(settings), guards), open_world(settings, guards)
    return LiveTargets(ledger, known, targets_of(settings), world, fleet)


def policy_of(settings: Settings) -> Policy:
    """Return the policy in force. Raises SourceError for a faulty one."""
    return shipped_policy() if settings.policy is None else load_policy(settings.policy, catalogs().kinds)


def cause_shelf(settings: Settings, known: Catalogs) -> Shelf[Causes]:
    """Return the causes, read again when they change.

    Raises:
        SourceError: a file has a fault.
        CatalogError: a rule infers a cause, or reads a check, that does not exist.
    """
    return _cause_shelf(settings.cause_folders, known).whole()


def playbook_shelf(settings: Settings, known: Catalogs) -> Shelf[Library]:
    """Return the playbooks, read again when they or the causes that they may name change. Raises as `cause_shelf`."""
    return _playbook_shelf(settings.playbook_folders, known, cause_shelf(settings, known)).whole()


@cache
def _cause_shelf(folders: tuple[Path, ...], known: Catalogs) -> Shelf[Causes]:
    shelf = Shelf(folders, lambda: load_causes(folders, known.terms, hunted_source))
    prove([known.rules], {"cause": shelf.current().names, "check": known.checks.names})
    return shelf


@cache
def _playbook_shelf(folders: tuple[Path, ...], known: Catalogs, causes: Shelf[Causes]) -> Shelf[Library]:
    def read() -> Library:
        given = given_bindings(causes.current(), known.rules)
        return load_directories(folders, known.primitives, known.checks, known.kinds, given, hunted_source)

    return Shelf(folders, read, beside=lambda: causes.current().digest)
