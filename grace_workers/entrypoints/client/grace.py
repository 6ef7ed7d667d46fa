"""`Grace`: the fleet, as Python sees it."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from grace_workers.entrypoints.client.handle import Handle, Way
from grace_workers.entrypoints.client.in_database import InDatabase, joined, nothing, own
from grace_workers.entrypoints.client.over_http import OverHttp
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import parse_uuid

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection

    from grace_workers.entrypoints.client.kept_points import KeptPoints
    from grace_workers.entrypoints.client.windows import Windows
    from grace_workers.orchestration.events.topic import Event


class Grace:
    """The fleet, by exactly one of three ways; each gives the same durable job.

    `url` with `token`: the HTTP API. `database_url`: the fleet's database. `connection`: your own SQLAlchemy
    Connection or psycopg connection to that database, in your own transaction; the job exists if and only if you
    commit.

        with Grace(url="http://127.0.0.1:8642", token=token) as grace:
            handle = grace.heal("shop-web", playbook="restart_dead_service", reason="it does not answer")
            print(handle.wait(timeout=60))
    """

    def __init__(
        self,
        *,
        url: str | None = None,
        token: str | None = None,
        database_url: str | None = None,
        connection: "Connection | psycopg.Connection[Any] | None" = None,
        name: str = "unnamed",
    ) -> None:
        """Choose the way; nothing connects before the first use. Without a token the requester is `client:<name>`.

        Raises:
            InputError: none or several ways are given.
        """
        given = [way for way in (url, database_url, connection) if way is not None]
        if len(given) != 1:
            raise InputError("give exactly one of url, database_url and connection")
        self._way: Way
        self._joined = connection is not None
        self._loops: list[Generator[Event, None, None]] = []
        if url is not None:
            self._way = OverHttp(url, token)
        elif database_url is not None:
            self._way = InDatabase(*own(database_url), name)
        else:
            self._way = InDatabase(joined(connection), nothing, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections except your own, and let other processes of your groups continue."""
        for events in self._loops:
            events.close()
        self._way.close()

    def heal(
        self,
        target: str,
        *,
        reason: str,
        playbook: str | None = None,
        params: Mapping[str, JsonValue] | None = None,
        priority: int = 5,
        dedupe_key: str | None = None,
    ) -> Handle:
        """Request that `target` be healed. Without a playbook the fleet diagnoses it first.

        `priority` is 1 to 10, 10 most urgent. While a task of the same `dedupe_key` is open, its handle is
        returned.

        Raises:
            InputError: the order does not fit.
            TransientError: the fleet is unreachable; the task may or may not have been stored.
        """
        from grace_workers.orchestration.work.wishes import HealTask

        said = {
            "target": target,
            "reason": reason,
            "playbook": playbook,
            "params": dict(params or {}),
            "priority": priority,
            "dedupe_key": dedupe_key,
        }
        return self._handle(self._way.heal(HealTask.read(said, "healing task")))

    def submit_plan(self, plan: Mapping[str, JsonValue], *, priority: int = 5, key: str | None = None) -> Handle:
        """Submit a ready plan: its steps are governed, executed and verified as they stand.

        `plan` gives name, target, reason, aspect, steps and expectations. The same `key` again gives the same
        task, even after its end. The submitter is its proposer and cannot approve it. Raises as `heal` does.
        """
        from grace_workers.orchestration.work.wishes import PlanTask

        said = {"plan": dict(plan), "priority": priority}
        return self._handle(self._way.submit_plan(PlanTask.read(said, "ready plan"), key))

    def code(
        self,
        task: str,
        *,
        reason: str,
        target: str | None = None,
        mode: str = "review",
        arguments: Mapping[str, JsonValue] | None = None,
        **more: Any,
    ) -> Handle:
        """Give the coding agent a task: `fix_bug`, `refactor`. Its patch becomes a plan like any other.

        `target` is code that the fleet may work on; it may be left out where there is only one. `mode` is sandbox,
        review, live or auto. `more` are `acceptance`, `seconds`, `auto_merge`, `priority` and `dedupe_key`. Raises as
        `heal` does.
        """
        from grace_workers.orchestration.work.coding_wishes import CodeTask

        said = {"task": task, "target": target, "reason": reason, "mode": mode, "arguments": dict(arguments or {})}
        return self._handle(self._way.code(CodeTask.read({**said, **more}, "coding task")))

    def emit_refactor_task(
        self,
        intent: str,
        targets: Sequence[str],
        description: str,
        acceptance: Sequence[str] = (),
        priority: int = 5,
        auto_merge: bool = False,  # noqa: FBT001, FBT002 - the published contract
        **more: Any,
    ) -> Handle:
        """Request a refactoring of `targets`, which are paths or dotted names. Policy decides about `auto_merge`.

        `intent` may be a plan such as `clean`, which without targets is about all files. `more` are `repository`, a
        target whose code the fleet may work on, the intent's `options`, or, with an empty `intent`, the `steps` of a
        plan. Raises as `heal` does.
        """
        from grace_workers.orchestration.events.topics.task_code_refactor import RefactorTask
        from grace_workers.orchestration.work.coding_wishes import refactoring

        said = {
            "intent": intent,
            "targets": list(targets),
            "description": description,
            "acceptance": list(acceptance),
            "priority": priority,
            "auto_merge": auto_merge,
        }
        return self._handle(self._way.code(refactoring(RefactorTask.read({**said, **more}, "refactoring"))))

    def orchestrate(
        self,
        name: str,
        payload: Mapping[str, JsonValue] | None = None,
        *,
        priority: int = 5,
        dedupe_key: str | None = None,
    ) -> Handle:
        """Start one of the fleet's own jobs, such as `cycle.triggers`. Raises as `heal` does."""
        from grace_workers.orchestration.work.wishes import OrchestrationTask

        said = {"name": name, "payload": dict(payload or {}), "priority": priority, "dedupe_key": dedupe_key}
        return self._handle(self._way.orchestrate(OrchestrationTask.read(said, "orchestration task")))

    def signal(self, name: str, *, priority: int = 7, **fields: JsonValue) -> Handle:
        """Send a signal; `fields` are those of a plain signal: target, severity, summary, text, labels, key.

        The handle's result says what happened to it (opened, joined, revived, resolved, ignored or repeated)
        and which incident it belongs to.

        Raises as `heal` does.
        """
        return self.orchestrate("grace.signal", {"name": name, **fields}, priority=priority)

    def subscribe(
        self,
        *topics: str,
        group: str,
        start: str = "newest",
        hold: timedelta = timedelta(seconds=30),
        idle: timedelta | None = None,
    ) -> Iterator["Event"]:
        """Return the events of some topics, one by one, for your own loop.

            for event in grace.subscribe("incident.moved", group="mailer"):
                send_mail(event.body["state"], key=event.id)

        The fleet stores the position of `group`. Asking for the next event says that you are done with the one
        before; an event that you are not done with comes again, with the same id, so each comes at least once.
        One process of a group gets events at a time; another takes over when it ends, or when an event takes
        longer than `hold`. An event that was delivered eight times and never acknowledged is parked. A new
        group begins at `start`, newest or oldest. The loop ends when you leave it, when this client is closed,
        or, with `idle`, when no event has come for that long.

        Raises:
            InputError: the group's name is invalid, a topic does not exist, or this client works in your transaction.
            GraceError: the fleet refuses; while it is unreachable, the loop waits.
        """
        from grace_workers.entrypoints.client.subscription import events_of, holder
        from grace_workers.orchestration.subscriptions import Pull, checked

        if self._joined:
            raise InputError("a client inside your transaction cannot subscribe; use url or database_url")
        said = {"topics": topics, "holder": holder(), "start": start, "hold": hold}
        events = events_of(self._way, checked(group), Pull.read(said, "subscription"), idle)
        self._loops.append(events)
        return events

    def resume(self, incident: str, *, reason: str, failed_only: bool = False) -> Mapping[str, Any]:
        """Go on with an escalated incident's run from the step that failed; return the incident as it is now.

        What was done stands. With `failed_only`, targets of a rolling step whose turn never came are left out.

        Raises:
            InputError: this client does not work over HTTP, or no reason was given.
            ConflictError: the incident is not escalated, or its run cannot be resumed.
        """
        return self._way.resume(str(parse_uuid(incident, "incident")), reason, failed_only=failed_only)

    @property
    def windows(self) -> "Windows":
        """Maintenance windows: mute signals, freeze targets, preview, list and end."""
        from grace_workers.entrypoints.client.windows import Windows

        return Windows(self._way)

    @property
    def safe_points(self) -> "KeptPoints":
        """Safe points: keep what targets hold, list, and put back."""
        from grace_workers.entrypoints.client.kept_points import KeptPoints

        return KeptPoints(self._way)

    def answer(self, incident: str, **fields: JsonValue) -> Mapping[str, Any]:
        """Answer the question that an incident's run waits for; return the incident as it is now.

        Raises:
            InputError: this client does not work over HTTP, or a field is missing, unknown or does not fit.
            ConflictError: no question is open, its time is over, or the token's role may not answer.
        """
        return self._way.answer(str(parse_uuid(incident, "incident")), fields)

    def task(self, task_id: str) -> Handle:
        """Return the handle of a task that was submitted before, by its id."""
        return Handle(self._way, str(parse_uuid(task_id, "task")))

    def _handle(self, task: Mapping[str, Any]) -> Handle:
        return Handle(self._way, str(task["id"]))
