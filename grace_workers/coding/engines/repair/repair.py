"""Repair: find where, try changes, choose one, and verify it by the whole suite."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from grace_workers.coding.baseline import Baseline
from grace_workers.coding.deadline import Deadline
from grace_workers.coding.engines.localisation.evidence import covers
from grace_workers.coding.engines.localisation.localise import Suspect, localise
from grace_workers.coding.engines.patterns.matching import known_fixes
from grace_workers.coding.engines.patterns.mining import mined
from grace_workers.coding.engines.repair.candidates import Candidate, candidates, pairs, repeated
from grace_workers.coding.engines.repair.memorised import decides_by_heart, mentions, values_of_tests
from grace_workers.coding.engines.repair.preserving import preserving
from grace_workers.coding.engines.repair.ranking import Ranked, rank
from grace_workers.coding.engines.repair.report import RepairReport
from grace_workers.coding.engines.repair.static_checks import StaticChecks, clean_first
from grace_workers.coding.engines.repair.trying import Selected, Timed, Trials
from grace_workers.coding.engines.repair.verifying import objection_of
from grace_workers.coding.left_out import left_out, outside
from grace_workers.coding.patch import diff_of, edited
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.suite import Conversation

_SUSPECTS, _PLAUSIBLE, _PATCHES = 6, 40, 10
_BEYOND, _FARTHER = 1600, 2
_EARLY, _SLOW = 600, 16
_INPUTS, _HISTORY = 120, 400
_ENOUGH = 0.6
_PATIENCE = (0.01, 0.1, 0.5, 3.0)
_VERIFIED, _SHOWN = 4, 5
_SELECTED_SECONDS, _WHOLE_RUNS = 2.0, 3.0


@dataclass(slots=True)
class Repair:
    """One repair over one baseline. With `error`, only what raises it may change, and nothing that works."""

    baseline: Baseline
    deadline: Deadline
    error: str = ""
    story: list[str] = field(default_factory=list)

    def run(self, targets: Sequence[str] | None) -> RepairReport:
        """Return the patches that were found, the first of them verified, or why there are none."""
        suspects = self._suspects(targets)
        if not suspects:
            return self._refused(ReasonCode.NOT_FOUND, self._unreached(), 0)
        beyond = outside(self.baseline.traced, self.baseline.suite.folder)
        self.story += [f"{name} {why}; leave it out with: -- --deselect {name}" for name, why in beyond.items()]
        # Wall time, because a busy machine slows the last run of the suite as it slowed the first ones.
        reserve = min(self.deadline.seconds / 3, 1.0 + _WHOLE_RUNS * self.baseline.wall)
        search = Deadline(self.deadline.clock, self.deadline.began, self.deadline.seconds - reserve)
        with self.baseline.suite.serve(search) as talk:
            ready = talk.answer()
            if ready is None or ready["event"] != "ready":
                return self._refused(ReasonCode.NOT_FOUND, "The tests cannot be collected without the fault.", 0)
            selected = self._selected(ready["ids"], suspects)
            trials = Trials(talk, selected, search)
            plausible = self._search(trials, suspects)
            ranked = self._ranked(talk, selected, plausible)
        return self._verified(ranked, trials)

    def _unreached(self) -> str:
        """Return that there is nothing to edit, with the files that are left out, because the fault may be in one."""
        told = "No function that may be edited is executed by a failing test."
        files = left_out(self.baseline.suite.folder)
        return f"{told} Left out: {'; '.join(files[:_SHOWN])}." if files else told

    def _suspects(self, targets: Sequence[str] | None) -> Sequence[Suspect]:
        found = localise(self.baseline.traced, self.baseline.tree, self.baseline.sources)
        if targets is None:
            return found[:_SUSPECTS]
        known = {suspect.target: suspect for suspect in found}
        lines = {target: known[target].lines for target in targets if target in known}
        named = [(target, *target.partition("::")[::2]) for target in targets]
        return [
            Suspect(file, function, round(0.9**place, 6), lines.get(target, {}))
            for place, (target, file, function) in enumerate(named)
            if file in self.baseline.sources
        ]

    def _selected(self, ids: Sequence[str], suspects: Sequence[Suspect]) -> Selected:
        place = {name: number for number, name in enumerate(ids)}
        traced, timed = self.baseline.traced, self.baseline.timed
        failing = [(place[run.name], timed.runs[run.name]) for run in traced.failing if run.name in place]
        functions = [
            (one.file, function)
            for one in suspects
            if (index := self.baseline.tree.index(one.file)) and (function := index.named(one.function))
        ]
        passing = [
            (place[run.name], timed.runs[run.name])
            for run in traced.passing
            if run.name in place and any(covers(run.lines, file, function) for file, function in functions)
        ]
        passing.sort(key=lambda one: (round(one[1].seconds, 2), one[0]))
        failing.sort(key=lambda one: (one[1].hung, round(one[1].seconds, 2), one[0]))
        return Selected(tuple(failing), tuple(_within(passing, _SELECTED_SECONDS)))

    def _search(self, trials: Trials, suspects: Sequence[Suspect]) -> list[Candidate]:
        tests = values_of_tests(self.baseline)
        singles = [one for one in self._singles(suspects) if not self._by_heart(one, tests)]
        self.story.append(f"{len(singles)} single edits of {', '.join(one.target for one in suspects)}")
        found = self._quick(trials, singles)
        for patience in _PATIENCE[1:]:
            if found or trials.ended:
                return found
            found = self._collect(trials, iter(trials.slow()), patience)
        if found or trials.ended:
            return found
        hopeful = [one for _, one in sorted(trials.hopeful, key=lambda one: (-one[0], -one[1].score))] or singles
        return self._collect(trials, pairs(hopeful, singles), _PATIENCE[0])

    def _quick(self, trials: Trials, singles: Sequence[Candidate]) -> list[Candidate]:
        """Return what passes at once; a likely edit that passes some tests and then is slow gets more time early."""
        found = self._collect(trials, iter(singles[:_EARLY]), _PATIENCE[0])
        if not found and not trials.ended:
            found = self._collect(trials, iter(trials.slow(1)[:_SLOW]), _PATIENCE[-1])
        # Behind a success, as many others are tried as might be better.
        found += self._collect(trials, iter(singles[_EARLY : _BEYOND if found else None]), _PATIENCE[0])
        if not found and not trials.ended:
            found = self._collect(trials, repeated(singles), _PATIENCE[0])
        return found

    def _singles(self, suspects: Sequence[Suspect]) -> list[Candidate]:
        """Return the edits to try, what earlier fixes of the repository did first."""
        patterns = mined(self.baseline.repository.edits(_HISTORY))
        known = known_fixes(patterns, suspects, self.baseline.tree)
        if known:
            self.story.append(
                f"{len(known)} edits follow {len(patterns)} patterns of earlier changes, and are tried first"
            )
        done = {one.changes for one in known}
        return [*known, *(one for one in candidates(suspects, self.baseline.tree) if one.changes not in done)]

    def _collect(self, trials: Trials, pending: Iterator[Candidate], patience: float) -> list[Candidate]:
        """Return what passes, continuing for a while after the first, because the first is often not the right one."""
        found: list[Candidate] = []
        farthest = _Farthest(trials.deadline)
        for place, candidate in trials.passing(farthest.within(pending), patience):
            if not found:
                farthest.place = max(_FARTHER * place, place + _BEYOND)
            found.append(candidate)
            if len(found) >= _PLAUSIBLE:
                break
        return found

    def _by_heart(self, candidate: Candidate, tests: frozenset[str]) -> bool:
        change = candidate.changes[0]
        if not any(mentions(edit.text, tests) for edit in change.edits):
            return False
        before = self.baseline.tree.read(change.file)
        after = edited(before, change.edits)
        return decides_by_heart(before.decode("utf-8", "replace"), after.decode("utf-8", "replace"), tests)

    def _ranked(self, talk: Conversation, selected: Selected, plausible: Sequence[Candidate]) -> list[Ranked]:
        if not plausible[1:] and not (self.error and plausible):
            return [Ranked(one, 1.0) for one in plausible]
        file, function = plausible[0].function
        alike = [number for number, one in enumerate(plausible) if one.function == (file, function)]
        request = {
            "do": "behave",
            "first": plausible[0].plain(), "file": file, "function": function, "most": _INPUTS, "wall": 20.0,
            "tests": selected.numbers, "seconds": selected.seconds(0.3),
            "candidates": [[], *(plausible[number].plain() for number in alike)],
        }  # fmt: skip
        told = talk.ask(request)
        if self.error:
            known = told or [()]
            return self._preserved(plausible, dict(zip(alike, known[1:], strict=False)), known[0])
        if told is None:
            return rank(plausible, {}, ())
        return rank(plausible, dict(zip(alike, told[1:], strict=True)), told[0])

    def _preserved(
        self,
        plausible: Sequence[Candidate],
        behaviours: Mapping[int, Sequence[str]],
        before: Sequence[str],
    ) -> list[Ranked]:
        """Return what keeps everything that worked, ranked; what answers unlike other calls comes last."""
        kept = preserving(before, behaviours, self.error)
        self.story.append(f"{len(plausible) - len(kept)} of {len(plausible)} patches change what worked before")
        same = {place: behaviours[number] for place, number in enumerate(kept)}
        found = rank([plausible[number] for number in kept], same, before)
        alike = {id(plausible[number]) for number, usual in kept.items() if usual}
        return sorted(found, key=lambda one: id(one.candidate) not in alike)

    def _verified(self, ranked: Sequence[Ranked], trials: Trials) -> RepairReport:
        if not ranked:
            code = ReasonCode.BUDGET if trials.ended else ReasonCode.NOT_FOUND
            tests = ", ".join(run.name for _, run in trials.selected.failing[:2])
            return self._refused(code, f"No patch among {trials.tried} candidates passes {tests}.", trials.tried)
        checks = StaticChecks(self.baseline, self.deadline)
        for number, (one, added) in enumerate(
            clean_first(checks, ranked[:_VERIFIED], lambda one: self._files(one.candidate))
        ):
            files = self._files(one.candidate)
            objection = objection_of(self.baseline, files, self.deadline)
            if objection is None:
                self.story += checks.told() if added is None else [*checks.story, f"it was taken although {added}"]
                if one.candidate.operators == ("pattern",):
                    self.story.append(f"the patch repeats an earlier change: {one.candidate.key}")
                rest = [other for other in ranked if other is not one][: _PATCHES - 1]
                patches = tuple(dict.fromkeys(self._diff(other.candidate) for other in (one, *rest)))
                return RepairReport(
                    patches=patches, verified=True, confidence=round(one.share, 4), candidates=trials.tried,
                    files=tuple(files.items()), story=tuple(self.story),
                )  # fmt: skip
            self.story.append(f"patch {number + 1}: {objection}")
        told = self.story[-1]
        return self._refused(
            ReasonCode.NOT_FOUND, f"What passes the selected tests fails the whole suite: {told}.", trials.tried
        )

    def _files(self, candidate: Candidate) -> dict[str, bytes]:
        made: dict[str, bytes] = {}
        for change in candidate.changes:
            made[change.file] = edited(made.get(change.file) or self.baseline.tree.read(change.file), change.edits)
        return made

    def _diff(self, candidate: Candidate) -> str:
        return "".join(
            diff_of(name, self.baseline.tree.read(name), content) for name, content in self._files(candidate).items()
        )

    def _refused(self, code: ReasonCode, message: str, tried: int) -> RepairReport:
        return RepairReport(reason=Reason(code, message), candidates=tried, story=tuple(self.story))


def repaired(baseline: Baseline, deadline: Deadline, targets: Sequence[str] | None, *, error: str = "") -> RepairReport:
    """Return the patches for what fails in `baseline`; `targets` limit what may be edited.

    With `error`, the name of an exception, a patch may change nothing but calls that raise it.
    """
    report = Repair(baseline, deadline, error).run(targets)
    return replace(report, confidence=None) if not report.verified else report


@dataclass(slots=True)
class _Farthest:
    """How far a search continues after its first success; nothing stops it before `place` is known."""

    deadline: Deadline
    place: float = float("inf")

    def within(self, pending: Iterator[Candidate]) -> Iterator[Candidate]:
        for place, one in enumerate(pending):
            late = self.deadline.spent > _ENOUGH * self.deadline.seconds
            if place > self.place or (late and self.place < float("inf")):
                return
            yield one


def _within(runs: Sequence[Timed], seconds: float) -> Iterator[Timed]:
    spent = 0.0
    for number, run in runs:
        spent += run.seconds
        if spent > seconds:
            return
        yield number, run
