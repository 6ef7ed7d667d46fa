"""Settings that a forked process takes from the one that read them."""

import os

import pytest
from pydantic import SecretStr

from grace_workers.settings import Addresses, Settings, child_environment
from grace_workers.settings.earlier import Earlier

GIVEN = {
    "GRACE_DATA_DIR": "/srv/grace",
    "GRACE_INSTANCE": "one",
    "GRACE_DATABASE__PASSWORD": "secret",
    "GRACE_API__PORT": "9000",
    "GRACE_WORKER_LIFE": "abc",
    "PATH": "/bin",
}
FOUND = Addresses(database=SecretStr("postgresql://grace:pw@127.0.0.1:5/grace"), broker=SecretStr("redis://:pw@b:6/0"))


class Fork:
    """What was read in one process, as another sees it."""

    def __init__(self, monkeypatch):
        self.monkeypatch = monkeypatch
        self.process = 1
        self.earlier = Earlier(lambda: self.process)

    def read(self, variables, **values):
        for name in [name for name in os.environ if name.startswith("GRACE_") and name not in variables]:
            self.monkeypatch.delenv(name)
        for name, value in variables.items():
            self.monkeypatch.setenv(name, value)
        return Settings(**values)

    def keep(self, variables, **values):
        found = self.read(variables, **values)
        self.earlier.keep(values, variables, found)
        self.process = 2
        return found


@pytest.fixture
def fork(monkeypatch):
    return Fork(monkeypatch)


def test_a_nodes_process_gets_what_reading_its_environment_gives(fork):
    settings = fork.keep(GIVEN, environment="staging")
    told = child_environment(settings, FOUND, GIVEN)
    expected = fork.read(told, environment="staging")
    assert fork.earlier.again({"environment": "staging"}, told) == expected
    assert expected.database.url == FOUND.database


def test_a_role_and_a_folder_that_only_the_node_tells_are_taken(fork):
    settings = fork.keep({"GRACE_ROLE": "healing"})
    told = child_environment(settings, FOUND, {})
    assert fork.earlier.again({}, told) == fork.read(told)


def test_a_process_from_which_groups_are_kept_gets_nothing_of_them(fork):
    settings = fork.keep({**GIVEN, "GRACE_DATABASE__URL": FOUND.database.get_secret_value()})
    told = child_environment(settings, FOUND, GIVEN)
    kept_from = {name: value for name, value in told.items() if not name.startswith(("GRACE_DATABASE", "GRACE_API"))}
    found = fork.earlier.again({}, kept_from)
    assert found == fork.read(kept_from)
    assert found.database.url is found.database.password is None


def test_one_from_which_part_of_a_group_is_kept_reads_for_itself(fork):
    fork.keep({**GIVEN, "GRACE_API__HOST": "localhost"})
    assert fork.earlier.again({}, GIVEN) is None


def test_one_from_which_a_group_of_the_file_is_kept_reads_for_itself(fork):
    fork.keep(GIVEN, api={"host": "localhost"})
    without = {name: value for name, value in GIVEN.items() if name != "GRACE_API__PORT"}
    assert fork.earlier.again({"api": {"host": "localhost"}}, without) is None


def test_the_process_that_read_reads_again(fork):
    fork.keep(GIVEN)
    fork.process = 1
    assert fork.earlier.again({}, GIVEN) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"GRACE_API__PORT": "9001"},
        {"GRACE_DATABASE__PASSWORD": "other"},
        {"GRACE_LINE": "{}"},
        {"grace_instance": "two"},
        {"GRACE_API__ADMIN_TOKEN_FILE": "/run/token"},
    ],
)
def test_a_process_with_other_settings_reads_for_itself(fork, changed):
    fork.keep(GIVEN)
    assert fork.earlier.again({}, {**GIVEN, **changed}) is None


def test_one_reads_for_itself_when_the_file_says_something_else(fork):
    fork.keep(GIVEN, environment="staging")
    assert fork.earlier.again({"environment": "production"}, GIVEN) is None


def test_one_that_lacks_a_name_reads_for_itself(fork):
    fork.keep(GIVEN)
    assert fork.earlier.again({}, {name: value for name, value in GIVEN.items() if name != "GRACE_INSTANCE"}) is None


def test_what_was_read_with_a_secrets_file_is_not_kept(fork, tmp_path):
    secret = tmp_path / "token"
    secret.write_text("x" * 40)
    secret.chmod(0o600)
    environment = {**GIVEN, "GRACE_API__ADMIN_TOKEN_FILE": str(secret)}
    fork.keep(environment)
    assert fork.earlier.again({}, environment) is None
