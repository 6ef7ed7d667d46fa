"""Trying optimisations of functions: written into a copy, compared with the code as it is, and kept if they win."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from grace_workers.coding.copy_file import write_file
from grace_workers.coding.deadline import Deadline
from grace_workers.coding.engines.optimising.speed import CONFIDENCE, Speed, measured
from grace_workers.coding.functions import Defined, FunctionIndex
from grace_workers.coding.intents.intent import SafetyLevel
from grace_workers.coding.optimisations.optimisation import FasterCode, Optimisation
from grace_workers.coding.patch import edited
from grace_workers.coding.rewriting.slow_function import SlowFunction
from grace_workers.coding.suite import Conversation, Suite

_WORTH, _NO_WORSE = 1.1, 0.5
_TEST_SECONDS = 2.0
_Told = tuple[dict[str, list[str]], int, str]


@dataclass(slots=True)
class Optimising:
    """Optimises functions of one file. `before` and `after` are the suite over two copies of the tree."""

    before: Suite
    after: Suite
    file: str
    text: str
    benchmark: str
    deadline: Deadline
    optimisations: Sequence[Optimisation]
    tried: int = 0
    story: list[str] = field(default_factory=list)
    level: SafetyLevel = SafetyLevel.SAFE
    unmeasured: bool = False

    def run(self, function: str) -> None:
        """Make a function faster, change by change, as long as one wins."""
        rejected: set[str] = set()
        while self.deadline.left > 1 and self._step(function, rejected):
            continue

    def _step(self, function: str, rejected: set[str]) -> bool:
        found = [(one, made) for one, made in self._proposed(function) if made[0] not in rejected]
        if not found:
            return False
        with self.before.serve(self.deadline) as talk:
            told = self._begun(talk, function, "")
            if told is None:
                self.unmeasured = True
                return False
            for one, (text, what) in found:
                if self.deadline.left <= 1:
                    break
                self.tried += 1
                said = self._won(talk, told, function, text)
                if said:
                    self.story.append(f"{function}: {what}: {said}")
                    self.level = max(self.level, one.level, key=list(SafetyLevel).index)
                    self.text = text
                    write_file(self.before.folder, self.file, text.encode())
                    return True
                rejected.add(text)
        return False

    def _proposed(self, function: str) -> Iterator[tuple[Optimisation, tuple[str, str]]]:
        named = FunctionIndex(self.text.encode()).named(function)
        if named is None or named.node is None:
            return
        tree = ast.parse(self.text)
        line = named.node.lineno
        node = next(one for one in ast.walk(tree) if isinstance(one, Defined) and one.lineno == line)
        for one in self.optimisations:
            for made in one.propose(SlowFunction(self.text, tree, node)):
                text = written(self.text, made)
                if text is not None:
                    yield one, (text, made.what)

    def _begun(self, talk: Conversation, function: str, inputs: str) -> _Told | None:
        """Return what the calls give; None if there are none, or the program does not get that far."""
        ready = talk.answer()
        if ready is None or ready["event"] != "ready":
            return None
        tests = list(range(len(ready["ids"])))
        request: dict[str, Any] = {
            "do": "measure", "file": self.file, "function": function, "benchmark": self.benchmark, "inputs": inputs,
            "tests": tests, "seconds": [_TEST_SECONDS] * len(tests),
        }  # fmt: skip
        told = talk.ask(request)
        return (told[0], int(told[1]), str(told[2])) if told and told[0]["small"] else None

    def _won(self, talk: Conversation, told: _Told, function: str, text: str) -> str:
        """Return in words how much faster a text is; empty if it is not, or gives something else."""
        write_file(self.after.folder, self.file, text.encode())
        with self.after.serve(self.deadline) as other:
            made = self._begun(other, function, told[2])
            if made is None or made[0] != told[0]:
                return ""
            small = measured(talk, other, "small")
            large = measured(talk, other, "large") if told[0]["large"] else small
        if small is None or large is None or large.least < _WORTH or small.ratio < _NO_WORSE:
            return ""
        return self._words(told, small, large)

    def _words(self, told: _Told, small: Speed, large: Speed) -> str:
        sure = f"at least {large.least:.2f} times with {CONFIDENCE:.1%} confidence"
        if self.benchmark:
            return f"{large.ratio:.2f} times as fast by {self.benchmark}, {sure}"
        if not told[0]["large"]:
            return f"{large.ratio:.2f} times as fast on {_calls(told[0]['small'])}, {sure}"
        return (
            f"{large.ratio:.2f} times as fast on {_calls(told[0]['large'])} enlarged up to {told[1]} times, {sure}; "
            f"{small.ratio:.2f} times as fast on such calls as they are"
        )


def _calls(made: Sequence[str]) -> str:
    return f"{len(made)} call{'s' if len(made) > 1 else ''} of the tests"


def written(source: str, made: FasterCode) -> str | None:
    """Return the module with the edits made; None if it is none then, or the same."""
    text = edited(source.encode(), made.edits).decode()
    try:
        compile(text, "<optimised>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return None
    return text if text != source else None
