"""Writes tests: explores a module in the sandbox, tries each call against mutants, and keeps the calls that tell."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from grace_workers.coding.copy_file import read_file, remove_file, write_file
from grace_workers.coding.deadline import Deadline
from grace_workers.coding.engines.localisation.evidence import SourceTree
from grace_workers.coding.engines.repair.candidates import Candidate
from grace_workers.coding.engines.suite_writing.attempted import Attempted, attempted
from grace_workers.coding.engines.suite_writing.choice import chosen, fewer, reaching
from grace_workers.coding.engines.suite_writing.mutants import mutants_of
from grace_workers.coding.engines.suite_writing.surviving import surviving, try_request
from grace_workers.coding.engines.suite_writing.text import draft_file, file_of_tests, procedures_of
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.suite import Conversation, Suite
from grace_workers.coding.trial.values import STANDARD
from grace_workers.foundation.errors import PermanentError, TransientError

_EXPLORING, _STOPPED, _OTHERS, _KILLING = 0.3, 0.4, 0.4, 0.7
_SEEDS, _DRAFT_SEEDS = 10, 2
_CHUNK, _MOST_DRAFTED = 20, 500
_DRAFTING, _STARTED, _KEPT, _USUAL = 0.3, 0.8, 0.4, 150
_MOST, _A_LINE, _ROUNDS = 100, 8, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenTests:
    """A file of tests with what is known of it: how many mutants it kills of how many, after how many calls."""

    content: str
    tests: int
    killed: int
    mutants: int
    tried: int


@dataclass(slots=True)
class Writing:
    """One file of tests for one module.

    `suite` runs pytest over a copy of the repository, into which `file` is put, and nothing but this file; `others`
    are the repository's own tests, if it has any.
    """

    suite: Suite
    module: str
    file: str
    deadline: Deadline
    others: Suite | None = None
    tree: SourceTree = field(init=False)
    source: str = ""
    standard: frozenset[str] = frozenset()
    run_seconds: float = 0.0

    def __post_init__(self) -> None:
        self.tree = SourceTree.of(lambda name: read_file(self.suite.folder, name))

    def run(self) -> WrittenTests | Reason:
        """Return the tests, or why there are none."""
        try:
            tried = self._explored()
            if isinstance(tried, Reason):
                return tried
            green = self._green(draft_file(self.module, tried, self.standard), tried, _DRAFT_SEEDS)
            if not green:
                return Reason(ReasonCode.NOT_FOUND, f"No call of {self.module} has a result that a test can expect.")
            mutants = mutants_of(self.source, self.tree)
            if self.others is not None:
                remove_file(self.suite.folder, self.file)
                mutants = surviving(mutants, self.others, self.source, self.tree, self._share(_OTHERS))
            kills, count = self._kills(green, mutants)
            return self._kept(green, kills, count, len(tried))
        except PermanentError as error:
            return Reason(ReasonCode.SANDBOX, f"The tests cannot be run: {error}.")
        except TransientError as error:
            return Reason(ReasonCode.BUDGET, f"The time is over: {error}.")

    def _share(self, share: float) -> Deadline:
        """Return the end of a share of the time that is left."""
        return Deadline.after(self.deadline.left * share, self.deadline.clock)

    def _explored(self) -> list[Attempted] | Reason:
        """Return the calls whose results can be expected, and remember the module's file."""
        seconds = self.deadline.left * _EXPLORING
        found: list[Attempted] = []
        with self.suite.explore(self.module, seconds, self._share(_STOPPED)) as talk:
            for event in talk.answers():
                if event["event"] == "unfit":
                    return Reason(ReasonCode.UNREADABLE, f"{self.module} cannot be imported: {event.get('text')}.")
                if event["event"] == "ready":
                    self.source = str(event["file"])
                    self.standard = frozenset(STANDARD) & frozenset(map(str, event["standard"]))
                if event["event"] == "found":
                    found += [one for told in event["attempts"] if (one := attempted(told)) is not None]
        if not self.source or not (self.suite.folder / self.source).resolve().is_relative_to(self.suite.folder):
            return Reason(ReasonCode.UNREADABLE, f"{self.module} is no file of the repository.")
        procedures = procedures_of(found)
        found = [one for one in found if one.operation not in procedures or one.after or one.raises]
        if not found:
            return Reason(ReasonCode.NOT_FOUND, f"Nothing of {self.module} could be called with a result to expect.")
        names, sizes = [one.operation for one in found], [one.size for one in found]
        return [found[one] for one in fewer([one.steps for one in found], names, sizes, _MOST_DRAFTED)]

    def _green(self, text: str, tests: Sequence[Attempted], seeds: int) -> list[Attempted]:
        """Return the calls of a draft that are as expected under every seed, in both orders."""
        good = set(range(len(tests)))
        for seed in range(seeds):
            began = self.deadline.left
            passed = self._passing(text, seed)
            self.run_seconds = max(self.run_seconds, began - self.deadline.left)
            good &= {number for number in range(len(tests)) if f"test_{number}" in passed}
        return [tests[number] for number in sorted(good)]

    def _passing(self, text: str, seed: int) -> frozenset[str]:
        """Return the names of the tests that pass, all in one process, every second time in the other order."""
        write_file(self.suite.folder, self.file, text.encode())
        with self.suite.serve(self._share(_DRAFTING), seed=seed) as talk:
            names = _ready(talk)
            order = range(len(names))[:: -1 if seed % 2 else 1]
            # What has not run by then counts as failing, and the rest of the time is for those that passed.
            wall = self.deadline.left * _DRAFTING / 2
            told = talk.ask(try_request([[]], list(order), whole=True, wall=wall))
        said = told[0]["said"] if told else ""
        return frozenset(names[number] for number, letter in zip(order, said, strict=False) if letter == "P")

    def _kills(self, green: Sequence[Attempted], mutants: Sequence[Candidate]) -> tuple[list[set[int]], int]:
        """Return the mutants that each call kills, and how many were tried."""
        write_file(self.suite.folder, self.file, draft_file(self.module, green, self.standard).encode())
        kills: list[set[int]] = [set() for _ in green]
        tried = 0
        # The file of what is kept is much shorter than the draft, but must be green ten times.
        share = min(_KEPT, _USUAL / max(len(green), 1))
        spare = (_SEEDS + 1) * (_STARTED + self.run_seconds * share) / max(self.deadline.left, 1.0)
        search = self._share(min(max(1 - spare, 1 - _KILLING), _KILLING))
        with self.suite.serve(search) as talk:
            numbers = {name: place for place, name in enumerate(_ready(talk))}
            for function, chunk in _chunks(mutants):
                through = self._through(function, green)
                order = [numbers[f"test_{place}"] for place in through]
                if not order:
                    continue
                told = talk.ask(try_request([mutants[one].plain() for one in chunk], order))
                if told is None or search.left <= 0:
                    break
                tried += sum(answer["verdict"] != "unfit" for answer in told)
                for mutant, answer in zip(chunk, told, strict=True):
                    _note(kills, mutant, answer, through)
        return kills, tried

    def _through(self, name: str, green: Sequence[Attempted]) -> list[int]:
        """Return calls that execute a function's body: of each line the shortest, and then the shortest of all."""
        index = self.tree.index(self.source)
        function = index.named(name) if index is not None else None
        if function is None or function.node is None:
            return []
        lines = range(function.node.body[0].lineno, function.last + 1)
        found = [place for place, one in enumerate(green) if any(line in lines for line in one.lines)]
        found.sort(key=lambda place: (green[place].size, place))
        first = {place for line in lines for place in [one for one in found if line in green[one].lines][:_A_LINE]}
        rest = [place for place in found if place not in first]
        return sorted([*first, *rest[: max(_MOST - len(first), 0)]], key=lambda place: (green[place].size, place))

    def _kept(
        self, green: Sequence[Attempted], kills: Sequence[set[int]], count: int, tried: int
    ) -> WrittenTests | Reason:
        """Return the file of the calls worth keeping, once it is green as often as asked."""
        stable = set(range(len(green)))
        for _ in range(_ROUNDS):
            places = self._worth(green, kills, stable)
            keep = [green[one] for one in places]
            if not keep:
                return Reason(ReasonCode.NOT_FOUND, f"No call of {self.module} distinguishes it from a mutant of it.")
            text = file_of_tests(self.module, keep, self._parameters(), self.standard)
            failing = self._failing(text)
            if not failing:
                killed = len(set().union(*(kills[place] for place in places)))
                return WrittenTests(content=text, tests=len(keep), killed=killed, mutants=count, tried=tried)
            # A test that needs another one, or luck, is left out together with what it kills.
            stable -= {place for place in stable if _stands_in(green[place], failing, text)}
        return Reason(ReasonCode.UNSTABLE, f"The tests of {self.module} do not pass in every order.")

    def _worth(self, green: Sequence[Attempted], kills: Sequence[set[int]], stable: set[int]) -> list[int]:
        """Return the tests to keep. Where the repository has tests of its own, what they execute is not known here."""
        sizes = [one.size for one in green]
        keep = chosen([mutants if place in stable else set() for place, mutants in enumerate(kills)], sizes)
        if self.others is None:
            steps = [one.steps if place in stable else frozenset() for place, one in enumerate(green)]
            keep += reaching(steps, keep, sizes)
        return sorted(keep)

    def _failing(self, text: str) -> set[str]:
        """Return the tests of the file that were not green once in ten runs, under ten seeds and in two orders."""
        failing: set[str] = set()
        wanted: set[str] = set()
        for seed in range(_SEEDS):
            write_file(self.suite.folder, self.file, text.encode())
            with self.suite.serve(self.deadline, seed=seed) as talk:
                names = _ready(talk)
                order = range(len(names))[:: -1 if seed % 2 else 1]
                told = talk.ask(try_request([[]], list(order), whole=True))
            said = told[0]["said"] if told else ""
            wanted |= set(names)
            failing |= wanted - {names[number] for number, letter in zip(order, said, strict=False) if letter == "P"}
        return failing or (set() if wanted else {"nothing was collected"})

    def _parameters(self) -> Mapping[str, Sequence[str]]:
        index = self.tree.index(self.source)
        found = {one.name: one.node for one in index.all if one.node is not None} if index is not None else {}
        return {name: _names(node, bound="." in name) for name, node in found.items()} | {
            name.removesuffix(".__init__"): _names(node, bound=True)
            for name, node in found.items()
            if name.endswith(".__init__")
        }


def _chunks(mutants: Sequence[Candidate]) -> Iterator[tuple[str, list[int]]]:
    """Yield some mutants of each function, then more of each, so that none is left out when the time is over."""
    by_function: dict[str, list[int]] = {}
    for number, one in enumerate(mutants):
        by_function.setdefault(one.function[1], []).append(number)
    for start in range(0, len(mutants), _CHUNK):
        parts = ((function, members[start : start + _CHUNK]) for function, members in by_function.items())
        yield from ((function, chunk) for function, chunk in parts if chunk)


def _note(kills: Sequence[set[int]], mutant: int, answer: Mapping[str, str], through: Sequence[int]) -> None:
    """Add a mutant to each call that fails with it; one that never ends is killed by the call during which it hangs."""
    said = answer["said"]
    for letter, place in zip(said, through, strict=False):
        if letter == "F":
            kills[place].add(mutant)
    if answer["verdict"] == "time" and len(said) < len(through):
        kills[through[len(said)]].add(mutant)


def _ready(talk: Conversation) -> list[str]:
    """Return the names of the collected tests without their file."""
    ready = talk.answer()
    if ready is None:
        raise TransientError("the tests that were written were not collected in time")
    if ready["event"] != "ready":
        raise PermanentError("the tests that were written cannot be collected")
    return [name.partition("::")[2] for name in ready["ids"]]


def _names(node: ast.FunctionDef | ast.AsyncFunctionDef, *, bound: bool) -> tuple[str, ...]:
    given = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
    return tuple(given[1:] if bound else given)


def _stands_in(one: Attempted, failing: set[str], text: str) -> bool:
    """Return whether the call is written in one of the failing tests."""
    bare = {name.partition("[")[0] for name in failing}
    blocks = [block for block in text.split("\n\n\n") if any(f"def {name}(" in block for name in bare)]
    call = one.call.partition("(")[2].rstrip(")")
    return any(one.call in block or (call and call in block) for block in blocks)
