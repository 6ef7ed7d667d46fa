from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from grace_workers.actions import EnvironmentProof, Restartable, Roles
from grace_workers.drivers.aws_ec2 import DEFINITION
from grace_workers.foundation.errors import InputError, NotFoundError, PermanentError, TransientError
from tests.aws_cloud import ACCOUNT, LOGIN, REGION, Cloud, cloud, instance
from tests.conformance.roles.implementations import Place

NEEDS_SERVERS = True
GRACE = timedelta(seconds=1)
ID = "i-0123456789abcdef0"


@contextmanager
def machine(folder: Path, **more: Any) -> Iterator[tuple[Cloud, str, Roles]]:
    with cloud() as found:
        name = instance(found)
        yield found, name, Place(folder, str).open(DEFINITION, **found.said(folder, **{"instance": name, **more}))


@contextmanager
def restartable(place: Place) -> Iterator[Restartable]:
    with machine(place.folder) as (_, _, roles):
        yield roles[Restartable]


@contextmanager
def environment_proof(place: Place) -> Iterator[Callable[[], EnvironmentProof]]:
    with cloud() as found:
        yield lambda: place.open(DEFINITION, **found.said(place.folder, instance=ID))[EnvironmentProof]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("instance", value) for value in ("", "i-", "--help", "i-0123456789abcdef0\n", "i-XYZ", "{{x}}", "a/b")),
        *(("region", value) for value in ("", "eu west 1", "evil.example/", "eu-west-1.evil.example", "-a")),
        *(("endpoint", value) for value in ("ftp://x", "http://x/y?z", "x", "http://a b")),
        *(("profile", value) for value in ("", "-x", "a\nb", "a]b")),
    ],
)
def test_a_hostile_value_is_refused(tmp_path: Path, field: str, value: str) -> None:
    with pytest.raises(InputError, match=field):
        Place(tmp_path, str).open(DEFINITION, **{"region": REGION, "instance": ID, field: value})


def test_a_login_that_cannot_be_read_is_named_and_not_quoted(tmp_path: Path) -> None:
    pytest.importorskip("boto3", reason="the extra `aws` is not installed")
    file = tmp_path / "credentials"
    file.write_text(LOGIN.replace("[default]", "[other"))
    said = {"region": REGION, "instance": ID, "credentials_file": str(file), "profile": "shop"}
    with pytest.raises(PermanentError, match="no login for AWS can be used") as caught:
        Place(tmp_path, str).open(DEFINITION, **said)[Restartable].status()
    assert "hunter2" not in str(caught.value)


def test_a_cloud_that_is_not_there_may_be_there_later(tmp_path: Path) -> None:
    pytest.importorskip("boto3", reason="the extra `aws` is not installed")
    file = tmp_path / "credentials"
    file.write_text(LOGIN)
    said = {"region": REGION, "instance": ID, "credentials_file": str(file), "endpoint": "http://127.0.0.1:1"}
    with pytest.raises(TransientError, match="cannot be reached"):
        Place(tmp_path, str).open(DEFINITION, **said)[Restartable].status()


@pytest.mark.servers
def test_the_environment_is_the_account_and_the_region(tmp_path: Path) -> None:
    with machine(tmp_path) as (_, _, roles):
        assert roles[EnvironmentProof].environment() == f"aws:{ACCOUNT}/{REGION}"


@pytest.mark.servers
def test_a_throttled_call_may_be_made_again(tmp_path: Path) -> None:
    with machine(tmp_path) as (found, _, roles):
        found.throttled = 1
        with pytest.raises(TransientError, match="RequestLimitExceeded"):
            roles[Restartable].status()
        assert not roles[Restartable].status().running


@pytest.mark.servers
def test_a_start_is_awaited_while_the_cloud_shows_what_was_before(tmp_path: Path) -> None:
    with machine(tmp_path) as (found, _, roles):
        assert not roles[Restartable].status().running
        found.stale = 3
        assert roles[Restartable].start().running
        assert found.stale == 0


@pytest.mark.servers
def test_a_start_that_is_never_seen_is_said(tmp_path: Path) -> None:
    with machine(tmp_path, patience=0.2) as (found, name, roles):
        assert not roles[Restartable].status().running
        found.stale = 1000
        with pytest.raises(TransientError, match=rf"{name} does not run 0\.2 s after AWS accepted"):
            roles[Restartable].start()


@pytest.mark.servers
def test_an_instance_that_was_terminated_is_not_there_any_more(tmp_path: Path) -> None:
    with machine(tmp_path) as (found, name, roles):
        found.client("ec2").terminate_instances(InstanceIds=[name])
        with pytest.raises(NotFoundError, match="was terminated"):
            roles[Restartable].start()
        ghost = Place(tmp_path, str).open(DEFINITION, **found.said(tmp_path, instance=ID))[Restartable]
        with pytest.raises(NotFoundError, match="InvalidInstanceID"):
            ghost.stop(GRACE)
