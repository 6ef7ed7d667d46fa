"""What compose.yaml and the Dockerfile promise, read from the files; `make compose-test` runs them for real."""

import re
import stat

import pytest
import yaml

from tests.architecture.house import ROOT

STACK = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES = STACK["services"]
STEPS = re.split(r"^FROM ", (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
ROLES = ("control", "healing", "coding", "orchestration", "api", "flower")
ENDS_BY_ITSELF = "migrate"
LONGEST_DRAIN = 20
PASSWORD = re.compile(r"(?i)password|secret|token|auth")

each_service = pytest.mark.parametrize("name", list(SERVICES))


def test_every_part_of_the_fleet_is_there():
    assert set(SERVICES) == {*ROLES, "postgres", "redis", "migrate", "proxy", "prometheus"}
    assert {name for name, one in SERVICES.items() if "profiles" in one} == {"prometheus"}
    assert {name: SERVICES[name]["deploy"]["replicas"] for name in ("api", "control")} == {"api": 2, "control": 2}


@each_service
def test_a_service_runs_confined_and_as_an_unprivileged_user(name):
    service = SERVICES[name]
    user, group = service["user"].split(":")
    assert int(user) > 0
    assert int(group) > 0
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "pid", "ipc", "network_mode", "devices"} & set(service)
    assert not any("docker.sock" in str(volume) for volume in service.get("volumes", ()))


@each_service
def test_a_service_is_bounded_restarted_and_given_time_to_stop(name):
    service = SERVICES[name]
    limits = service["deploy"]["resources"]["limits"]
    assert {"cpus", "memory", "pids"} <= set(limits)
    assert service["restart"] in {"unless-stopped", "on-failure:5"}
    assert service["init"] is True
    assert int(service["stop_grace_period"].removesuffix("s")) > LONGEST_DRAIN


@each_service
def test_a_service_has_a_health_check_that_asks_it_something(name):
    check = SERVICES[name]["healthcheck"]
    if name == ENDS_BY_ITSELF:
        assert check == {"disable": True}
        return
    words = " ".join(check["test"])
    assert not re.search(r"\b(true|pgrep|echo|exit 0)\b", words)
    assert {"interval", "timeout", "start_period", "retries"} <= set(check)


@each_service
def test_an_image_is_named_with_its_version(name):
    image = re.sub(r"^\$\{\w+:-(.*)\}$", r"\1", SERVICES[name]["image"])
    _, _, tag = image.partition(":")
    assert re.search(r"\d", tag), image
    assert tag != "latest"


@each_service
def test_a_secret_comes_from_a_file_and_never_from_the_environment(name):
    for variable, value in SERVICES[name].get("environment", {}).items():
        assert "@" not in str(value) or ":" not in str(value).split("//")[1].split("@")[0], variable
        if PASSWORD.search(variable) and variable != "POSTGRES_INITDB_ARGS":
            assert variable.endswith("_FILE")
            assert value.startswith("/run/secrets/")
            assert value.removeprefix("/run/secrets/") in SERVICES[name]["secrets"]


def test_no_secret_has_a_default_and_none_is_shipped():
    assert all(one["file"].startswith("${GRACE_SECRETS:-./secrets}/") for one in STACK["secrets"].values())
    assert not (ROOT / "secrets").exists() or "secrets/" in (ROOT / ".gitignore").read_text().split()
    script = ROOT / "docker" / "make-secrets.sh"
    assert script.stat().st_mode & stat.S_IXUSR
    made = set(re.findall(r"^make (\w+)", script.read_text(), flags=re.MULTILINE))
    assert made == set(STACK["secrets"])


def test_nodes_wait_for_the_servers_and_for_the_schema():
    for role in ROLES:
        # Flower is connected only to the broker.
        database = {} if role == "flower" else {"postgres": "service_healthy"}
        assert {name: one["condition"] for name, one in SERVICES[role]["depends_on"].items()} == {
            **database,
            "redis": "service_healthy",
            "migrate": "service_completed_successfully",
        }
        assert SERVICES[role]["command"][:2] == ["node", role]


def test_flower_has_no_way_into_the_database():
    assert "database_password" not in SERVICES["flower"]["secrets"]
    assert not [name for name in SERVICES["flower"]["environment"] if name.startswith("GRACE_DATABASE")]


def test_applications_have_a_login_of_their_own_on_redis():
    assert set(SERVICES["redis"]["secrets"]) == {"broker_password", "submit_password"}
    assert not [
        name for name, one in SERVICES.items() if name != "redis" and "submit_password" in one.get("secrets", ())
    ]


def test_only_the_control_nodes_have_the_key_of_the_audit_log():
    holders = [name for name, one in SERVICES.items() if any("audit-keys:" in str(v) for v in one.get("volumes", ()))]
    assert holders == ["control"]


def test_only_the_migration_knows_the_superusers_password_and_only_the_sealer_the_sealers():
    holders = {
        secret: [name for name, one in SERVICES.items() if secret in one.get("secrets", ())]
        for secret in STACK["secrets"]
    }
    assert holders["database_password"] == ["postgres", "migrate"]
    assert holders["control_password"] == ["migrate", "control"]
    for name in ROLES:
        environment = SERVICES[name].get("environment", {})
        login = "grace_control" if name == "control" else "grace_node"
        if "GRACE_DATABASE__URL" in environment:
            assert environment["GRACE_DATABASE__URL"].startswith(f"postgresql://{login}@"), name


def test_the_servers_are_reached_from_inside_only():
    assert STACK["networks"]["inner"]["internal"] is True
    for name in ("postgres", "redis"):
        assert SERVICES[name]["networks"] == ["inner"]
        assert "ports" not in SERVICES[name]
    published = [port for one in SERVICES.values() for port in one.get("ports", ())]
    assert all(port.startswith("${GRACE_LISTEN:-127.0.0.1}:") for port in published)


def test_the_final_image_is_made_of_wheels_and_runs_as_a_plain_user():
    final = STEPS[-1]
    assert len(STEPS) == 3
    assert not re.search(
        r"\b(apt-get|apk|gcc|build-essential|make|pip)\b", re.sub(r"^#.*$", "", final, flags=re.MULTILINE)
    )
    assert re.findall(r"^COPY (.*)$", final, flags=re.MULTILINE) == ["--from=build /opt/grace /opt/grace"]
    assert re.search(r"^USER 10001:10001$", final, flags=re.MULTILINE)
    assert all(step.startswith("${BASE}") for step in STEPS[1:])
    pinned = [line for line in STEPS[1].splitlines() if " install " in line and "--no-index" not in line]
    assert all("--no-deps --require-hashes --only-binary :all:" in line for line in pinned)
    assert [line.split("-r ")[1].split()[0] for line in pinned] == ["docker/build.txt", "docker/image.txt"]
    assert len(pinned) == 2


def test_prometheus_reads_the_shipped_rules_and_shows_a_token_it_has():
    (folder,) = {volume.split(":")[0] for volume in SERVICES["prometheus"]["volumes"] if volume.startswith("./")}
    asked = yaml.safe_load((ROOT / folder / "prometheus.yml").read_text(encoding="utf-8"))
    assert asked["rule_files"] == [path.name for path in (ROOT / folder).glob("*.yml") if path.name != "prometheus.yml"]
    jobs = {one["job_name"]: one for one in asked["scrape_configs"]}
    token = jobs["grace"]["authorization"]["credentials_file"].removeprefix("/run/secrets/")
    assert token in SERVICES["prometheus"]["secrets"]
    assert SERVICES["api"]["environment"]["GRACE_API__VIEWER_TOKEN_FILE"] == f"/run/secrets/{token}"
    assert not {"database_password", "broker_password", "admin_token"} & set(SERVICES["prometheus"]["secrets"])
    assert {"api", "flower"} <= SERVICES.keys()
    assert set(SERVICES["prometheus"]["networks"]) <= set(SERVICES["api"]["networks"])
