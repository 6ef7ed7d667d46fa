"""What a repository's linter and type checker say of a patch, against what they said before. In the sandbox."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from grace_workers.coding.baseline import Baseline
from grace_workers.coding.copy_file import read_file, write_file
from grace_workers.coding.deadline import Deadline
from grace_workers.coding.engines.repair.static_tools import (
    CONFIGURING,
    StaticComplaint,
    StaticTool,
    tools_of,
)
from grace_workers.coding.sandbox import MEBIBYTE, SandboxLimits
from grace_workers.foundation.errors import PermanentError, TransientError

_SHOWN, _SHARE, _LEAST = 3, 0.25, 2.0
_LONGEST = 16 * MEBIBYTE


P = TypeVar("P")


@dataclass(slots=True)
class StaticChecks:
    """Compares, for the tools that the repository configures. A tool that cannot be run is told once and left out."""

    baseline: Baseline
    deadline: Deadline
    story: list[str] = field(default_factory=list)
    _tools: list[tuple[StaticTool, str]] | None = field(default=None, init=False)
    _before: dict[tuple[str, tuple[str, ...]], Counter[StaticComplaint]] = field(default_factory=dict, init=False)

    def added(self, files: Mapping[str, bytes]) -> str | None:
        """Return what changed files add to what the tools say, as the end of a sentence; None if nothing.

        The copy is as it was when this returns.
        """
        found: list[str] = []
        for tool, python in list(self._known()):
            new = self._added(tool, python, files)
            if new:
                more = f" and {len(new) - _SHOWN} more" if len(new) > _SHOWN else ""
                found.append(f"{tool.name} says what it did not say before: {'; '.join(new[:_SHOWN])}{more}")
        return ", and ".join(found) or None

    def told(self) -> Sequence[str]:
        """Return the sentences of the report about a patch that adds nothing."""
        names = " and ".join(tool.name for tool, _ in self._known())
        return (*self.story, *([f"{names} say nothing that they did not say before"] if names else []))

    def _known(self) -> Sequence[tuple[StaticTool, str]]:
        """Return the tools that are configured here and can be run, each with the interpreter that has it."""
        if self._tools is None:
            self._tools = []
            for tool in tools_of(self._texts()):
                python = next((one for one in self._pythons() if self._run(tool, one, None) is not None), None)
                if python is None:
                    self.story.append(f"{tool.name} is configured, but no interpreter here has it, so it was not asked")
                else:
                    self._tools.append((tool, python))
        return self._tools

    def _added(self, tool: StaticTool, python: str, files: Mapping[str, bytes]) -> Sequence[str]:
        names = tuple(sorted(name for name in files if name.endswith(".py")))
        if not names:
            return ()
        key = (tool.name, names)
        if key not in self._before:
            said = self._said(tool, python, names)
            if said is None:
                return self._left_out(tool)
            self._before[key] = said
        folder = self.baseline.suite.folder
        kept = {name: read_file(folder, name) for name in names if (folder / name).is_file()}
        try:
            for name in names:
                write_file(folder, name, files[name])
            after = self._said(tool, python, names)
        finally:
            for name in names:
                if name in kept:
                    write_file(folder, name, kept[name])
                else:
                    (folder / name).unlink(missing_ok=True)
        if after is None:
            return self._left_out(tool)
        return sorted(str(one) for one in (after - self._before[key]).elements())

    def _left_out(self, tool: StaticTool) -> Sequence[str]:
        self.story.append(f"{tool.name} fails or does not end in time here, so it was not asked")
        self._tools = [one for one in self._known() if one[0] is not tool]
        return ()

    def _said(self, tool: StaticTool, python: str, names: Sequence[str]) -> Counter[StaticComplaint] | None:
        output = self._run(tool, python, names)
        if output is None:
            return None
        try:
            return Counter(tool.read(output, str(self.baseline.suite.folder)))
        except (ValueError, KeyError, TypeError):
            return None

    def _run(self, tool: StaticTool, python: str, names: Sequence[str] | None) -> str | None:
        """Return what a tool prints about files, or about its version; None if it fails or does not end in time."""
        suite, left = self.baseline.suite, self.deadline.left * _SHARE
        if left < _LEAST:
            return None
        span = timedelta(seconds=left)
        suite.scratch.mkdir(exist_ok=True)
        words = ["--version"] if names is None else tool.words(names, str(suite.scratch / tool.name))
        try:
            program = suite.sandbox.start(
                [python, "-m", tool.name, *words],
                folder=suite.folder,
                writable=[suite.scratch],
                readable=[*suite.command.homes(), Path(sys.prefix), Path(sys.base_prefix)],
                limits=SandboxLimits(memory=2048 * MEBIBYTE, wall=span, cpu=2 * span),
                environment={"HOME": str(suite.scratch), "TMPDIR": str(suite.scratch), "LANG": "C.UTF-8"},
            )
            with program:
                program.stdin.close()
                output = program.stdout.read(_LONGEST)
                # A module of the repository that has the tool's name may print without end.
                if len(output) == _LONGEST:
                    return None
                ended = program.wait(span)
        except (TransientError, PermanentError):
            return None
        return output.decode("utf-8", "replace") if ended.code in (tool.endings if names else {0}) else None

    def _pythons(self) -> Sequence[str]:
        """Return the repository's interpreter, which has the versions that it is configured for, and then ours."""
        return tuple(dict.fromkeys((self.baseline.suite.command.python, sys.executable)))

    def _texts(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for name in CONFIGURING:
            try:
                found[name] = read_file(self.baseline.suite.folder, name).decode("utf-8", "replace")
            except OSError:
                continue
        return found


def clean_first(
    checks: StaticChecks, patches: Sequence[P], files_of: Callable[[P], Mapping[str, bytes]]
) -> Iterator[tuple[P, str | None]]:
    """Yield patches in their order, those to which a tool objects last, each with what it says."""
    worse: list[tuple[P, str]] = []
    for one in patches:
        checks.baseline.renew()
        added = checks.added(files_of(one))
        if added is None:
            yield one, None
        else:
            worse.append((one, added))
            checks.story.append(f"a patch was put last, because {added}")
    yield from worse
