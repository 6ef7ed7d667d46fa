from pathlib import Path

from grace_workers.entrypoints.cli import doctor_local
from grace_workers.settings import load_settings

TARGET = """
targets:
  - name: shop
    kind: docker
    owner: internal
    connection: {container: shop}
"""


def test_a_target_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "grace.yaml").write_text(TARGET.replace("container: shop", "container: --help"))
    (line,) = doctor_local.targets(load_settings(tmp_path / "grace.yaml"))
    assert not line.ok
    assert "target 'shop': connection" in line.seen


def test_targets_that_can_be_opened_are_counted(tmp_path: Path) -> None:
    (tmp_path / "grace.yaml").write_text(TARGET.replace("docker", "http").replace("container: shop", "url: http://a"))
    (line,) = doctor_local.targets(load_settings(tmp_path / "grace.yaml"))
    assert (line.ok, line.seen) == (True, "1 declared, and each can be opened")


def test_without_targets_there_is_nothing_to_say(tmp_path: Path) -> None:
    (tmp_path / "grace.yaml").write_text("targets: []")
    assert list(doctor_local.targets(load_settings(tmp_path / "grace.yaml"))) == []
