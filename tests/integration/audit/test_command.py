"""`grace audit` on an exported bundle, which needs no node."""

import json

import pytest
from typer.testing import CliRunner

from grace_workers.entrypoints.cli.audit import app
from tests.integration.audit.conftest import Desk

pytestmark = pytest.mark.servers


def test_the_exit_code_says_what_was_found(desk: Desk) -> None:
    desk.append(30)
    desk.seal()
    folder = desk.folder / "bundle"
    desk.archive.export(folder)
    key = str(desk.keys.pinned())

    intact = CliRunner().invoke(app, ["verify", "--bundle", str(folder), "--key", key, "--json"])
    entries = folder / "entries.jsonl"
    entries.write_text(entries.read_text().replace("job.done", "job.gone", 1))
    tampered = CliRunner().invoke(app, ["verify", "--bundle", str(folder), "--key", key])
    nothing = CliRunner().invoke(app, ["verify", "--bundle", str(desk.folder)])

    assert (intact.exit_code, tampered.exit_code, nothing.exit_code) == (0, 1, 2)
    assert json.loads(intact.stdout)["size"] == 30
    assert tampered.stdout.startswith("tampered at entry 0: the file entries.jsonl is not the one that was exported")
    assert "holds no audit bundle" in nothing.stderr
