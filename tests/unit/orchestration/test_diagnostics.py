"""Diagnostics: the facts that each returns, and the suite: bounded, side by side, without secrets."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from grace_workers import checks
from grace_workers.actions import (
    ActiveStatement,
    CostlyStatement,
    DatabaseActivity,
    EndpointProbe,
    EnvironmentProof,
    ErrorLog,
    FileTree,
    LockWait,
    ProcessUse,
    Replica,
    Revision,
    Revisions,
    RunningProcesses,
    ServerSettings,
    TableUse,
)
from grace_workers.checks import Check
from grace_workers.diagnosis import Subject
from grace_workers.foundation.catalog import discover
from grace_workers.foundation.errors import NotFoundError, TransientError
from grace_workers.learning import Ending
from grace_workers.orchestration.diagnosing import DiagnosticReport, declared_diagnostics, examine
from grace_workers.orchestration.diagnostics.diagnostic import Diagnostic, DiagnosticFact, DiagnosticScene
from grace_workers.orchestration.stores.deployments import DeploymentStore
from grace_workers.signals import Deployment, DeploymentState, foresee
from grace_workers.signals.trigger import Reading, SeriesReading
from grace_workers.testing import (
    START,
    FakeClock,
    MemoryActivity,
    MemoryEndpoint,
    MemoryEnvironment,
    MemoryErrorLog,
    MemoryRevisions,
    MemoryRunning,
    MemoryTree,
    MemoryWorld,
)
from tests.builders import DATABASE, WEB, Ward, episode, plan
from tests.unit.orchestration.service_facts import SERVICES
from tests.waiting import until

MINUTE = timedelta(minutes=1)
CHECKS = discover(checks, Check, label="check")
SHOP = ProcessUse(
    pid=7, name="shop", user="shop", age=timedelta(hours=1), memory=3 << 20, processor=0.5, threads=3,
    open_files=900, open_file_limit=1024, sockets={"listen": 1, "close_wait": 30}, listening=(8000,),
)  # fmt: skip
SPAN = timedelta(seconds=90)
BUSY = MemoryActivity(
    statements=[ActiveStatement(statement="SELECT ?", age=SPAN, waits_for="Lock: relation", application="billing")],
    counted=[CostlyStatement(statement="UPDATE a", calls=5, mean=timedelta(seconds=2), total=timedelta(seconds=10))],
    waits=[LockWait(statement="SELECT ?", age=SPAN, wanted="AccessShareLock on orders", held_by=["9 idle"])],
    standbys=[Replica(name="b", state="catchup", lag_bytes=9000, lag=None)],
    stored=[TableUse(table="public.orders", size=1 << 20, dead=60_000, live=40_000, vacuumed_at=None)],
    said=ServerSettings(started_at=START - timedelta(days=90), loaded_at=START - MINUTE, pending=("shared_buffers",)),
)


def _revision(number: int, ago: timedelta) -> Revision:
    return Revision(id=f"{number:040}", subject=f"change {number}", content=str(number), at=START - ago)


def _scene(roles: Mapping[type, object]) -> DiagnosticScene:
    """Return a scene in which the web service plays these roles and depends on an unreachable database."""
    ward = Ward()
    played = frozenset(role.__name__ for role in roles)
    world = MemoryWorld(roles={(WEB, role): player for role, player in roles.items()})
    world.roles[DATABASE, EndpointProbe] = MemoryEndpoint(accepts=False)
    subjects = {
        WEB: replace(Subject.of(ward.line.targets[WEB]), roles=played),
        DATABASE: replace(Subject.of(ward.line.targets[DATABASE]), roles=frozenset({"EndpointProbe"})),
    }
    target = replace(ward.line.targets[WEB], roles=played)
    line = replace(ward.line, world=world, checks=CHECKS, subjects=subjects, targets={**ward.line.targets, WEB: target})
    return DiagnosticScene(line=line, target=target, now=START)


def _with_log(lines: Sequence[tuple[timedelta, str]]) -> DiagnosticScene:
    return _scene({ErrorLog: MemoryErrorLog(lines=[(START - ago, f"ERROR {text}") for ago, text in lines])})


def _with_tree() -> DiagnosticScene:
    tree = MemoryTree(quota=1000)
    tree.put("old.log", b"x" * 10, modified_at=START - timedelta(hours=5))
    tree.put("new.log", b"x" * 90, modified_at=START - MINUTE)
    return _scene({FileTree: tree})


def _with_deployment() -> DiagnosticScene:
    scene = _scene({})
    one = Deployment(
        key="k", source="github", names=("web",), state=DeploymentState.SUCCEEDED, revision="8f1c",
        environment="production", title="Take coupons", by="ann", url="", at=START - MINUTE, target=DATABASE,
    )  # fmt: skip
    with scene.line.ledger.transaction() as tx:
        tx[DeploymentStore].keep([one])
    return scene


def _with_course() -> DiagnosticScene:
    scene, memory = _scene({}), None
    for at in range(40):
        moment = START - timedelta(minutes=5 * (39 - at))
        reading = Reading(check="disk_used_ratio", target=WEB, value=(at + 1) / 64 + 0.125, at=moment)
        _, memory, _ = foresee([SeriesReading(reading=reading, labels={}, full=1.0)], memory, moment)
    with scene.line.ledger.transaction() as tx:
        tx.cycle_states.write("foresight", memory, START)
    return scene


def _with_run() -> DiagnosticScene:
    scene = _scene({})
    with scene.line.ledger.transaction() as tx:
        done = plan()
        tx.journal.begin(done, done.incident, START - MINUTE)
        tx.journal.end(done.id, episode(done, FakeClock(START - MINUTE), Ending.INEFFECTIVE))
    return scene


def _with_signals() -> DiagnosticScene:
    ward = Ward()
    ward.fall_ill()
    scene = _scene({})
    return replace(scene, line=replace(scene.line, ledger=ward.ledger))


CASES: Mapping[str, tuple[Callable[[], DiagnosticScene], set[tuple[str, str, Any, bool]]]] = {
    "readings": (
        lambda: _scene({EndpointProbe: MemoryEndpoint(accepts=False)}),
        {("tcp_connects", "", 0.0, True), ("name_resolves", "", 1.0, False)},
    ),
    "dependencies": (lambda: _scene({}), {("readings_wrong", "database", 1, True)}),
    "processes": (
        lambda: _scene({RunningProcesses: MemoryRunning([SHOP])}),
        {("processes", "", 1, False), ("memory", "shop (7)", 3 << 20, False), ("processor", "shop (7)", 0.5, False)},
    ),
    "open_files": (lambda: _scene({RunningProcesses: MemoryRunning([SHOP])}), {("open_files", "shop (7)", 900, True)}),
    "sockets": (
        lambda: _scene({RunningProcesses: MemoryRunning([SHOP])}),
        {("close_wait", "", 30, True), ("listen", "", 1, False)},
    ),
    "log_templates": (
        lambda: _with_log(
            [
                *((hours * timedelta(hours=1), "disk 7 is slow") for hours in range(1, 20)),
                *((MINUTE, f"disk {number} is slow") for number in range(9)),
                (MINUTE, "card refused"),
                (3 * timedelta(hours=1), "coupon unknown"),
                (MINUTE, "coupon unknown"),
            ]
        ),
        {
            ("error_lines", "ERROR disk <*> is slow", 9, True),
            ("error_lines", "ERROR card refused", 1, True),
            ("error_lines", "ERROR coupon unknown", 1, False),
        },
    ),
    "slow_queries": (
        lambda: _scene({DatabaseActivity: BUSY}),
        {("runs_for", "SELECT ?", 90.0, True), ("mean_time", "UPDATE a", 2000.0, False)},
    ),
    "locks": (lambda: _scene({DatabaseActivity: BUSY}), {("waits_for_lock", "SELECT ?", 90.0, True)}),
    "replication": (lambda: _scene({DatabaseActivity: BUSY}), {("replicas", "", 1, False), ("lag", "b", 9000, True)}),
    "bloat": (
        lambda: _scene({DatabaseActivity: BUSY}),
        {
            ("database_size", "", 1 << 20, False),
            ("dead_rows", "public.orders", 60_000, True),
            ("table_size", "public.orders", 1 << 20, False),
        },
    ),
    "database_settings": (
        lambda: _scene({DatabaseActivity: BUSY}),
        {("server_started", "", 90 * 86400, False), ("configuration_read", "", 60, True)},
    ),
    "disk_growth": (
        _with_tree,
        {("used", "", 100, False), ("written", "", 90, False), ("file_written", "new.log", 90, False)},
    ),
    "resource_growth": (_with_course, {("disk_used_ratio", "", 0.75, True)}),
    "deployments": (_with_deployment, {("deployed", "database 8f1c", 60, True)}),
    "revisions": (
        lambda: _scene({Revisions: MemoryRevisions(history=[_revision(1, timedelta(days=9)), _revision(2, MINUTE)])}),
        {("revision", "0" * 12, 60, True)},
    ),
    "recent_runs": (_with_run, {("run", "cure on web", 60, True)}),
    "signals": (_with_signals, {("signals", "", 1, True)}),
    "service": (
        partial(_scene, SERVICES["service"]),
        {("service", "", "running", False), ("serving", "", 42, True)},
    ),
    "service_parts": (
        partial(_scene, SERVICES["service_parts"]),
        {("healthy_parts", "", 2, True), ("part", "b", "not healthy", True), ("part", "a", "healthy", False)},
    ),
    "scale": (
        partial(_scene, SERVICES["scale"]),
        {("instances_wanted", "", 5, True), ("instances_ready", "", 4, True)},
    ),
    "service_limits": (
        partial(_scene, SERVICES["service_limits"]),
        {("limit", "memory", 512, True), ("limit", "pids", None, False)},
    ),
    "standbys": (partial(_scene, SERVICES["standbys"]), {("primary", "", "a", False), ("standbys", "", 0, True)}),
    "revision_traffic": (
        partial(_scene, SERVICES["revision_traffic"]),
        {("traffic", "the newest revision", 100, False), ("revision_deployed", "shop-1", 0, True)},
    ),
    "machine_size": (partial(_scene, SERVICES["machine_size"]), {("size", "", "huge", True)}),
    "environment": (partial(_scene, SERVICES["environment"]), {("environment", "", "memory:staging", False)}),
}


@pytest.mark.parametrize("name", declared_diagnostics().names)
def test_a_diagnostic_returns_its_facts(name: str) -> None:
    made, expected = CASES[name]
    scene = made()
    diagnostic = declared_diagnostics()[name]
    assert diagnostic.suits(scene.target)
    found = diagnostic.look(scene)
    of_any = name == "signals"
    told = [(one.name, "" if of_any else one.about, one.value, one.notable) for one in found]
    assert [one for one in expected if one not in told] == [], told


def test_a_log_without_a_past_calls_nothing_new() -> None:
    (fact,) = declared_diagnostics()["log_templates"].look(_with_log([(MINUTE, "card refused")]))
    assert (fact.notable, "no earlier errors" in fact.note) == (False, True)


def test_a_server_that_counts_no_statements_says_so() -> None:
    facts = declared_diagnostics()["slow_queries"].look(_scene({DatabaseActivity: MemoryActivity()}))
    assert [(one.value, "pg_stat_statements" in one.note) for one in facts] == [(None, True)]


def _suite(*looks: Callable[[DiagnosticScene], Sequence[DiagnosticFact]]) -> list[Diagnostic]:
    return [Diagnostic(name=f"d{number}", summary="x", look=look) for number, look in enumerate(looks)]


def _run(*looks: Callable[[DiagnosticScene], Sequence[DiagnosticFact]], **more: Any) -> DiagnosticReport:
    return examine(_scene({}).line, WEB, known=_suite(*looks), **more)


def test_looks_that_hang_keep_no_process_from_ending_and_their_number_is_bounded() -> None:
    go = threading.Event()

    def hangs(_: DiagnosticScene) -> Sequence[DiagnosticFact]:
        go.wait(30)
        return []

    try:
        found = _run(*[hangs] * 100, deadline=timedelta(milliseconds=200))
        working = [one for one in threading.enumerate() if one.name == "diagnostic"]
    finally:
        go.set()
    assert [one.trouble for one in found.looks].count("64 other looks have not ended yet; ask again later") == 36
    assert all(one.daemon for one in working)
    until(lambda: _run(lambda _: [DiagnosticFact(name="n", value=1)]).looks[0].facts, within=10)


def test_a_diagnostic_that_hangs_is_unfinished_and_the_others_are_told() -> None:
    go = threading.Event()

    def hangs(_: DiagnosticScene) -> Sequence[DiagnosticFact]:
        go.wait(30)
        return []

    try:
        found = _run(
            hangs,
            lambda _: [DiagnosticFact(name="n", value=1)],
            deadline=timedelta(milliseconds=200),
        )
    finally:
        go.set()
    assert found.looks[0].trouble == "unfinished after 0.2 s"
    assert found.looks[1].facts == (DiagnosticFact(name="n", value=1),)
    assert found.took < 10


def test_diagnostics_look_side_by_side() -> None:
    both = threading.Barrier(2)

    def meets(_: DiagnosticScene) -> Sequence[DiagnosticFact]:
        both.wait(10)
        return []

    found = _run(meets, meets)
    assert [one.trouble for one in found.looks] == [None, None]


def test_what_cannot_look_says_why_and_hides_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def unreachable(_: DiagnosticScene) -> Sequence[DiagnosticFact]:
        raise TransientError("the database does not answer: password=hunter2")

    def broken(_: DiagnosticScene) -> Sequence[DiagnosticFact]:
        raise ZeroDivisionError

    found = _run(unreachable, broken, lambda _: [DiagnosticFact(name="n", value=1)])
    first, second, third = found.looks
    assert "does not answer" in str(first.trouble)
    assert "hunter2" not in str(found)
    assert "ZeroDivisionError" in str(second.trouble)
    assert third.facts


def test_facts_are_bounded_and_without_secrets() -> None:
    secret = "postgresql://shop:hunter2@db/shop"
    fact = DiagnosticFact(name="n", value=[secret, "x" * 9000], about=secret, note=f"a\x00b {secret}")
    (look,) = _run(lambda _: [fact] * 500).looks
    assert len(look.facts) == 100
    assert "hunter2" not in str(look)
    assert len(str(look.facts[0])) < 3000
    assert "\x00" not in look.facts[0].note


def test_an_unknown_target_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(NotFoundError, match="no target named 'nowhere'"):
        examine(_scene({}).line, type(WEB)("nowhere"))


def test_a_target_in_another_environment_than_its_declaration_pins_is_notable() -> None:
    scene = _scene({EnvironmentProof: MemoryEnvironment("memory:production")})
    pinned = replace(scene, target=replace(scene.target, environment="memory:staging"))
    (fact,) = declared_diagnostics()["environment"].look(pinned)
    assert (fact.value, fact.notable, fact.note) == ("memory:production", True, "the declaration pins memory:staging")


def test_only_the_diagnostics_of_its_roles_are_taken() -> None:
    taken = {one.diagnostic for one in examine(_scene({RunningProcesses: MemoryRunning([SHOP])}).line, WEB).looks}
    assert {"processes", "sockets", "open_files", "readings", "signals"} <= taken
    assert not taken & {"locks", "bloat", "log_templates", "disk_growth"}


def test_facts_are_as_old_as_the_look() -> None:
    assert _run(lambda _: []).at == datetime(START.year, START.month, START.day, START.hour, tzinfo=UTC)
