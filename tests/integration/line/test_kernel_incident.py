"""A kernel that its watchdog cannot repair is an incident of the fleet, and passes the same line as a customer's."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from grace_workers.adapters.postgres.fleet.kernel_service import KernelService
from grace_workers.adapters.postgres.fleet.kernels import PostgresKernels, PostgresOrders
from grace_workers.adapters.process.child import Child
from grace_workers.adapters.process.spawn import Command
from grace_workers.adapters.process.supervisor import Supervisor
from grace_workers.bootstrap.runtime import Runtime
from grace_workers.fleet import (
    Kernel,
    KernelReport,
    KernelState,
    Order,
    OrderRequest,
    OrderState,
    Pressure,
    ProcessState,
    Ready,
    RestartPolicy,
    Tier,
    Verb,
)
from grace_workers.foundation.ids import InstanceName
from grace_workers.node.kernels.acts import KernelActs
from grace_workers.node.kernels.escalation import Escalation
from grace_workers.node.kernels.processes import Processes
from grace_workers.node.kernels.watch import KernelWatch
from grace_workers.node.orders import OrderExecutor
from grace_workers.node.ports import KernelPorts
from grace_workers.orchestration import queries
from grace_workers.orchestration.dossier import Closing
from grace_workers.signals import IncidentState
from tests.integration.line.conftest import work
from tests.waiting import let_pass, until

PROGRAM = """
import pathlib, sys, time
if not pathlib.Path(sys.argv[1]).exists(): sys.exit("its configuration is missing")
time.sleep(600)
"""
QUICKLY = RestartPolicy(first=timedelta(milliseconds=50), longest=timedelta(milliseconds=200))


@dataclass
class Node:
    """One process behind the kernel `api`, which works while `needed` exists, and the order executor over it."""

    supervisor: Supervisor
    orders: PostgresOrders
    needed: Path

    def ask(self, verb: Verb, *, forced: bool = False) -> Order:
        """Give an order and wait for its end."""
        request = OrderRequest(
            instance=InstanceName("here"), kernel="api", verb=verb, asked_by="ada", reason="a try", forced=forced
        )
        order = self.orders.give(request)
        until(lambda: self.orders.find(order.id).state.ended, within=20)
        return self.orders.find(order.id)


@pytest.fixture
def node(runtime: Runtime, tmp_path: Path) -> Iterator[Node]:
    needed = tmp_path / "needed"
    needed.touch()
    command = Command(argv=[sys.executable, "-S", "-c", PROGRAM, str(needed)], log=tmp_path / "api.log")
    child = Child(name="api", command=lambda: command, ready=lambda: True, restart=QUICKLY)
    supervisor = Supervisor([child])
    kernel = Kernel(name="api", tier=Tier.AGENTS, process="api", readiness=lambda _probe: Ready("it answers"))
    orders = PostgresOrders(runtime.engine)
    ports = KernelPorts(
        instance=runtime.instance,
        kernels={"api": kernel},
        probe=None,  # type: ignore[arg-type] # this kernel's self-test asks nothing
        reports=PostgresKernels(runtime.engine),
        orders=orders,
        pressure=lambda: Pressure(memory_free=0.5, load_per_core=0.1),
        escalate=Escalation(runtime.intake, by=runtime.instance),
    )
    processes = Processes([supervisor])
    watch = KernelWatch(ports, processes, lambda _name, _found: None, kernels=ports.kernels)
    acts = KernelActs(ports.kernels, processes, watch)
    executor = OrderExecutor(
        ports, watch, {Verb.RESTART: acts.restart, Verb.PAUSE: acts.pause, Verb.RESUME: acts.resume}
    )
    supervisor.start()
    supervisor.wait_ready(within=10)
    executor.start()
    yield Node(supervisor, orders, needed)
    executor.stop()
    supervisor.stop(at_once=True)


def state(node: Node) -> ProcessState:
    return node.supervisor.states["api"].state


@pytest.mark.fleet
def test_a_kernel_that_cannot_start_is_healed_through_the_line(runtime: Runtime, node: Node) -> None:
    node.needed.unlink()
    node.supervisor.kill(["api"])
    until(lambda: queries.incidents(runtime.ledger), within=20)
    node.needed.touch()
    work(runtime)

    found = queries.incidents(runtime.ledger)[0]
    view = queries.incident(runtime.ledger, found.incident.id)
    assert found.incident.target == "grace.here.api"
    assert (view.dossier.incident.state, view.dossier.closing) == (IncidentState.CLOSED, Closing.HEALED), view.timeline
    assert view.dossier.plan.playbook == "restart_kernel"
    assert state(node) is ProcessState.READY


def test_a_kernel_that_the_line_cannot_repair_is_escalated_to_people(runtime: Runtime, node: Node) -> None:
    node.needed.unlink()
    node.supervisor.kill(["api"])
    until(lambda: queries.incidents(runtime.ledger), within=20)
    assert node.ask(Verb.PAUSE, forced=True).state is OrderState.DONE
    work(runtime)

    found = queries.incidents(runtime.ledger)[0]
    assert found.incident.state is IncidentState.ESCALATED, queries.incident(runtime.ledger, found.incident.id).timeline


def test_orders_are_carried_out_and_their_outcomes_reported(runtime: Runtime, node: Node) -> None:
    refused = node.ask(Verb.PAUSE)
    assert (refused.state, refused.detail) == (
        OrderState.REFUSED,
        "api is critical; use --force to pause it nevertheless",
    )
    assert node.ask(Verb.PAUSE, forced=True).detail == "paused"
    assert (state(node), node.supervisor.states["api"].paused_for) == (ProcessState.PAUSED, "ada: a try")
    assert node.ask(Verb.RESTART).state is OrderState.REFUSED
    assert node.ask(Verb.RESUME).detail == "ready again"
    assert node.ask(Verb.DRAIN).detail == "this node cannot drain a kernel"
    first = node.supervisor.states["api"].pid
    assert node.ask(Verb.RESTART).state is OrderState.DONE
    assert node.supervisor.states["api"].pid not in {None, first}


def test_what_a_node_reports_of_a_kernel_is_in_the_fleets_book(runtime: Runtime, node: Node) -> None:
    book = PostgresKernels(runtime.engine)
    until(lambda: [one.detail for one in book.list_all()] == ["it answers"], within=10)
    report = book.list_all(runtime.instance)[0]
    assert (report.kernel, report.state, report.incarnation) == (
        "api",
        KernelState.READY,
        str(node.supervisor.states["api"].pid),
    )
    assert book.list_all(InstanceName("elsewhere")) == []


def test_a_change_of_a_kernel_is_an_event_and_the_same_state_again_is_none(runtime: Runtime) -> None:
    book = PostgresKernels(runtime.engine)
    for state in (KernelState.READY, KernelState.READY, KernelState.FAILED):
        book.report([report_of("elsewhere", state)])
    with runtime.engine.connect() as session:
        bodies = session.execute(
            text(
                "SELECT body ->> 'before', body ->> 'after' FROM event_outbox WHERE topic = 'kernel.changed' "
                "ORDER BY id"
            )
        ).all()
    assert [tuple(body) for body in bodies] == [(None, "ready"), ("ready", "failed")]


def test_the_kernels_of_a_silent_node_have_failed_and_are_forgotten_after_a_while(runtime: Runtime) -> None:
    book = PostgresKernels(runtime.engine)
    book.report([report_of("elsewhere", KernelState.READY)])
    for silent, seen in (("12 s", [KernelState.FAILED]), ("11 min", [])):
        with runtime.engine.begin() as session:
            session.execute(text(f"UPDATE kernels SET checked_at = clock_timestamp() - interval '{silent}'"))
        found = book.list_all(InstanceName("elsewhere"))
        assert [one.state for one in found] == seen
        assert all("its node has been silent for 12 s; last report: ready: as told" in one.detail for one in found)


def test_a_reader_awaits_a_restart_in_progress_and_orders_no_second_one(runtime: Runtime) -> None:
    elsewhere, orders = InstanceName("elsewhere"), PostgresOrders(runtime.engine)
    PostgresKernels(runtime.engine).report([report_of(elsewhere, KernelState.READY)])
    wanted = {"verb": Verb.RESTART, "asked_by": "grace", "reason": "an attempt that died by it", "forced": False}
    order = orders.give(OrderRequest(instance=elsewhere, kernel="api", **wanted))
    with ThreadPoolExecutor() as hands:
        looking = hands.submit(KernelService(runtime.engine, elsewhere, "api").status)
        let_pass(0.5)
        assert not looking.done()
        orders.end(order.id, OrderState.DONE, "it serves")
        assert looking.result(5).running


def report_of(instance: str, state: KernelState) -> KernelReport:
    now = datetime.now(UTC)
    return KernelReport(
        instance=InstanceName(instance),
        kernel="api",
        state=state,
        detail="as told",
        incarnation=None,
        restarts=0,
        failing=False,
        since=now,
        checked_at=now,
    )
