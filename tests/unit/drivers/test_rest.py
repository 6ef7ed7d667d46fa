from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from grace_workers.drivers._shared.awaiting import awaited
from grace_workers.drivers._shared.rest import RestApi, pages
from grace_workers.drivers.azure_vmss import AzureVmssConnection
from grace_workers.drivers.gcp_mig import GcpMigConnection
from grace_workers.foundation.errors import InputError, PermanentError, TransientError

API = RestApi("the API", "http://127.0.0.1:9", lambda: {"Authorization": "Bearer hunter2"})


@pytest.mark.parametrize(
    ("path", "headers"), [("/a\nb", {}), ("/a\x00", {}), ("/" + "a" * 70_000, {}), ("/a", {"If-Match": "é"})]
)
def test_values_of_an_answer_that_no_request_can_carry_are_refused_without_the_login(
    path: str, headers: dict[str, str]
) -> None:
    with pytest.raises(PermanentError, match="thing: the API gave a name or version") as caught:
        API.ask("GET", path, what="thing", headers=headers)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_list_whose_pages_never_end_is_refused() -> None:
    assert list(pages(1, lambda page: page + 1 if page < 3 else None, "numbers")) == [1, 2, 3]
    with pytest.raises(PermanentError, match="numbers: the list has more than 1000 pages"):
        list(pages(1, lambda page: page, "numbers"))


def _failing_once() -> Callable[[], int]:
    looks = count()

    def look() -> int:
        found = next(looks)
        if found == 1:
            raise TransientError("throttled")
        return found

    return look


def test_a_look_that_fails_in_passing_does_not_end_a_wait() -> None:
    assert awaited(_failing_once(), lambda one: one == 2, "late", within=10) == 2


def test_a_wait_that_ends_in_failing_looks_says_so() -> None:
    def look() -> int:
        raise TransientError("503")

    with pytest.raises(TransientError, match=r"late \(the last look failed: 503\)"):
        awaited(look, bool, "late", within=0)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (GcpMigConnection, {"project": "shop-production", "group": "web", "zone": "europe-west1-b"}),
        (
            AzureVmssConnection,
            {"subscription": "5f0b2a10-1c9e-4a57-9a3e-0c5d6f6f1b2a", "resource_group": "shop", "scale_set": "web"},
        ),
    ],
)
def test_a_login_is_never_sent_in_clear_text_to_another_machine(kind: Any, said: dict[str, str]) -> None:
    with pytest.raises(InputError, match="token of the login would be sent over http to another machine"):
        kind.read({**said, "endpoint": "http://proxy.example"}, "target")
    for endpoint in ("http://127.0.0.1:8080", "https://proxy.example"):
        assert kind.read({**said, "endpoint": endpoint}, "target").endpoint == endpoint
