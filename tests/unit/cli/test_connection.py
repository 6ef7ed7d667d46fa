"""Which API the command line talks to, and with which token."""

import json
from pathlib import Path

import pytest

from grace_workers.entrypoints.cli.connection import connect
from grace_workers.foundation.errors import InputError


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The settings of a node that has run here."""
    (tmp_path / "api.json").write_text(json.dumps({"url": "http://127.0.0.1:8642"}))
    (tmp_path / "cli-token").write_text("grace_here")
    file = tmp_path / "grace.yaml"
    file.write_text(f"data_dir: {tmp_path}")
    return file


def test_this_nodes_token_goes_to_this_node(config: Path) -> None:
    for url in (None, "http://127.0.0.1:8642", "http://127.0.0.1:8642/"):
        with connect(url, None, config) as gateway:
            assert gateway.url.rstrip("/") == "http://127.0.0.1:8642"


def test_this_nodes_token_is_sent_nowhere_else(config: Path) -> None:
    with pytest.raises(InputError, match="--token"):
        connect("http://elsewhere.example", None, config)
