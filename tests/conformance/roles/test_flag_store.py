"""What every `FlagStore` promises. A stand has the flags `a` and `b`: enabled, `on` by default, with `on` and `off`."""

from collections.abc import Iterator

import pytest

from grace_workers.actions import Flag, FlagStore
from grace_workers.foundation.errors import InputError, NotFoundError
from grace_workers.testing import MemoryFlags
from tests.conformance.roles.implementations import implementations, stand


@pytest.fixture(params=implementations(FlagStore))
def flags(request: pytest.FixtureRequest) -> Iterator[FlagStore]:
    if request.param == "memory":
        yield MemoryFlags({key: Flag(key=key, enabled=True, variant="on", variants=("on", "off")) for key in "ba"})
        return
    with stand(request.param, FlagStore, request) as made:
        yield made


def test_flags_come_by_key(flags: FlagStore) -> None:
    assert [flag.key for flag in flags.flags()] == ["a", "b"]
    assert flags.flag("a") == Flag(key="a", enabled=True, variant="on", variants=("on", "off"))


def test_setting_a_variant_changes_that_flag_only(flags: FlagStore) -> None:
    assert flags.set_variant("a", "off").variant == "off"
    assert flags.set_variant("a", "off").variant == "off"
    assert [flag.variant for flag in flags.flags()] == ["off", "on"]


def test_an_unknown_flag_or_variant_is_named(flags: FlagStore) -> None:
    with pytest.raises(NotFoundError, match="ghost"):
        flags.flag("ghost")
    with pytest.raises(NotFoundError, match="ghost"):
        flags.set_variant("ghost", "on")
    with pytest.raises(InputError, match="purple"):
        flags.set_variant("a", "purple")
