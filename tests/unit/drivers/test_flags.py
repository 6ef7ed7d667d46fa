import json
from collections.abc import Iterator
from contextlib import contextmanager

from grace_workers.actions import FlagStore, SafePoints
from grace_workers.drivers.flags import DEFINITION
from tests.conformance.roles.implementations import Place
from tests.conformance.roles.safe_point_stands import Stand, flags_stand


@contextmanager
def flag_store(place: Place) -> Iterator[FlagStore]:
    flag = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "on"}
    path = place.folder / "flags.json"
    path.write_text(json.dumps({"flags": {"b": flag, "a": flag}}))
    yield place.open(DEFINITION, file=str(path))[FlagStore]


def test_opening_needs_no_file(tmp_path):
    assert list(Place(tmp_path, str).open(DEFINITION, file=str(tmp_path / "flags.json"))) == [FlagStore, SafePoints]
    assert list(tmp_path.iterdir()) == []


@contextmanager
def safe_points(place: Place) -> Iterator[Stand]:
    with flags_stand(place.folder) as (connection, look, change):
        yield Stand(lambda: place.open(DEFINITION, **connection)[SafePoints], look, change)
