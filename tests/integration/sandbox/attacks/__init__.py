"""Hostile programs, by what they attack. Each prints MANAGED when it believes that it got through."""

from collections.abc import Mapping

from tests.integration.sandbox.attacks import files, kernel, network, processes, resources

ATTACKS: Mapping[str, str] = {
    f"{topic.__name__.rpartition('.')[2]}: {name}": code
    for topic in (files, kernel, network, processes, resources)
    for name, code in topic.PROGRAMS.items()
}
