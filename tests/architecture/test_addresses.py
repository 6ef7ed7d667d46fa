"""An address on this machine that a page shows is one on which something listens by default."""

import re

import pytest

from grace_workers.settings import Settings
from tests.architecture.house import ROOT

PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
LOOPBACK = re.compile(r"https?://(?:localhost|127\.0\.0\.1|\[::1\]):(\d+)")
PARTS = [getattr(field.annotation, "model_fields", {}) for field in Settings.model_fields.values()]
DEFAULTS = {str(part["port"].default) for part in PARTS if "port" in part}
OTHERS = {("docs/how-to/deploy-with-compose.md", "9090"): "Prometheus, published by compose.yaml"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_loopback_address_has_a_default_port_of_the_settings(page):
    place = page.relative_to(ROOT).as_posix()
    assert [port for port in _ports(page) if port not in DEFAULTS and (place, port) not in OTHERS] == []


def test_every_exception_is_still_needed():
    shown = {(page.relative_to(ROOT).as_posix(), port) for page in PAGES for port in _ports(page)}
    assert {port for _, port in shown} >= DEFAULTS
    assert OTHERS.keys() - shown == set()


def _ports(page):
    return LOOPBACK.findall(page.read_text(encoding="utf-8"))
