"""Letting a service unit read its configuration again, after a test of that configuration."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import PurePath

from grace_workers.actions import Reloadable, Restartable
from grace_workers.drivers._shared.program import run
from grace_workers.drivers._shared.systemctl import Systemctl
from grace_workers.foundation.errors import ConflictError, PermanentError

# The arguments that let a program test its configuration and end, and the options that say where it is.
_KNOWN: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "nginx": (("-t", "-q"), ("-c", "-p")),
    "sshd": (("-t",), ("-f",)),
    "haproxy": (("-c",), ("-f", "-C")),
    "httpd": (("-t",), ("-f", "-d")),
    "apache2": (("-t",), ("-f", "-d")),
    "apachectl": (("configtest",), ()),
    "apache2ctl": (("configtest",), ()),
    "dnsmasq": (("--test",), ("-C",)),
    "lighttpd": (("-tt",), ("-f",)),
    "php-fpm": (("-t",), ("-y", "-p")),
}
_STARTS = re.compile(r"path=(\S+) ; argv\[\]=(.*?) ; ignore_errors=")
_LONGEST = 500
_VERSION = re.compile(r"[\d.]+$")


class ConfigurationTest:
    """The declared command, else that of the unit's program if it is known and `known` lets it be used."""

    def __init__(self, manager: Systemctl, unit: str, declared: Sequence[str] | None, *, known: bool) -> None:
        self._manager = manager
        self._unit = unit
        self._declared = declared
        self._known = known

    def command(self) -> Sequence[str]:
        """Return the command; empty if there is none."""
        if self._declared is not None or not self._known:
            return self._declared or ()
        (found,) = self._manager.show(self._unit, ("ExecStart",))
        return known_test(found.get("ExecStart") or "")

    def objection(self) -> str | None:
        """Return what the test says if it does not end with 0."""
        command = self.command()
        if not command:
            return None
        ran = run(command, patience=self._manager.patience)
        if ran.code == 0:
            return None
        # Many tests say what is wrong first, and last only that they failed.
        lines = [line.strip() for line in (ran.err.strip() or ran.out.strip()).splitlines() if line.strip()]
        return "; ".join(lines)[:_LONGEST] or ran.words


class UnitReload(Reloadable):
    """A reload as the unit declares it."""

    def __init__(self, manager: Systemctl, name: str, service: Restartable, tested: ConfigurationTest) -> None:
        self._manager = manager
        self._name = name
        self._service = service
        self._tested = tested

    def incarnation(self) -> str | None:
        return self._service.status().incarnation

    def tested_by(self) -> str | None:
        command = " ".join(self._tested.command())
        return f"`{command}`" if command else None

    def objection(self) -> str | None:
        return self._tested.objection()

    def reload(self) -> None:
        if not self._service.status().running:
            raise ConflictError(f"unit {self._name!r} does not run, so it has nothing to reload")
        (found,) = self._manager.show(self._name, ("CanReload",))
        if found.get("CanReload") != "yes":
            raise PermanentError(f"unit {self._name!r} cannot reload; give it `ExecReload=`, or restart it")
        self._manager.do("reload", "--", self._name)


def known_test(starts: str) -> Sequence[str]:
    """Return the command that tests the configuration of a unit's program, from its property `ExecStart`.

    The files of a configuration that the program is started with are tested, and no other option is taken over. Where
    the unit's environment alone says which files those are, there is no test.
    """
    found = _STARTS.search(starts)
    if found is None:
        return ()
    path, words = found[1], found[2].split()
    arguments, options = _KNOWN.get(_VERSION.sub("", PurePath(path).name), ((), ()))
    named = [pair for pair in pairwise(words) if pair[0] in options]
    if not arguments or any("$" in value for _, value in named):
        return ()
    return (path, *arguments, *(word for pair in named for word in pair))
