"""What a node watches its kernels with: what their self-tests ask, what it reports, and the orders it carries out."""

from contextlib import ExitStack
from datetime import timedelta

from sqlalchemy import Engine

from grace_workers.adapters.celery import DoorbellPublisher
from grace_workers.adapters.celery.kernel_facts import BrokerFacts
from grace_workers.adapters.http.own_api import OwnApi
from grace_workers.adapters.postgres.audit.tail import TailCheck
from grace_workers.adapters.postgres.engine import make_engine, sparing
from grace_workers.adapters.postgres.events import EventMover
from grace_workers.adapters.postgres.fleet.kernel_facts import DatabaseFacts
from grace_workers.adapters.postgres.fleet.kernels import PostgresKernels, PostgresOrders
from grace_workers.adapters.postgres.jobs.ringing import Ringer
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.adapters.process.bounded import Bounded
from grace_workers.adapters.process.machine import pressure
from grace_workers.adapters.sandbox.facts import sandbox_facts
from grace_workers.bootstrap.archive import anchors, audit_keys
from grace_workers.bootstrap.catalogs import catalogs
from grace_workers.bootstrap.definitions import cause_shelf, playbook_shelf, policy_of
from grace_workers.bootstrap.runtime import intake_of
from grace_workers.drivers.files.stash_check import StashCheck
from grace_workers.fleet import Probe
from grace_workers.foundation.clock import SystemClock
from grace_workers.node.kernels.canary_patrol import CanaryPatrol
from grace_workers.node.kernels.escalation import Escalation
from grace_workers.node.kernels.readers.canaries import CANARY_WITHIN, CanaryFlight
from grace_workers.node.kernels.readers.definitions import OwnDefinitions
from grace_workers.node.kernels.readers.events import EVENT_WITHIN, EventEcho
from grace_workers.node.kernels.readers.records import LedgerRecords
from grace_workers.node.ports import KernelPorts
from grace_workers.settings import Addresses, Settings, secret_facts, shipped

ANSWERS_WITHIN = timedelta(seconds=1.2)
SANDBOX_WITHIN = timedelta(seconds=5)


def kernel_probe(settings: Settings, found: Addresses, closing: ExitStack) -> Probe:
    """Return what the self-tests of this node ask, over connections of their own that give up soon.

    Nothing connects before the first question. `closing` closes the connections.
    """
    instance = settings.instance
    url, soon = found.database.get_secret_value(), ANSWERS_WITHIN
    engine = sparing(
        make_engine(url, application="grace-kernels", pool_size=4, statement_timeout=soon, lock_timeout=soon)
    )
    ringer = Ringer(engine, DoorbellPublisher(found.broker.get_secret_value()))
    ledger = PostgresLedger(engine, ringer=ringer)
    broker = BrokerFacts(found.broker.get_secret_value(), within=ANSWERS_WITHIN)
    api = OwnApi(settings.api.host, settings.api.port, settings.cli_token_file, within=ANSWERS_WITHIN)
    for close in (engine.dispose, api.close, broker.close, ringer.close):
        closing.callback(close)
    asked, caged = Bounded("the database", within=ANSWERS_WITHIN), Bounded("the sandbox", within=SANDBOX_WITHIN, most=1)
    return Probe(
        instance=instance,
        processes=frozenset(settings.processes),
        broker=broker,
        database=asked.around(
            DatabaseFacts(engine, shipped("migrations"), instance=instance, schedule=lambda: settings.due_every)
        ),
        audit=asked.around(TailCheck(engine, audit_keys(settings), anchors(settings), instance=instance)),
        records=asked.around(LedgerRecords(ledger)),
        events=asked.around(
            EventEcho(ledger, instance, EventMover(engine).move_once), within=EVENT_WITHIN + ANSWERS_WITHIN
        ),
        canaries=asked.around(CanaryFlight(ledger, instance), within=CANARY_WITHIN + ANSWERS_WITHIN),
        patrol=asked.around(CanaryPatrol(ledger, instance)),
        api=api,
        definitions=_definitions(settings),
        stash=StashCheck(settings.data_dir / "self-test"),
        secrets=lambda: secret_facts(settings),
        sandbox=lambda: caged.ask(sandbox_facts),
    )


def _definitions(settings: Settings) -> OwnDefinitions:
    known = catalogs()
    return OwnDefinitions(
        gates=tuple(known.gates),
        primitives=known.primitives,
        checks=known.checks,
        policy_file=settings.policy,
        read_policy=lambda: policy_of(settings),
        open_causes=lambda: cause_shelf(settings, known),
        open_playbooks=lambda: playbook_shelf(settings, known),
    )


def kernel_ports(settings: Settings, engine: Engine, probe: Probe) -> KernelPorts:
    """Return what this node watches its kernels with, over the node's own connections."""
    intake = intake_of(settings, PostgresLedger(engine), SystemClock())
    return KernelPorts(
        instance=settings.instance,
        kernels=catalogs().kernels.by_name,
        probe=probe,
        reports=PostgresKernels(engine),
        orders=PostgresOrders(engine),
        pressure=pressure,
        escalate=Escalation(intake, by=settings.instance),
    )
