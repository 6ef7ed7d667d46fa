"""`grace demo`: a whole node, the demo's scene on it, every fault in turn, and the proof at the end."""

import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from grace_workers.actions import Restartable
from grace_workers.audit import Intact
from grace_workers.bootstrap.archive import open_audit
from grace_workers.bootstrap.definitions import open_world
from grace_workers.bootstrap.node import node_parts
from grace_workers.bootstrap.runtime import Runtime, open_runtime
from grace_workers.entrypoints.demo import show
from grace_workers.entrypoints.demo.act import clear_away, play, settle
from grace_workers.entrypoints.demo.faults import FAULTS, DemoFault, DemoStage
from grace_workers.entrypoints.demo.scene import Scene
from grace_workers.entrypoints.log_lines import set_up
from grace_workers.entrypoints.node.run import run_node
from grace_workers.entrypoints.printable import lines
from grace_workers.entrypoints.unhurried import unhurried_output
from grace_workers.foundation.errors import PermanentError, TransientError
from grace_workers.foundation.ids import TargetName
from grace_workers.foundation.own_file import read_own
from grace_workers.governance import Role
from grace_workers.node.ports import NodeParts
from grace_workers.node.progress import Progress
from grace_workers.orchestration import tokens
from grace_workers.settings import Settings, load_settings

SERVICES = (TargetName("shop"), TargetName("payment-gateway"))
_HTTP_PATIENCE = 10.0
_GRACE = timedelta(seconds=2)


@dataclass
class Demo:
    """One run of the demo. `intact` says that the audit log verified at its end."""

    console: Console
    stay: bool
    faults: Sequence[DemoFault] = FAULTS
    results: list[show.Result] = field(default_factory=list)
    intact: bool = False

    @property
    def passed(self) -> bool:
        """Whether every fault was played and passed, and the log proves it."""
        return self.intact and len(self.results) == len(self.faults) and all(one.passed for one in self.results)

    def run(self, data_dir: Path) -> None:
        """Start the node, play every fault, prove the log, and stay or stop. Raises GraceError when nothing starts."""
        with unhurried_output():
            self._run(Scene(data_dir.absolute()))

    def _run(self, scene: Scene) -> None:
        scene.build()
        settings = load_settings(scene.config)
        set_up(settings)
        parts = node_parts(settings, prepare=scene.prepare_database)
        self.console.print("[bold]Starting a node[/bold]: PostgreSQL, Valkey, three worker pools, beat, API, Flower")
        try:
            run_node(parts, progress=self._tell, ready=lambda _node: self._play(settings, scene, parts))
        finally:
            if scene.database_file.exists():
                _stop_services(settings)

    def _tell(self, progress: Progress) -> None:
        if progress.state in {"done", "ready"} and progress.stage != "stop":
            took = "" if progress.took is None else f"{progress.took:.1f} s"
            self.console.print(f"  [green]✓[/green] {progress.stage:<16} {took}", highlight=False)
        elif progress.state in {"failed", "backing_off", "unready"}:
            note = escape(lines(progress.note or progress.state))
            self.console.print(f"  [red]✗[/red] {progress.stage:<16} {note}", highlight=False)

    def _play(self, settings: Settings, scene: Scene, parts: NodeParts) -> bool:
        runtime = open_runtime(settings, application="grace-demo")
        try:
            self.console.print(
                "\n[bold]Opening the shop[/bold], a small service of ours, and someone else's payment gateway"
            )
            for service in SERVICES:
                runtime.line.world.role(service, Restartable).start()
            api = parts.endpoints["api"]
            report, answer = (_poster(api, _token(runtime, role)) for role in (Role.REPORTER, Role.APPROVER))
            stage = DemoStage(scene, report, answer)
            settle(runtime, within=10)
            clear_away(runtime)
            for number, fault in enumerate(self.faults, 1):
                show.story(self.console, number, len(self.faults), fault.name, fault.story)
                self.results.append(play(self.console, runtime, stage, fault))
                settle(runtime, within=15)
            self._prove(settings)
        finally:
            runtime.close()
        if self.stay:
            self._farewell(parts)
        return self.stay

    def _prove(self, settings: Settings) -> None:
        finding = open_audit(settings).verify()
        self.intact = isinstance(finding, Intact)
        words = f"intact, {finding.checkpoint.size} entries" if isinstance(finding, Intact) else str(finding)
        show.summary(self.console, self.results, words, intact=self.intact)
        show.verdict(self.console, passed=self.passed)

    def _farewell(self, parts: NodeParts) -> None:
        token = read_own(parts.data_dir / "cli-token").strip()
        self.console.print("\n[bold]The fleet keeps running[/bold]; Ctrl-C stops it.\n")
        for name, url in parts.endpoints.items():
            self.console.print(f"  {name:<8} {url}" + ("/docs" if name == "api" else ""), highlight=False)
        self.console.print(f"  token    {token}\n", highlight=False)
        grace = shutil.which("grace") or ".venv/bin/grace"
        self.console.print("Three things to try, in another terminal:\n")
        heal = "heal shop --playbook restart_dead_service --reason 'to see it'"
        for line in ("incident list", heal, "audit verify"):
            self.console.print(f"  {grace} {line}", highlight=False, soft_wrap=True)


def _stop_services(settings: Settings) -> None:
    """Stop both at once, because the node has used its share of the seconds in which Ctrl-C ends everything."""
    world = open_world(settings)
    with ThreadPoolExecutor(len(SERVICES)) as pool:
        list(pool.map(lambda service: world.role(service, Restartable).stop(_GRACE), SERVICES))


def _token(runtime: Runtime, role: Role) -> str:
    """Return a fresh token of the role for this run, because the proposer of a plan cannot approve it."""
    name = f"demo-{role}-{runtime.clock.now():%Y%m%d%H%M%S%f}"
    wanted = tokens.NewToken(name=name, role=role, expires_in=timedelta(hours=1))
    return tokens.create(runtime.ledger, runtime.clock, wanted, by="demo")[1]


def _poster(url: str, token: str) -> Callable[[str, Any], Any]:
    def post(path: str, body: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        data = json.dumps(body).encode()
        request = urllib.request.Request(url + path, data=data, headers=headers, method="POST")  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=_HTTP_PATIENCE) as answer:  # noqa: S310 - our own API
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise PermanentError(f"the API answered {error.code} to {path}: {error.read(500)!r}") from error
        except OSError as error:
            raise TransientError(f"the API did not answer to {path}: {error}") from error

    return post
