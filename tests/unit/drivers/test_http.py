from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from grace_workers.actions import HttpProbe
from grace_workers.drivers.http import DEFINITION
from grace_workers.foundation.errors import InputError
from tests.conformance.roles.implementations import Place
from tests.conformance.roles.stands import Service, web_server


@contextmanager
def http_probe(place: Place) -> Iterator[Service]:
    with web_server() as (url, answer):
        yield Service(place.open(DEFINITION, url=url)[HttpProbe], answer)


@pytest.mark.parametrize("url", ["ftp://shop.example", "shop.example", "http://", ""])
def test_a_url_of_another_protocol_or_without_host_is_refused(tmp_path, url):
    with pytest.raises(InputError):
        Place(tmp_path, str).open(DEFINITION, url=url)
