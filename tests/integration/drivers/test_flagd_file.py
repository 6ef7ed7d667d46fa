"""A flagd file: one value changes and every other byte stays; an OpenFeature client in a process sees the flip."""

import json
import string
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openfeature import api
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType

from grace_workers.drivers.flags.flagd import FlagdFile
from grace_workers.foundation.errors import InputError, NotFoundError, PermanentError
from tests.waiting import until

ODD = """{
  "$schema" : "https://flagd.dev/schema/v0/flags.json",
\t"metadata": {"big": 123456789012345678901234567890, "exact": 1.10, "e": 1E+3, "text": "gr\\u00fc\\ud83d\\ude00"},
  "flags": {
    "checkout": {"state": "ENABLED",   "variants": {"on": true, "off": false}, "defaultVariant" : "on" , "x": null},
    "colour": {"variants": {"red": "#f00", "blue": "#00f"}, "defaultVariant": "red", "state": "DISABLED"},
    "aimed": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
              "targeting": {"if": [{"==": [{"var": "plan"}, "gold"]}, "on"]}},
    "without": {"state": "ENABLED", "variants": {"on": true}}
  }
}

"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "flags.json"
    made.write_text(ODD)
    return made


def test_only_the_value_changes_and_switching_back_gives_the_first_bytes(path: Path) -> None:
    first = path.read_bytes()
    FlagdFile(path).set_variant("checkout", "off")
    assert path.read_bytes() == first.replace(b'"defaultVariant" : "on" ', b'"defaultVariant" : "off" ')
    FlagdFile(path).set_variant("checkout", "on")
    assert path.read_bytes() == first


def test_setting_what_is_set_writes_nothing(path: Path) -> None:
    before = path.stat()
    FlagdFile(path).set_variant("checkout", "on")
    assert path.stat().st_ino == before.st_ino


def test_mode_and_place_behind_a_link_are_kept(path: Path, tmp_path: Path) -> None:
    path.chmod(0o644)
    link = tmp_path / "link.json"
    link.symlink_to(path)
    FlagdFile(link).set_variant("checkout", "off")
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o644
    assert FlagdFile(path).flag("checkout").variant == "off"


def test_flags_are_listed_with_their_variants(path: Path) -> None:
    flags = {flag.key: flag for flag in FlagdFile(path).flags()}
    assert list(flags) == ["aimed", "checkout", "colour"]
    assert (flags["colour"].enabled, flags["aimed"].targeted, flags["checkout"].targeted) == (False, True, False)
    assert flags["colour"].variants == ("red", "blue")


def test_a_flag_without_a_default_is_refused(path: Path) -> None:
    with pytest.raises(PermanentError, match="no default variant"):
        FlagdFile(path).flag("without")


def test_an_unknown_flag_or_variant_changes_nothing(path: Path) -> None:
    first = path.read_bytes()
    with pytest.raises(NotFoundError, match="known flags: aimed, checkout"):
        FlagdFile(path).set_variant("ghost\x00", "on")
    with pytest.raises(InputError, match="it has: on, off"):
        FlagdFile(path).set_variant("checkout", "purple\x00")
    assert path.read_bytes() == first


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'{"flags": []}',
        b'{"flag": {}}',
        b"\xff\xfe\x00",
        b'{"flags": {"checkout": {}}} trailing',
        b"[" * 100_000,
    ],
)
def test_a_corrupt_file_is_an_error_and_stays_as_it_is(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(PermanentError, match=r"flags\.json"):
        FlagdFile(path).set_variant("checkout", "off")
    assert path.read_bytes() == content


def test_a_flag_written_twice_is_changed_where_it_counts(path: Path) -> None:
    path.write_text(
        '{"flags": {"a": {"variants": {"on": 1, "off": 0}, "defaultVariant": "off", "defaultVariant": "on"}}}'
    )
    FlagdFile(path).set_variant("a", "off")
    assert json.loads(path.read_text())["flags"]["a"]["defaultVariant"] == "off"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="nowhere"):
        FlagdFile(tmp_path / "nowhere.json").flags()


def test_concurrent_writers_lose_no_change(tmp_path: Path) -> None:
    path = tmp_path / "flags.json"
    keys = [f"flag-{number}" for number in range(12)]
    flag = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "on"}
    path.write_text(json.dumps({"flags": dict.fromkeys(keys, flag)}))
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda key: FlagdFile(path).set_variant(key, "off"), keys))
    assert {flag.variant for flag in FlagdFile(path).flags()} == {"off"}
    assert sorted(found.name for found in tmp_path.iterdir()) == [".flags.json.lock", "flags.json"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FLAG = st.fixed_dictionaries(
    {"variants": st.dictionaries(st.text(max_size=6), JSON, min_size=2, max_size=4), "extra": JSON},
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.text(string.printable, min_size=1, max_size=6), FLAG, min_size=1, max_size=4),
    JSON,
    st.data(),
    st.sampled_from([None, 2]),
)
def test_switching_back_gives_the_first_bytes_for_any_file(
    tmp_path: Path, flags: dict[str, dict[str, object]], metadata: object, data: st.DataObject, indent: int | None
) -> None:
    for flag in flags.values():
        variants = list(flag["variants"])  # type: ignore[call-overload]
        flag["defaultVariant"] = data.draw(st.sampled_from(variants))
    path = tmp_path / "any.json"
    path.write_text(json.dumps({"metadata": metadata, "flags": flags}, indent=indent, ensure_ascii=bool(indent)))
    first = path.read_bytes()
    key = data.draw(st.sampled_from(sorted(flags)))
    store = FlagdFile(path)
    earlier = store.flag(key)
    wanted = data.draw(st.sampled_from(earlier.variants))
    assert store.set_variant(key, wanted).variant == wanted
    assert store.set_variant(key, earlier.variant) == earlier
    assert path.read_bytes() == first


@pytest.fixture
def client(path: Path) -> Iterator[object]:
    flag = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "on"}
    path.write_text(json.dumps({"flags": {"checkout": flag}}))
    provider = FlagdProvider(resolver_type=ResolverType.FILE, offline_flag_source_path=str(path))
    api.set_provider(provider)
    yield api.get_client()
    api.shutdown()


def test_an_openfeature_client_sees_the_flip(path: Path, client: object) -> None:
    def answer() -> bool:
        return bool(client.get_boolean_value("checkout", default_value=False))  # type: ignore[attr-defined]

    until(answer, within=10)
    FlagdFile(path).set_variant("checkout", "off")
    until(lambda: not answer(), within=10)
    FlagdFile(path).set_variant("checkout", "on")
    until(answer, within=10)
