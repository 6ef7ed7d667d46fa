"""What groups of machines promise in every cloud that is emulated: throttling, refusals, autoscalers, late looks."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from grace_workers.actions import Scalable, ServiceParts
from grace_workers.foundation.errors import ConflictError, NotFoundError, PermanentError, TransientError
from tests.conformance.roles.implementations import Place
from tests.conformance.roles.stands import CloudGroup
from tests.unit.drivers import test_azure_vmss, test_gcp_mig

pytestmark = pytest.mark.servers

CLOUDS = {"azure": test_azure_vmss.cloud_group, "google": test_gcp_mig.cloud_group}
REFUSALS = [
    ("azure", 403, "AuthorizationFailed", PermanentError, "allow it to Grace's login"),
    ("azure", 409, "OperationNotAllowed", ConflictError, "409: OperationNotAllowed Refused"),
    ("azure", 412, "PreconditionFailed", ConflictError, "412"),
    ("azure", 503, "ServerBusy", TransientError, "503"),
    ("google", 403, "rateLimitExceeded", TransientError, "rateLimitExceeded"),
    ("google", 403, "forbidden", PermanentError, "allow it to Grace's login"),
    ("google", 409, "resourceInUseByAnotherResource", ConflictError, "409"),
    ("google", 412, "conditionNotMet", ConflictError, "412"),
    ("google", 503, "backendError", TransientError, "503"),
]


@pytest.fixture
def group(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CloudGroup]:
    with CLOUDS[request.param](Place(tmp_path, str)) as found:
        yield found


in_each_cloud = pytest.mark.parametrize("group", CLOUDS, indirect=True)


@in_each_cloud
def test_a_throttled_call_may_be_made_again_after_the_time_that_is_told(group: CloudGroup) -> None:
    group.roles[Scalable].scale()
    group.api.throttled = 1
    with pytest.raises(TransientError, match=r"(scale set|instance group) 'web-\w+': \w+ answers 429") as caught:
        group.roles[Scalable].scale()
    assert caught.value.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize(("group", "status", "code", "raised", "words"), REFUSALS, indirect=["group"])
def test_what_a_cloud_refuses_is_said_in_our_words(
    group: CloudGroup, status: int, code: str, raised: type[Exception], words: str
) -> None:
    group.refuse(status, code)
    with pytest.raises(raised, match=words):
        group.roles[Scalable].scale_to(4)
    assert group.roles[Scalable].scale().wanted == 3


@in_each_cloud
def test_a_restart_is_awaited_while_the_cloud_shows_what_was_before(group: CloudGroup) -> None:
    parts = group.roles[ServiceParts]
    first = parts.parts()[0]
    group.api.stale = group.shown_late
    assert parts.restart_part(first.name, timedelta(seconds=10)).incarnation != first.incarnation
    assert group.api.stale == 0


@in_each_cloud
def test_an_autoscaler_keeps_its_number(group: CloudGroup) -> None:
    group.autoscale()
    with pytest.raises(ConflictError, match="an autoscaler decides the number"):
        group.roles[Scalable].scale_to(4)
    assert group.roles[Scalable].scale().wanted == 3


@in_each_cloud
def test_a_group_that_is_deleted_between_plan_and_act_is_said(group: CloudGroup) -> None:
    assert group.roles[Scalable].scale().wanted == 3
    group.delete()
    with pytest.raises(NotFoundError, match=r"404: (ResourceNotFound|notFound)"):
        group.roles[Scalable].scale_to(4)
