from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grace_workers.actions import Flag, OutcomeStatus
from grace_workers.actions.primitives.toggle_flag import DEFINITION, ToggleFlagParams
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError, PermanentError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryFlags
from tests.conformance.primitive_cases import InMemory, Real
from tests.flag_service import TOKEN, flag_service
from tests.launchdarkly_service import connection, launchdarkly

PARAMS = ToggleFlagParams(flag="checkout", variant="off")
FLAG = Flag(key="checkout", enabled=True, variant="on", variants=("on", "off", "canary"))


def store(flag: Flag = FLAG) -> MemoryFlags:
    return MemoryFlags({flag.key: flag})


def in_memory() -> InMemory:
    flags = store()
    return InMemory(role=flags, params={"flag": "checkout", "variant": "off"}, look=lambda: dict(flags.stored))


def real(folder: Path) -> Real:
    path = folder / "flags.json"
    path.write_text(
        '{"$schema": "https://flagd.dev/schema/v0/flags.json",\n "flags": {"checkout":'
        ' {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant" : "on"}}}\n'
    )
    params = {"flag": "checkout", "variant": "off"}
    return Real(kind=TargetKind("flags"), connection={"file": str(path)}, params=params, look=path.read_bytes)


@contextmanager
def real_flags_rest(folder: Path) -> Iterator[Real]:
    with flag_service("checkout") as (service, api):
        file = folder / "token"
        file.write_text(TOKEN)
        file.chmod(0o600)
        yield Real(
            kind=TargetKind("flags_rest"),
            connection={"url": api.url, "evaluation": api.url, "token": {"file": str(file)}},
            params={"flag": "checkout", "variant": "off"},
            look=lambda: service.flags["checkout"]["defaultVariant"],
        )


@contextmanager
def real_launchdarkly(folder: Path) -> Iterator[Real]:
    with launchdarkly("checkout") as (service, api):
        yield Real(
            kind=TargetKind("launchdarkly"),
            connection=connection(api, folder),
            params={"flag": "checkout", "variant": "off"},
            look=lambda: service.place("checkout")["fallthrough"]["variation"],
        )


def test_a_flag_that_has_the_variant_is_left_alone() -> None:
    flags = store(replace(FLAG, variant="off"))
    outcome = DEFINITION.apply(flags, PARAMS, DEFINITION.snapshot(flags, PARAMS))
    assert outcome.status is OutcomeStatus.UNCHANGED


def test_a_flag_that_someone_else_switched_since_the_snapshot_is_left_alone() -> None:
    flags = store()
    kept = DEFINITION.snapshot(flags, PARAMS)
    flags.set_variant("checkout", "canary")
    with pytest.raises(ConflictError, match="switched to 'canary' by someone else since it was 'on'"):
        DEFINITION.apply(flags, PARAMS, kept)
    assert flags.flag("checkout").variant == "canary"


def test_a_flag_is_switched_only_instead_of_the_variant_that_is_meant() -> None:
    flags, meant = store(), ToggleFlagParams(flag="checkout", variant="off", instead_of="canary")
    for look in (DEFINITION.preview, DEFINITION.snapshot):
        with pytest.raises(ConflictError, match="has 'on', not 'canary'"):
            look(flags, meant)
    flags.set_variant("checkout", "canary")
    kept = DEFINITION.snapshot(flags, meant)
    for status in (OutcomeStatus.DONE, OutcomeStatus.UNCHANGED):
        assert DEFINITION.apply(flags, meant, kept).status is status


def test_a_flag_that_someone_else_switched_since_is_not_switched_back() -> None:
    flags = store()
    kept = DEFINITION.snapshot(flags, PARAMS)
    DEFINITION.apply(flags, PARAMS, kept)
    flags.set_variant("checkout", "canary")
    with pytest.raises(ConflictError, match="canary"):
        DEFINITION.restore(flags, PARAMS, kept)


def test_an_unknown_variant_is_refused_before_anything_is_touched() -> None:
    with pytest.raises(InputError, match="it has: on, off, canary"):
        DEFINITION.preview(store(), ToggleFlagParams(flag="checkout", variant="purple"))


def test_an_unknown_flag_is_named() -> None:
    with pytest.raises(NotFoundError, match="ghost"):
        DEFINITION.preview(store(), ToggleFlagParams(flag="ghost", variant="off"))


def test_a_targeted_flag_is_refused_because_its_default_would_reach_no_one() -> None:
    with pytest.raises(PermanentError, match="targeting"):
        DEFINITION.snapshot(store(replace(FLAG, targeted=True)), PARAMS)


def test_a_disabled_flag_is_refused() -> None:
    with pytest.raises(PermanentError, match="disabled"):
        DEFINITION.snapshot(store(replace(FLAG, enabled=False)), PARAMS)


@pytest.mark.parametrize("flag", ["", "a\x00b", "a\nb", "x" * 201])
def test_a_name_with_control_characters_is_refused(flag: str) -> None:
    with pytest.raises(InputError, match="flag"):
        ToggleFlagParams.read({"flag": flag, "variant": "off"}, "params")


@given(st.lists(st.sampled_from(["on", "off", "canary"]), min_size=2, max_size=2))
def test_restore_undoes_apply(variants: list[str]) -> None:
    flags = store(replace(FLAG, variant=variants[0]))
    params = ToggleFlagParams(flag="checkout", variant=variants[1])
    first, kept = dict(flags.stored), DEFINITION.snapshot(flags, params)
    DEFINITION.apply(flags, params, kept)
    DEFINITION.restore(flags, params, kept)
    assert first == flags.stored
