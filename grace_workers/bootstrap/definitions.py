"""What the settings declare: targets, policy, and the folders of playbooks and causes."""

from collections.abc import Mapping

from sqlalchemy import Engine

from grace_workers.actions import Target
from grace_workers.adapters.guard import BreakerRegistry
from grace_workers.adapters.live_targets import FleetParts, LiveTargets, guarded
from grace_workers.adapters.world import TargetWorld, build_world
from grace_workers.bootstrap.catalogs import catalogs
from grace_workers.diagnosis import Causes
from grace_workers.discoveries import open_discoveries
from grace_workers.foundation.ids import TargetName
from grace_workers.foundation.shelf import Shelf
from grace_workers.governance import Policy, load_policy, shipped_policy
from grace_workers.node.kernels.target import WithKernels, kernel_target
from grace_workers.orchestration.definitions import Catalogs
from grace_workers.orchestration.discovery.looking import Discoveries
from grace_workers.orchestration.shelves import cause_shelf_in, playbook_shelf_in
from grace_workers.orchestration.stores import LineLedger
from grace_workers.playbooks import Library
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
    return cause_shelf_in(settings.cause_folders, known).whole()


def playbook_shelf(settings: Settings, known: Catalogs) -> Shelf[Library]:
    """Return the playbooks, read again when they or the causes that they may name change. Raises as `cause_shelf`."""
    return playbook_shelf_in(settings.playbook_folders, known, cause_shelf(settings, known)).whole()
