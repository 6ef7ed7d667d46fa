from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from grace_workers.actions import Backups, EnvironmentProof, Failover, Resizable, Roles, ServiceParts
from grace_workers.actions.primitives.fail_over import FailOver, FailOverParams
from grace_workers.actions.primitives.recreate_from_backup import RecreateFromBackup, RecreateParams
from grace_workers.actions.primitives.resize import Resize, ResizeParams
from grace_workers.drivers.aws_rds import DEFINITION
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError, TransientError
from tests.aws_cloud import REGION, Cloud, backed_up, cloud, database, database_cluster, stored_database
from tests.conformance.roles.backup_stands import Backed
from tests.conformance.roles.implementations import Place
from tests.conformance.roles.stands import Parts, Sized

NEEDS_SERVERS = True
CLASSES = ["db.m7g.large", "db.m7g.xlarge"]
KEY = "0123abcd"
SOON = timedelta(seconds=10)
RESIZE, FAIL_OVER, RECREATE = Resize(), FailOver(), RecreateFromBackup()


@contextmanager
def shop(folder: Path, **more: Any) -> Iterator[tuple[Cloud, str, Roles]]:
    with cloud() as found:
        name = database(found)
        said = found.said(folder, **{"instance": name, "failover": True, "classes": CLASSES, **more})
        yield found, name, Place(folder, str).open(DEFINITION, **said)


@contextmanager
def shop_cluster(folder: Path, **more: Any) -> Iterator[tuple[Cloud, str, Roles]]:
    with cloud() as found:
        name = database_cluster(found)
        said = found.said(folder, **{"cluster": name, "failover": True, **more})
        yield found, name, Place(folder, str).open(DEFINITION, **said)


@contextmanager
def service_parts(place: Place) -> Iterator[Parts]:
    with shop_cluster(place.folder) as (_, _, roles):

        def fail(name: str) -> None:
            stored_database(name).status = "incompatible-parameters"

        yield Parts(role=roles[ServiceParts], fail=fail)


@contextmanager
def failover(place: Place) -> Iterator[Failover]:
    with shop_cluster(place.folder) as (_, _, roles):
        yield roles[Failover]


@contextmanager
def backups(place: Place) -> Iterator[Backed]:
    with backed_up(place.folder) as (_, connection, look):
        yield Backed(role=place.open(DEFINITION, **connection)[Backups], look=look)


@contextmanager
def resizable(place: Place) -> Iterator[Sized]:
    with shop(place.folder) as (_, _, roles):
        yield Sized(role=roles[Resizable], other="db.r7g.large")


@contextmanager
def environment_proof(place: Place) -> Iterator[Callable[[], EnvironmentProof]]:
    with cloud() as found:
        yield lambda: place.open(DEFINITION, **found.said(place.folder, instance="shop"))[EnvironmentProof]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        *(
            ({"instance": name}, "instance")
            for name in ("", "--help", "a--b", "a-", "1a", "a b", "a\n", "{{x}}", "a:b")
        ),
        ({}, "give either `instance` or `cluster`"),
        ({"instance": "a", "cluster": "b"}, "give either `instance` or `cluster`"),
        ({"cluster": "a", "classes": CLASSES}, "declare a target for each instance"),
        ({"cluster": "a", "backups": True}, "a cluster is restored by people"),
        ({"instance": "a", "classes": ["--db.x.y"]}, "classes"),
        ({"instance": "a", "failover": False}, "failover"),
    ],
)
def test_a_connection_that_cannot_be_meant_is_refused(tmp_path: Path, said: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Place(tmp_path, str).open(DEFINITION, region=REGION, **said)


@pytest.mark.servers
def test_a_reboot_is_awaited_until_the_event_of_the_restart_is_seen(tmp_path: Path) -> None:
    with shop(tmp_path) as (found, name, roles):
        before = roles[ServiceParts].parts()[0]
        found.stale = 2
        now = roles[ServiceParts].restart_part(name, SOON)
        assert now.healthy
        assert now.incarnation != before.incarnation


@pytest.mark.servers
def test_an_instance_fails_over_to_its_other_zone_and_back(tmp_path: Path) -> None:
    with shop(tmp_path) as (found, _, roles):
        role: Failover = roles[Failover]
        assert role.members().primary == f"{REGION}a"
        found.stale = 2
        assert role.promote(f"{REGION}b").standbys == (f"{REGION}a",)
        assert role.promote(f"{REGION}b").primary == f"{REGION}b"
        with pytest.raises(NotFoundError, match="no standby in zone 'eu-west-1c'"):
            role.promote(f"{REGION}c")


@pytest.mark.servers
def test_a_cluster_that_is_failing_over_already_says_so(tmp_path: Path) -> None:
    with shop_cluster(tmp_path) as (_, _, roles):
        role: Failover = roles[Failover]
        reader = role.members().standbys[0]
        stored_database(reader).status = "rebooting"
        with pytest.raises(ConflictError, match="should be in valid state for failover"):
            role.promote(reader)


@pytest.mark.servers
def test_a_class_that_rds_does_not_show_in_time_is_said(tmp_path: Path) -> None:
    with shop(tmp_path, patience=0.2) as (_, name, roles):
        role: Resizable = roles[Resizable]
        stored_database(name).status = "modifying"
        with pytest.raises(TransientError, match=rf"{name}' does not serve as db.m7g.xlarge 0\.2 s after"):
            role.resize_to("db.m7g.xlarge")


@pytest.mark.servers
def test_a_restore_does_not_say_that_a_class_is_back_while_rds_is_still_to_change_it(tmp_path: Path) -> None:
    with shop(tmp_path, patience=0.2) as (_, name, roles):
        role: Resizable = roles[Resizable]
        params = ResizeParams(size="db.m7g.xlarge")
        kept = RESIZE.snapshot(role, params)
        stored_database(name).pending_modified_values = {"DBInstanceClass": "db.m7g.xlarge"}
        for ask in (RESIZE.apply, RESIZE.effect, RESIZE.restore, RESIZE.restored):
            with pytest.raises(TransientError, match=r"is about to get class db\.m7g\.xlarge; look again when it has"):
                ask(role, params, kept)


@pytest.mark.servers
def test_a_restore_does_not_say_that_the_primary_leads_again_while_a_failover_is_on_its_way(tmp_path: Path) -> None:
    with shop(tmp_path) as (_, name, roles):
        role: Failover = roles[Failover]
        kept = FAIL_OVER.snapshot(role, FailOverParams())
        stored_database(name).status = "rebooting"
        with pytest.raises(TransientError, match="is rebooting, and may change its zone"):
            FAIL_OVER.restore(role, FailOverParams(), kept)


@pytest.mark.servers
def test_the_parts_of_a_cluster_cost_the_same_few_questions_however_many_they_are(tmp_path: Path) -> None:
    with shop_cluster(tmp_path) as (found, _, roles):
        role: ServiceParts = roles[ServiceParts]
        name = role.parts()[0].name
        now = role.restart_part(name, SOON)
        found.asked = []
        assert {one.name: one.incarnation for one in role.parts()}[name] == now.incarnation
        assert sorted(found.asked) == ["DescribeDBClusters", "DescribeDBInstances", "DescribeEvents"]


@pytest.mark.servers
def test_a_throttled_restore_of_a_snapshot_is_asked_for_once_more_and_makes_one_copy(tmp_path: Path) -> None:
    with backed_up(tmp_path) as (found, connection, look):
        role: Backups = Place(tmp_path, str).open(DEFINITION, **connection)[Backups]
        backup, first = role.backups()[0], look()
        found.throttled_after = "RestoreDBInstanceFromDBSnapshot"
        found.asked, found.stale = [], 2
        made = role.restore_beside(backup.name, KEY)
        assert role.restore_beside(backup.name, KEY) == made
        assert found.asked.count("RestoreDBInstanceFromDBSnapshot") == 1
        assert look() == first


@pytest.mark.servers
def test_an_exchange_that_ends_between_the_two_names_is_finished_or_taken_back(tmp_path: Path) -> None:
    for finish in (True, False):
        with backed_up(tmp_path) as (found, connection, look):
            role: Backups = Place(tmp_path, str).open(DEFINITION, **connection)[Backups]
            first = look()
            made = role.restore_beside(role.backups()[0].name, KEY)
            renamed = {"DBInstanceIdentifier": connection["instance"], "NewDBInstanceIdentifier": made.before_name}
            found.client("rds").modify_db_instance(**renamed)
            assert role.standing(KEY).serving is None
            now = role.exchange(KEY) if finish else role.exchange_back(KEY)
            assert now.serving == (made.copy if finish else made.serving)
            assert (look() == first) is not finish


@pytest.mark.servers
def test_what_rds_shows_too_late_leaves_no_name_without_an_instance(tmp_path: Path) -> None:
    with backed_up(tmp_path) as (found, connection, _look):
        role: Backups = Place(tmp_path, str).open(DEFINITION, **connection)[Backups]
        made = role.restore_beside(role.backups()[0].name, KEY)
        found.stale, found.stale_of = 2, connection["instance"]
        assert role.exchange(KEY).serving == made.copy


@pytest.mark.servers
def test_a_rename_that_a_killed_process_asked_for_is_awaited(tmp_path: Path) -> None:
    with backed_up(tmp_path) as (_, connection, _look):
        role: Backups = Place(tmp_path, str).open(DEFINITION, **{**connection, "patience": 1})[Backups]
        first = role.standing(KEY)
        stored_database(connection["instance"]).status = "renaming"
        with pytest.raises(TransientError, match="is still being renamed"):
            role.standing(KEY)
        stored_database(connection["instance"]).status = "available"
        assert role.standing(KEY) == first


@pytest.mark.servers
def test_a_copy_that_does_not_serve_yet_is_dropped_by_a_restore(tmp_path: Path) -> None:
    with backed_up(tmp_path) as (_, connection, _look):
        role: Backups = Place(tmp_path, str).open(DEFINITION, **connection)[Backups]
        params = RecreateParams()
        kept = RECREATE.snapshot(role, params)
        made = role.restore_beside(kept.backup, kept.key)
        stored_database(made.copy_name).status = "creating"
        assert not RECREATE.restored(role, params, kept)
        RECREATE.restore(role, params, kept)
        assert role.standing(kept.key).unfinished is None
        assert RECREATE.restored(role, params, kept)


@pytest.mark.servers
def test_a_copy_that_differs_from_what_serves_may_not_take_over(tmp_path: Path) -> None:
    with backed_up(tmp_path) as (_, connection, _look):
        role: Backups = Place(tmp_path, str).open(DEFINITION, **connection)[Backups]
        made = role.restore_beside(role.backups()[0].name, KEY)
        stored_database(made.copy_name).db_instance_class = "db.t4g.micro"
        assert role.faults(KEY) == ["its DBInstanceClass is 'db.t4g.micro', and that of the instance 'db.m7g.large'"]


@pytest.mark.servers
def test_a_throttled_reboot_may_be_asked_for_again(tmp_path: Path) -> None:
    with shop(tmp_path) as (found, name, roles):
        found.throttled = 1
        with pytest.raises(TransientError, match="RequestLimitExceeded"):
            roles[ServiceParts].restart_part(name, SOON)
        assert roles[ServiceParts].restart_part(name, SOON).healthy


@pytest.mark.servers
def test_a_look_that_is_throttled_while_a_reboot_is_awaited_does_not_end_the_wait(tmp_path: Path) -> None:
    with shop(tmp_path) as (found, name, roles):
        found.stale, found.asked = 2, []
        found.throttled_after = "RebootDBInstance"
        assert roles[ServiceParts].restart_part(name, SOON).healthy
        assert found.asked.count("RebootDBInstance") == 1


@pytest.mark.servers
def test_a_database_that_was_deleted_is_not_there_any_more(tmp_path: Path) -> None:
    with shop(tmp_path) as (found, name, roles):
        found.client("rds").delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
        with pytest.raises(NotFoundError, match="DBInstanceNotFound"):
            roles[ServiceParts].restart_part(name, SOON)
    with (
        shop_cluster(tmp_path, cluster="ghost") as (_, _, roles),
        pytest.raises(NotFoundError, match="DBClusterNotFound"),
    ):
        roles[ServiceParts].parts()
