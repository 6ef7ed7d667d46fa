"""The faults. Each really breaks something. An Alertmanager reports one, an error reporter another."""

import json
import os
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from grace_workers.entrypoints.demo import code
from grace_workers.entrypoints.demo.scene import QUOTA, Scene
from grace_workers.entrypoints.demo.shop import FLAG
from grace_workers.foundation.errors import InputError
from grace_workers.orchestration.dossier import Closing

_CUSTOMERS = 5
_LOCK_HELD = 5.5
_OLD_LOGS = 12
_STALE_FILES = 600
_BUSY = 20.0
_FINE = 200


@dataclass(frozen=True, slots=True)
class DemoStage:
    """Where faults happen: the scene, and how a program reports to the fleet's API and a person answers there.

    They are two, because the reporter of a fault cannot approve its remedy.
    """

    scene: Scene
    report: Callable[[str, Any], Any]
    answer: Callable[[str, Any], Any]

    def get(self, page: str, timeout: float = 5.0) -> int:
        """Request a page of the shop as a customer would; return the status, 0 without an answer."""
        url = f"http://127.0.0.1:{self.scene.ports['shop']}{page}"
        try:
            with urllib.request.urlopen(url, timeout=timeout) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0


@dataclass(frozen=True, slots=True)
class DemoFault:
    """One fault: what it does, what must follow, and how to check that the world is well afterwards.

    `held` lasts as long as the fault is watched, and gives the moment at which the fault really began; `well` is
    checked once the incident has ended. With `approval`, a person must have been asked.
    """

    name: str
    story: str
    targets: tuple[str, ...]
    expected: Closing
    held: Callable[[DemoStage], AbstractContextManager[datetime]]
    well: Callable[[DemoStage], bool]
    approval: bool = False


@contextmanager
def kill_shop(stage: DemoStage) -> Iterator[datetime]:
    """Kill the shop's process."""
    _kill(stage.scene.pid_file("shop"))
    yield datetime.now(UTC)


@contextmanager
def pile_up_locks(stage: DemoStage) -> Iterator[datetime]:
    """Hold a lock in a transaction that never ends, and let customers wait behind it."""
    answers: list[int] = []
    blocker = psycopg.connect(stage.scene.database_url, application_name="nightly-report")
    blocker.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
    time.sleep(_LOCK_HELD)
    customers = [
        threading.Thread(target=lambda: answers.append(stage.get("/order?tea", timeout=40.0)), daemon=True)
        for _ in range(_CUSTOMERS)
    ]
    for customer in customers:
        customer.start()
    try:
        yield datetime.now(UTC)
    finally:
        blocker.close()
        for customer in customers:
            customer.join(10)
        stage.scene.folder.joinpath("last-orders.json").write_text(json.dumps(answers), encoding="utf-8")


@contextmanager
def switch_on_bad_flag(stage: DemoStage) -> Iterator[datetime]:
    """Switch the new checkout on, which has a bug, while customers pay."""
    stop = threading.Event()
    content = json.loads(stage.scene.flags.read_text(encoding="utf-8"))
    content["flags"][FLAG]["defaultVariant"] = "on"
    fresh = stage.scene.flags.with_suffix(".new")
    fresh.write_text(json.dumps(content, indent=2), encoding="utf-8")
    fresh.replace(stage.scene.flags)
    switched_on = datetime.now(UTC)

    def pay() -> None:
        until = time.monotonic() + _BUSY * 2
        while not stop.wait(0.1) and time.monotonic() < until:
            stage.get("/checkout")

    customer = threading.Thread(target=pay, daemon=True)
    customer.start()
    try:
        yield switched_on
    finally:
        stop.set()
        customer.join(10)


@contextmanager
def fill_logs(stage: DemoStage) -> Iterator[datetime]:
    """Fill the log directory's quota with old, rotated logs."""
    size = int(QUOTA * 0.97) // _OLD_LOGS
    line = b"2026-01-01 00:00:00,000 INFO an order was stored; nobody will read this line again\n"
    for age in range(1, _OLD_LOGS + 1):
        path = stage.scene.logs / f"shop.log.{age}"
        path.write_bytes((line * (size // len(line) + 1))[:size])
        old = time.time() - age * 86_400
        os.utime(path, (old, old))
    yield datetime.now(UTC)


@contextmanager
def report_gateway_down(stage: DemoStage) -> Iterator[datetime]:
    """Kill the payment gateway, and let its Alertmanager report it."""
    _kill(stage.scene.pid_file("payment-gateway"))
    down = datetime.now(UTC)
    labels = {"alertname": "TargetDown", "grace_target": "payment-gateway", "severity": "critical", "job": "payments"}
    alert = {
        "status": "firing",
        "labels": labels,
        "annotations": {"summary": "payment-gateway is down"},
        "startsAt": down.isoformat(),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph",
        "fingerprint": f"{time.time_ns():016x}"[-16:],
    }
    body = {
        "version": "4",
        "groupKey": '{}:{alertname="TargetDown"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "grace",
        "groupLabels": {"alertname": "TargetDown"},
        "commonLabels": labels,
        "commonAnnotations": alert["annotations"],
        "externalURL": "http://alertmanager.example",
        "alerts": [alert],
    }
    stage.report("/api/v1/signals/alertmanager", body)
    yield down


@contextmanager
def throttle_shop(stage: DemoStage) -> Iterator[datetime]:
    """Make the shop slow by a forgotten throttle, and put a large cache beside it that looks guilty."""
    compiled = stage.scene.cache / "__pycache__"
    compiled.mkdir(exist_ok=True)
    for number in range(_STALE_FILES):
        (compiled / f"page{number}.cpython-311.pyc").write_bytes(b"stale" * 20)
    stage.scene.throttle.touch()
    try:
        yield datetime.now(UTC)
    finally:
        stage.scene.throttle.unlink(missing_ok=True)


@contextmanager
def buy_nothing(stage: DemoStage) -> Iterator[datetime]:
    """Ask for the average of an empty basket, which raises an error, and let the shop's error reporter report it."""
    began = datetime.now(UTC)
    stage.get("/average?")
    text = code.last_traceback(stage.scene.logs / "shop.log")
    report = {"name": "ZeroDivisionError", "target": "shop", "severity": "error", "text": text}
    stage.report("/api/v1/signals", {**report, "summary": "the average of a basket fails", "key": f"demo-{began}"})
    yield began


def _average_is_right(stage: DemoStage) -> bool:
    return stage.get("/average?") == stage.get("/average?tea,honey") == _FINE


def _orders_went_on(stage: DemoStage) -> bool:
    file = stage.scene.folder / "last-orders.json"
    answers = json.loads(file.read_text(encoding="utf-8"))
    return len(answers) == _CUSTOMERS and set(answers) == {200}


def _gateway_runs(stage: DemoStage) -> bool:
    return Path(f"/proc/{_pid(stage.scene.pid_file('payment-gateway'))}").exists()


def _cache_is_back(stage: DemoStage) -> bool:
    return len(list((stage.scene.cache / "__pycache__").glob("*.pyc"))) == _STALE_FILES


def _space_is_free(stage: DemoStage) -> bool:
    used = sum(path.stat().st_size for path in stage.scene.logs.rglob("*") if path.is_file())
    return used < 0.85 * QUOTA


def _kill(pid_file: Path) -> None:
    os.kill(_pid(pid_file), signal.SIGKILL)


def _pid(pid_file: Path) -> int:
    return int(pid_file.read_text(encoding="ascii").splitlines()[0])


FAULTS = (
    DemoFault(
        name="killed process",
        story="The shop's process is killed without a report; missed heartbeats are the signal.",
        targets=("shop",),
        expected=Closing.HEALED,
        held=kill_shop,
        well=lambda stage: stage.get("/catalog") == _FINE,
    ),
    DemoFault(
        name="lock pile-up",
        story="A report holds a lock in a transaction that it never ends, and customers wait for it.",
        targets=("shop-db",),
        expected=Closing.HEALED,
        held=pile_up_locks,
        well=_orders_went_on,
    ),
    DemoFault(
        name="bad flag",
        story="A feature flag with buggy code is switched on; errors flood the shop's log.",
        targets=("shop",),
        expected=Closing.HEALED,
        held=switch_on_bad_flag,
        well=lambda stage: stage.get("/checkout") == _FINE,
    ),
    DemoFault(
        name="full log directory",
        story="Old logs fill the directory's quota.",
        targets=("shop-logs",),
        expected=Closing.HEALED,
        held=fill_logs,
        well=_space_is_free,
    ),
    DemoFault(
        name="alert on an external target",
        story=(
            "Alertmanager reports that the payment gateway is down. It belongs to someone else, so a person is asked."
        ),
        targets=("payment-gateway",),
        expected=Closing.HEALED,
        held=report_gateway_down,
        well=_gateway_runs,
        approval=True,
    ),
    DemoFault(
        name="wrong remedy",
        story="A forgotten throttle makes the shop slow, and a large cache looks guilty. The remedy will not help.",
        targets=("shop",),
        expected=Closing.RESTORED,
        held=throttle_shop,
        well=_cache_is_back,
    ),
)

CODE = DemoFault(
    name="exception in the code",
    story="An empty basket raises an error in the shop's code. No playbook mends code; the coding agent does.",
    targets=("shop",),
    expected=Closing.HEALED,
    held=buy_nothing,
    well=_average_is_right,
)


def faults_of(*, with_code: bool | None) -> tuple[DemoFault, ...]:
    """Return the faults to play; `with_code` adds that in the service's code, and None does where it can be mended.

    Raises:
        InputError: it is asked for, and this machine lacks what the coding agent needs.
    """
    lacks = code.missing()
    if with_code and lacks:
        raise InputError(f"`--code` needs {lacks} on this machine; install it, or leave `--code` out")
    return FAULTS if lacks or with_code is False else (*FAULTS, CODE)
