"""Each kind of discovery against a real place: what declares itself there, and what a place that fails becomes."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from grace_workers import drivers
from grace_workers.actions import Driver, Target
from grace_workers.discoveries import discovery_kinds, open_discoveries
from grace_workers.foundation.catalog import discover
from grace_workers.foundation.errors import GraceError, InputError, PermanentError, TransientError
from grace_workers.orchestration.discovery.admission import admit
from grace_workers.orchestration.discovery.sighting import DiscoveryRule
from grace_workers.settings import DiscoverySettings, Settings
from tests.docker_engine import LABELS, fake_engine
from tests.kubernetes_cluster import DEPLOYMENTS, SETS, SPACE, cluster
from tests.systemd import user_systemd

DRIVERS = discover(drivers, Driver, label="driver", lazy=True)
KINDS = [
    "compose_services",
    "docker_labels",
    "kubernetes_annotations",
    "systemd_units",
    "file_sd",
    "http_sd",
    "target_files",
]
GROUPS = [
    {"targets": ["10.0.0.1:8080", "[fd00::1]:80"], "labels": {"service": "shop"}},
    {"targets": ["web.example"], "labels": {"instance": "front"}},
]


def rule(kind: str, **said: Any) -> DiscoveryRule:
    declared = DiscoverySettings.model_validate({"name": "one", "kind": kind, **said})
    return open_discoveries([declared], DRIVERS).rules["one"]


def found(one: DiscoveryRule) -> Mapping[str, Target]:
    targets = [admit(seen, one, DRIVERS) for seen in one.look()]
    assert len({target.name for target in targets}) == len(targets)
    return {str(target.name): target for target in targets}


def test_every_kind_is_tried_here():
    assert sorted(KINDS) == sorted(discovery_kinds().names)


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_is_a_settings_file_that_opens(kind: str) -> None:
    said = Settings(**yaml.safe_load(discovery_kinds()[kind].example))
    try:
        rules = open_discoveries(said.discoveries, DRIVERS).rules
    except InputError as error:
        if "are not installed" in str(error):
            pytest.skip(str(error))
        raise
    assert [one.kind for one in rules.values()] == [kind]


def test_containers_declare_themselves_by_labels(tmp_path: Path) -> None:
    with fake_engine() as engine:
        labels = {"grace.target": "shop-web", "grace.depends-on": "shop-db, cache", "grace.label-service": "shop"}
        labels |= {"grace.heartbeat-every": "5m", "grace.heartbeat-grace": "30s"}
        made = engine.add("shop_web_1", config={"Labels": labels})
        engine.add("stranger")
        one = rule("docker_labels", options={"engine": engine.url}, keep_labels=["service"])
        target = found(one)["shop-web"]
        assert (target.kind, target.labels) == ("docker", {"service": "shop"})
        assert target.connection == {"container": "shop_web_1", "engine": engine.url}
        assert target.depends_on == ("shop-db", "cache")
        first = one.look()[0].identity
        assert one.look()[0].heartbeat == {"every": "5m", "grace": "30s"}
        del engine.containers[made.id]
        engine.add("shop_web_1", config={"Labels": labels})
        assert one.look()[0].identity != first
        engine.refuse = 500
        with pytest.raises(TransientError, match="the containers with the label"):
            one.look()


def test_services_of_a_compose_project_declare_themselves_once_by_the_labels_of_their_containers() -> None:
    with fake_engine() as engine:
        marks = {"grace.compose-target": "shop-workers", "grace.compose-depends-on": "shop-db"}
        engine.add("shop-worker-1", config={"Labels": {**LABELS, **marks}})
        newest = engine.add("shop-worker-2", config={"Labels": {**LABELS, **marks, "grace.compose-label-team": "shop"}})
        engine.add("shop-worker-run", config={"Labels": {**LABELS, **marks, "com.docker.compose.oneoff": "True"}})
        engine.add("stranger", config={"Labels": LABELS})
        scale = {"scale": {"lowest": 1, "highest": 3}}
        one = rule("compose_services", options={"engine": engine.url}, keep_labels=["team"], connection=scale)
        target = found(one)["shop-workers"]
        assert (target.kind, target.labels, target.depends_on) == ("compose", {"team": "shop"}, ("shop-db",))
        assert target.connection == {"project": "shop", "service": "worker", "engine": engine.url, **scale}
        (first,) = one.look()
        del engine.containers[newest.id]
        (again,) = one.look()
        assert again.identity == first.identity
        assert found(one)["shop-workers"].labels == {}


def test_workloads_declare_themselves_by_annotations(tmp_path: Path) -> None:
    with cluster(tmp_path, deployment=True) as place:
        marks = {"grace/target": "shop-web", "grace/label-service": "shop"}
        for resource in (SETS, "apps/v1/daemonsets"):
            place.do(lambda it, name=resource: setattr(it.resources[name], "namespaced", True))
        place.do(lambda it: it.objects[DEPLOYMENTS, SPACE, "web"].patch({"metadata": {"annotations": marks}}))
        options = {"kubeconfig": str(place.kubeconfig), "namespace": SPACE}
        one = rule("kubernetes_annotations", options=options, connection={"scale": {"lowest": 1, "highest": 3}})
        target = found(one)["shop-web"]
        wanted = {"kubeconfig": str(place.kubeconfig), "namespace": SPACE, "workload": "deployment", "name": "web"}
        assert target.connection == {**wanted, "scale": {"lowest": 1, "highest": 3}}
        assert target.roles is not None
        assert "Scalable" in target.roles


def test_units_are_found_by_pattern() -> None:
    with user_systemd() as manager:
        for name in ("shop-web.service", "shop-worker@.service", "other.service"):
            manager.write(name, "[Service]\nExecStart=/bin/sleep 600\n")
        manager.ctl("start", "shop-web.service", "shop-worker@1.service", "other.service")
        options = {"patterns": ["shop-*.service"], "manager": "user", "runtime_dir": str(manager.runtime_dir)}
        targets = found(rule("systemd_units", options=options))
        assert sorted(targets) == ["shop-web", "shop-worker-1"]
        assert targets["shop-worker-1"].connection["unit"] == "shop-worker@1.service"


@pytest.mark.parametrize("pattern", ["--all", "*", "shop", "a b.service", "a\n.service"])
def test_a_pattern_that_is_an_option_or_everything_is_refused(pattern: str) -> None:
    with pytest.raises(InputError, match="patterns"):
        rule("systemd_units", options={"patterns": [pattern]})


@pytest.mark.parametrize("name", ["groups.json", "groups.yaml"])
def test_files_list_target_groups(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text(json.dumps(GROUPS) if name.endswith("json") else yaml.safe_dump(GROUPS))
    said = {"kinds": ["http"], "connection": {"url": "http://{address}"}, "keep_labels": ["service"]}
    targets = found(rule("file_sd", options={"files": [str(file)]}, **said))
    assert {name: one.connection["url"] for name, one in targets.items()} == {
        "10.0.0.1-8080": "http://10.0.0.1:8080",
        "fd00--1-80": "http://[fd00::1]:80",
        "web.example": "http://web.example",
    }
    assert targets["10.0.0.1-8080"].labels == {"service": "shop"}
    named = rule("file_sd", options={"files": [str(file)], "name_label": "instance"}, **said)
    assert [one.name for one in named.look()] == ["", "", "front"]


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "no JSON"), ("[", "no JSON"), ("{}", "no list"), ('[{"targets": "a"}]', "no list"), ("[" * 9999, "no JSON")],
)
def test_a_file_that_is_no_list_of_groups_takes_nothing_away(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "groups.json"
    file.write_text(text)
    one = rule("file_sd", options={"files": [str(file)]}, kinds=["http"], connection={"url": "http://{address}"})
    with pytest.raises(PermanentError, match=words):
        one.look()


def test_a_file_that_is_gone_or_open_to_others_takes_nothing_away(tmp_path: Path) -> None:
    file = tmp_path / "groups.json"
    one = rule("file_sd", options={"files": [str(file)]}, kinds=["http"], connection={"url": "http://{address}"})
    with pytest.raises(PermanentError, match="cannot be read"):
        one.look()
    file.write_text("[]")
    file.chmod(0o666)
    with pytest.raises(GraceError, match="can be changed by others"):
        one.look()


@contextmanager
def inventory(status: int, body: bytes) -> Iterator[tuple[str, list[Mapping[str, str]]]]:
    asked: list[Mapping[str, str]] = []

    class Telling(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(dict(self.headers.items()))
            self.send_response(status)
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Telling) as server:
        thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/targets", asked
        server.shutdown()
        thread.join(10)


def test_an_address_returns_target_groups(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("s3cret-s3cret")
    said = {"kinds": ["endpoint"], "connection": {"address": "{host}:{port}"}}
    with inventory(200, json.dumps(GROUPS[:1]).encode()) as (url, asked):
        targets = found(rule("http_sd", options={"url": url, "token": {"file": str(token)}}, **said))
    assert targets["fd00--1-80"].connection == {"address": "[fd00::1]:80"}
    assert asked[0]["Authorization"] == "Bearer s3cret-s3cret"


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (500, b"[]", "answers 500"),
        (302, b"[]", "answers 302"),
        (200, b"<html>", "no JSON"),
        (200, b" " * (5 << 20), "more than 4 MiB"),
    ],
)
def test_an_address_that_answers_wrongly_takes_nothing_away(status: int, body: bytes, words: str) -> None:
    with inventory(status, body) as (url, _):
        one = rule("http_sd", options={"url": url}, kinds=["endpoint"], connection={"address": "{address}"})
        with pytest.raises(GraceError, match=words):
            one.look()


def test_a_folder_holds_a_file_for_each_target(tmp_path: Path) -> None:
    folder = tmp_path / "targets"
    folder.mkdir()
    (folder / "shop.yaml").write_text("kind: http\nowner: internal\nconnection: {url: http://shop}\n")
    (folder / "notes.txt").write_text("no target")
    one = rule("target_files", options={"folder": str(folder)}, kinds=["http"])
    target = found(one)["shop"]
    assert (target.owner.value, target.connection) == ("external", {"url": "http://shop"})
    first = one.look()[0].identity
    (folder / "shop.yaml").write_text("kind: http\nconnection: {url: http://other}\n")
    assert one.look()[0].identity != first
    (folder / "bad.yaml").write_text("kind: http\nname: x\n")
    with pytest.raises(InputError, match=r"bad\.yaml: name: there is no such field"):
        one.look()


@pytest.mark.parametrize(
    ("kind", "said", "words"),
    [
        ("nothing", {}, "there is no kind 'nothing'; known: compose_services"),
        ("file_sd", {"options": {"files": ["/a"]}}, "name in `kinds`"),
        ("file_sd", {"options": {"files": ["/a"]}, "kinds": ["martian"]}, "unknown kind of target 'martian'"),
        ("file_sd", {"options": {"files": ["/a"]}, "kinds": ["http", "endpoint"]}, "name one kind"),
        ("file_sd", {"options": {}, "kinds": ["http"]}, "discovery 'one': options: files"),
        (
            "file_sd",
            {"options": {"files": ["/a"]}, "kinds": ["http"], "connection": {"url": "{port}{pod}"}},
            r"asks for \{pod\}; kind 'file_sd' tells address, host, port",
        ),
        (
            "target_files",
            {"options": {"folder": "/a"}, "kinds": ["http"], "connection": {"a": 1}},
            "leave `connection`",
        ),
    ],
)
def test_a_discovery_that_cannot_be_used_is_refused_at_the_start(kind: str, said: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        rule(kind, **said)
