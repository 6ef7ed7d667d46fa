"""A learned cause from the step that accepts it to the file that every process of a node reads."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from grace_workers.actions import FlagStore
from grace_workers.actions.primitives.toggle_flag import DEFINITION, ToggleFlagParams
from grace_workers.adapters.files.accepted_causes import AcceptedCauses
from grace_workers.adapters.fleet_world import FleetWorld
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.bootstrap.catalogs import catalogs
from grace_workers.bootstrap.definitions import cause_shelf
from grace_workers.cycles import FLEET
from grace_workers.foundation.errors import InputError, IntegrityError, NotFoundError
from grace_workers.orchestration.stores.learned_causes import LearnedCause, LearnedCauseStore, version_of
from grace_workers.orchestration.stores.transaction import Transaction
from grace_workers.settings import Settings
from grace_workers.testing import MemoryWorld

pytestmark = pytest.mark.servers
FILE = """
name: learned_odd
summary: The pool of the shop is too small.
symptoms: {alerts: [PoolFull]}
examples: [{signal: {name: PoolFull, summary: no connection is free}}]
"""
MORE = f"{FILE}# more\n"
FIRST, SECOND = version_of(FILE), version_of(MORE)


def propose(tx: Transaction, name: str, file: str, version: str | None = None) -> None:
    found = version or version_of(file)
    proposed = LearnedCause(name=name, version=found, file=file, proposed_by="ann", proposed_at=datetime.now(UTC))
    tx[LearnedCauseStore].propose(proposed)


@pytest.fixture
def flags(engine: Engine) -> FlagStore:
    with PostgresLedger(engine).transaction() as tx:
        for file in (FILE, MORE):
            propose(tx, "learned_odd", file)
    return FleetWorld(MemoryWorld(), (), engine, Settings().levers).role(FLEET, FlagStore)


def node(engine: Engine, folder: Path) -> AcceptedCauses:
    settings = Settings(data_dir=folder)
    shelf = cause_shelf(settings, catalogs())
    return AcceptedCauses(PostgresLedger(engine), settings.learned_causes, shelf, fresh_for=0)


def switch(flags: FlagStore, version: str) -> None:
    params = ToggleFlagParams(flag="learned_odd", variant=version)
    DEFINITION.apply(flags, params, DEFINITION.snapshot(flags, params))


def test_an_accepted_cause_is_a_file_on_every_node_until_it_is_withdrawn(
    engine: Engine, flags: FlagStore, tmp_path: Path
) -> None:
    nodes = [node(engine, tmp_path / name) for name in ("a", "b")]
    assert not any("learned_odd" in one.current() for one in nodes)
    assert not (tmp_path / "a").exists()
    for version, text in ((FIRST, FILE), (SECOND, MORE)):
        switch(flags, version)
        for one, name in zip(nodes, ("a", "b"), strict=True):
            assert "learned_odd" in one.current()
            assert (tmp_path / name / "learned-causes" / "learned_odd.yaml").read_text() == text
    switch(flags, "off")
    assert not any("learned_odd" in one.current() for one in nodes)


def test_a_process_that_starts_writes_what_was_changed_by_hand_or_while_it_was_down(
    engine: Engine, flags: FlagStore, tmp_path: Path
) -> None:
    switch(flags, FIRST)
    node(engine, tmp_path).current()
    (tmp_path / "learned-causes" / "learned_odd.yaml").write_text(f"{FILE}# by hand\n")
    node(engine, tmp_path).current()
    assert (tmp_path / "learned-causes" / "learned_odd.yaml").read_text() == FILE
    switch(flags, "off")
    assert "learned_odd" not in node(engine, tmp_path).current()


def test_only_versions_that_were_proposed_can_be_accepted_and_a_restore_brings_back_the_earlier(
    flags: FlagStore,
) -> None:
    params = ToggleFlagParams(flag="learned_odd", variant=SECOND)
    kept = DEFINITION.snapshot(flags, params)
    assert DEFINITION.apply(flags, params, kept).detail == f"flag learned_odd switched from off to {SECOND}"
    DEFINITION.restore(flags, params, kept)
    assert flags.flag("learned_odd").variant == "off"
    with pytest.raises(InputError, match=f"has no version 'ghost'; it has: off, {SECOND}, {FIRST}"):
        flags.set_variant("learned_odd", "ghost")
    with pytest.raises(NotFoundError, match="no learned cause is named 'ghost'; learned: learned_odd"):
        flags.flag("ghost")


def test_a_version_whose_file_was_exchanged_is_not_accepted(engine: Engine, flags: FlagStore) -> None:
    forged = version_of("what people read")
    with PostgresLedger(engine).transaction() as tx:
        propose(tx, "learned_odd", MORE, version=forged)
    with pytest.raises(IntegrityError, match="is not the one that version"):
        flags.set_variant("learned_odd", forged)
    assert flags.flag("learned_odd").variant == "off"


def test_a_name_from_an_import_that_no_cause_can_have_becomes_no_file(engine: Engine, tmp_path: Path) -> None:
    with PostgresLedger(engine).transaction() as tx:
        for name in ("../outside", "learned_odd"):
            propose(tx, name, FILE)
            tx[LearnedCauseStore].accept(name, FIRST, datetime.now(UTC))
    assert "learned_odd" in node(engine, tmp_path).current()
    assert [one.name for one in tmp_path.rglob("*.yaml")] == ["learned_odd.yaml"]
