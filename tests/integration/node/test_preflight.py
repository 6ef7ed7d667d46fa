"""The gate of a node, check by check, and the wait for a schema, on a real database."""

import os
import socket
import time
from datetime import timedelta

import pytest

from grace_workers.adapters.node_servers import NodeServers
from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.migrate import schema_of
from grace_workers.bootstrap.preflight import preflight_steps, resources_of
from grace_workers.fleet import LEAST_BYTES, NODE_BYTES, Limited, Ready
from grace_workers.foundation.errors import ConflictError, InputError, PermanentError, TransientError
from grace_workers.node.boot.schema import await_schema
from grace_workers.settings import Settings, exposed_proof, shipped


def steps_of(settings, **parts):
    """The checks of a node with these settings, by name."""
    servers = NodeServers(settings.data_dir, database=settings.database.url, broker=settings.broker.url)
    return {one.name: one.run for one in preflight_steps(settings, servers, resources_of(settings, **parts))}


@pytest.fixture
def check(tmp_path):
    """Run one check of a node with a separate data directory, and a database if one is given."""

    def run(name, *, database="postgresql://grace@127.0.0.1:1/x", api_port=0, flower_port=0, **parts):
        servers = {"database": {"url": database}, "broker": {"url": "redis://127.0.0.1:1/0"}}
        ports = {"api": {"port": api_port}, "flower": {"port": flower_port}}
        return steps_of(Settings(data_dir=tmp_path, **servers, **ports), **parts)[name]()

    return run


@pytest.mark.servers
def test_a_migrated_database_is_ready_and_an_empty_one_waits_for_its_migration(check, database_url, empty_database_url):
    assert isinstance(check("database and schema", database=database_url), Ready)
    empty = check("database and schema", database=empty_database_url)
    assert isinstance(empty, Limited)
    assert "run `grace migrate`" in empty.seen


@pytest.mark.servers
def test_who_waits_for_a_schema_in_vain_says_what_to_run(empty_database_url):
    engine = make_engine(empty_database_url)
    with pytest.raises(TransientError, match=r"still at nothing.*after 0 s; run `grace migrate`"):
        await_schema(lambda: schema_of(engine, shipped("migrations")), within=timedelta(milliseconds=300))
    engine.dispose()


@pytest.mark.parametrize(("name", "what"), [("database and schema", "database"), ("broker", "broker")])
def test_a_server_that_does_not_answer_is_named(check, name, what):
    with pytest.raises(TransientError, match=what):
        check(name)


def test_a_clock_that_went_back_is_recognised_by_the_files_of_the_data_directory(check, tmp_path):
    assert "clock" not in str(check("resources"))
    later = time.time() + 3600
    (tmp_path / "boots.json").write_text("{}")
    os.utime(tmp_path / "boots.json", (later, later))
    found = check("resources")
    assert isinstance(found, Limited)
    assert "a clock that never went back" in found.lacks


def test_a_port_in_use_and_a_port_named_twice_are_refused(check):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConflictError, match=f"port {port} on 127.0.0.1 is in use.*GRACE_API__PORT"):
            check("resources", api_port=port)
    with pytest.raises(InputError, match="GRACE_API__PORT and GRACE_FLOWER__PORT both name port"):
        check("resources", api_port=port, flower_port=port)


def test_an_unreadable_signing_key_is_refused_and_a_missing_one_is_created(check, tmp_path):
    assert isinstance(check("audit chain tail"), Limited)
    (tmp_path / "audit-keys").mkdir()
    (tmp_path / "audit-keys" / "key").mkdir()
    (tmp_path / "audit-keys" / "pinned").mkdir()
    with pytest.raises(InputError, match="signing key cannot be read"):
        check("audit chain tail")


def test_too_little_memory_is_refused_and_little_memory_is_reported(check):
    with pytest.raises(PermanentError, match="319 MiB of memory are free; a node needs 320"):
        check("resources", free=lambda: LEAST_BYTES - 1)
    scarce = check("resources", free=lambda: NODE_BYTES)
    assert isinstance(scarce, Limited)
    assert "memory for all slots" in scarce.lacks


def services(tmp_path, **connection):
    said = {"command": ["sleep", "1"], "pid_file": str(tmp_path / "pid"), **connection}
    return Settings(data_dir=tmp_path, targets=({"name": "shop", "kind": "process", "connection": said},))


def test_services_that_share_their_user_with_the_proof_are_reported(tmp_path):
    (tmp_path / "audit-keys").mkdir()
    (tmp_path / "audit-keys" / "key").touch(mode=0o600)
    settings = services(tmp_path)
    found = steps_of(settings)["configuration"]()
    assert isinstance(found, Limited)
    assert "separate users for shop" in found.lacks
    assert "key, state, anchor" in found.lacks
    assert exposed_proof(services(tmp_path, user=str(os.geteuid()))) is not None
    assert exposed_proof(services(tmp_path, user="54321")) is None
    assert exposed_proof(Settings(data_dir=tmp_path)) is None


def test_an_anchor_that_others_may_write_is_refused(check, tmp_path):
    anchor = tmp_path / "audit-anchor" / "checkpoints"
    anchor.parent.mkdir()
    anchor.touch()
    anchor.chmod(0o666)
    with pytest.raises(InputError, match=r"anchor .* can be changed by others \(mode 0666\)"):
        check("audit chain tail")
