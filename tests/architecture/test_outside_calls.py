"""Every call to something outside the fleet passes a circuit breaker and a rate limit.

Everything that can open a connection is listed here with its reason. The fleet's own database has no breaker, and
`guard.py` says why; what a node asks of its own processes, and what a person's own command asks of them, is not an
outside call.
"""

import re

import pytest
import yaml

from grace_workers.actions import Ownership, Target
from grace_workers.adapters.guard import BreakerRegistry, Guarded
from grace_workers.adapters.world import GUARDED, PROBED
from grace_workers.foundation.ids import TargetName
from tests.architecture.house import PACKAGE, Source, product
from tests.targets import DRIVERS, is_installed, world_of

OPENS = ("httpx", "http.client", "urllib.request", "requests", "aiohttp", "smtplib", "socket", "psycopg", "redis",
         "kombu", "opentelemetry", "boto3", "docker", "kubernetes")  # fmt: skip
TARGET, COLLECTOR = "a role of a target, guarded in world.py", "guarded by GuardedExporter"
OWN = "the fleet's own servers and processes"
PERSON = "a person's own command, or a program of theirs, which waits ever longer by itself"
REASONS = {
    "drivers/": TARGET,
    "adapters/otel/": COLLECTOR,
    "adapters/notify/": "a way that reaches people, guarded in opening.py",
    "discoveries/": "a place where targets declare themselves, guarded in live_targets.py",
    "adapters/llm/": "a language model, guarded in opening.py",
    "adapters/oidc/": "an identity provider, guarded in opening.py",
    "adapters/celery/": OWN,
    "adapters/embedded/": OWN,
    "adapters/http/own_api.py": OWN,
    "adapters/postgres/arrays.py": OWN,
    "adapters/postgres/audit/": OWN,
    "adapters/postgres/jobs/": OWN,
    "adapters/postgres/client.py": OWN,
    "adapters/postgres/engine.py": OWN,
    "adapters/postgres/logins.py": OWN,
    "adapters/postgres/statement.py": OWN,
    "adapters/postgres/ledger.py": OWN,
    "adapters/postgres/portable/": OWN,
    "adapters/redis/": OWN,
    "adapters/process/fork_server.py": OWN,
    "adapters/process/fork_line.py": OWN,
    "adapters/process/probes.py": OWN,
    "adapters/sandbox/": OWN,
    "entrypoints/capture/": PERSON,
    "entrypoints/cli/": PERSON,
    "entrypoints/client/": PERSON,
    "entrypoints/demo/": PERSON,
    "entrypoints/gateway.py": PERSON,
}


def opens_connections(source: Source) -> bool:
    return any(name == one or name.startswith(f"{one}.") for name in source.imports for one in OPENS)


def test_everything_that_can_open_a_connection_is_listed_with_its_reason():
    found = [str(one.path.relative_to(PACKAGE)) for one in product() if opens_connections(one)]
    assert [path for path in found if not any(path.startswith(known) for known in REASONS)] == []
    assert [known for known in REASONS if not any(path.startswith(known) for path in found)] == []


@pytest.mark.parametrize("kind", DRIVERS.names)
def test_every_role_of_every_kind_of_target_is_guarded_with_a_breaker_and_a_rate(kind, tmp_path, monkeypatch):
    driver = DRIVERS[kind]
    if driver.extra is not None and not is_installed(driver.extra):
        pytest.skip(f"the extra {driver.extra!r} is not installed")
    said = yaml.safe_load(driver.example)["targets"][0]["connection"]
    for name in re.findall(r"\{env: (\w+)\}", driver.example):
        monkeypatch.setenv(name, "postgresql://someone@127.0.0.1:1/x")
    target = Target(name=TargetName("one"), kind=driver.kind, owner=Ownership.INTERNAL, connection=said)
    guards = BreakerRegistry()
    world = world_of({target.name: target}, tmp_path, guards)
    roles = world._roles[target.name][1]
    assert set(roles) == {*driver.roles, *driver.optional}
    assert all(isinstance(role, Guarded) for role in roles.values())
    assert [one.name for one in guards.statuses()] == sorted(f"target:one:{role.__name__}" for role in roles)
    assert all(limits.rate is not None for limits in (GUARDED, PROBED))


def test_no_statement_is_sent_in_a_pipeline():
    """`statement.run_each` says why: the server would not end the transaction of a client that was cut off."""
    offences = [
        f"{source.place}:{call.lineno}"
        for source in product()
        if source.path.is_relative_to(PACKAGE / "adapters" / "postgres")
        for called, call in source.calls
        if called.endswith((".executemany", ".pipeline"))
    ]
    assert offences == []
