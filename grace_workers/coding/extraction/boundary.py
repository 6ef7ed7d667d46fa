"""What crosses the edge of a block: the names that flow in and out, and the ways in which it is left."""

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from grace_workers.coding.extraction.analysis import bound_after, bound_before, live_before, reachable
from grace_workers.coding.extraction.flow import Flow
from grace_workers.coding.extraction.flow_graph import FlowStep
from grace_workers.coding.extraction.refusal import ExtractionRefused
from grace_workers.coding.extraction.scope import Function, locals_of, own_nodes, use_of

Exit = ast.Return | ast.Break | ast.Continue
_LOOPS = (ast.For, ast.AsyncFor, ast.While)


@dataclass(frozen=True, slots=True)
class Boundary:
    """What a block needs and produces. `sends`: which outputs an exit must return; under None, the normal end."""

    inputs: frozenset[str]
    outputs: frozenset[str]
    falls: bool
    exits: tuple[Exit, ...]
    sends: dict[Exit | None, frozenset[str]]
    asynchronous: bool
    generator: bool


def exits_of(block: Sequence[ast.AST]) -> Iterator[Exit]:
    """Yield the statements that leave the block: returns, and a break or continue of a loop around it."""
    yield from _exits(block, in_loop=False)


def _exits(nodes: Collection[ast.AST], *, in_loop: bool) -> Iterator[Exit]:
    for node in nodes:
        if isinstance(node, ast.Return) or (isinstance(node, ast.Break | ast.Continue) and not in_loop):
            yield node
        elif isinstance(node, _LOOPS):
            yield from _exits(node.body, in_loop=True)
            yield from _exits(node.orelse, in_loop=in_loop)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.expr):
            yield from _exits(list(ast.iter_child_nodes(node)), in_loop=in_loop)


class BoundaryFinder:
    """Finds the boundary of a block or an expression. `foreign` are outer functions' names, given as arguments too."""

    def __init__(self, function: Function, block: Sequence[ast.AST], foreign: Collection[str] = ()) -> None:
        self.function, self.block = function, block
        self.flow = Flow(function)
        self.inside = self.flow.within(block)
        self.known = set(self.inside)
        self.outside = [step for step in self.flow.steps if step not in self.known]
        self.use = use_of(block)
        self.locals = locals_of(function) | set(foreign)
        self.foreign = frozenset(foreign)
        self.live = live_before(self.flow.steps)
        self.entries = [step for step in self.inside if any(step in one.after for one in self.outside)]
        self.bound = bound_before(self.flow.steps, [self.flow.entry], self.foreign)

    def find(self) -> Boundary:
        """Return the boundary.

        Raises:
            ExtractionRefused: the block cannot be moved without changing its behaviour.
        """
        if not any(step in self.bound for step in self.entries):
            raise ExtractionRefused("The lines are never reached.")
        stored = (self.use.binds | self.use.unbinds) & self.locals
        sends = self._sends(stored)
        outputs = frozenset().union(*sends.values())
        inputs = self._inputs(outputs, sends)
        self._refuse_lost(stored - outputs)
        self._refuse_closures(stored, inputs, outputs)
        self._refuse_faults(stored)
        self._refuse_unbound(inputs, outputs)
        self._refuse_late(outputs)
        nodes = list(own_nodes(self.block))
        return Boundary(
            inputs=inputs, outputs=outputs, falls=self._falls(), exits=tuple(exits_of(self.block)), sends=sends,
            asynchronous=any(_awaits(one) for one in nodes),
            generator=any(isinstance(one, ast.Yield | ast.YieldFrom) for one in nodes),
        )  # fmt: skip

    def _edges(self) -> Iterator[tuple[FlowStep, FlowStep]]:
        return ((step, after) for step in self.inside if step in self.bound for after in step.after
                if after not in self.known)  # fmt: skip

    def _falls(self) -> bool:
        return any(not step.jump for step, _ in self._edges())

    def _sends(self, stored: set[str]) -> dict[Exit | None, frozenset[str]]:
        sends: dict[Exit | None, frozenset[str]] = {None: frozenset()}
        by_kind: dict[str, set[str]] = {}
        for step, after in self._edges():
            by_kind.setdefault(step.jump, set()).update(self.live[after] & stored)
        sends[None] = frozenset(by_kind.get("", ()))
        for one in exits_of(self.block):
            sends[one] = frozenset(by_kind.get(type(one).__name__.lower(), ()))
        return sends

    def _inputs(self, outputs: frozenset[str], sends: dict[Exit | None, frozenset[str]]) -> frozenset[str]:
        exposed = live_before(self.inside)
        needed = set().union(*(exposed[one] for one in self.entries)) & self.locals
        elsewhere = set().union(*(step.use.binds for step in self.outside))
        local = self.use.binds - elsewhere - outputs - self.foreign
        inputs = needed - local
        while missing := self._missing(inputs, sends) - inputs:
            inputs |= missing
        return frozenset(inputs)

    def _missing(self, inputs: set[str], sends: dict[Exit | None, frozenset[str]]) -> set[str]:
        """Return the names that an exit must return but that may be unbound there unless they are passed in."""
        bound = bound_before(self.inside, self.entries, inputs)
        missing: set[str] = set()
        for step, _ in self._edges():
            have = bound_after(step, bound.get(step, set()))
            kind = step.jump
            wanted = [names for one, names in sends.items() if _kind(one) == kind]
            missing |= set().union(*wanted) - have
        return missing

    def _refuse_unbound(self, inputs: frozenset[str], outputs: frozenset[str]) -> None:
        for name in sorted(inputs):
            surely = all(name in self.bound[one] for one in self.entries if one in self.bound)
            if not surely and (name in outputs or not self._reads_first(name)):
                raise ExtractionRefused(f"{name!r} may be unbound where the block begins or ends.")
        deleted = {one for step in self.inside for one in step.use.unbinds}
        if lost := sorted(deleted & (inputs | outputs)):
            raise ExtractionRefused(f"The block unbinds {lost[0]!r}, which is bound or read outside of it.")

    def _reads_first(self, name: str) -> bool:
        """Return whether the block evaluates the name before it does anything else that could be observed."""
        return any(
            isinstance(one, ast.Name) and one.id == name and isinstance(one.ctx, ast.Load)
            for one in _unconditional(self.block[0])
        )

    def _refuse_lost(self, kept: set[str]) -> None:
        """Refuse if the function would no longer bind a name that it still reads."""
        outside = [step.use for step in self.outside]
        bound = {name for use in outside for name in use.binds | use.unbinds} | self.foreign
        read = {name for use in outside for name in use.reads}
        if lost := sorted((kept & read) - bound):
            raise ExtractionRefused(f"Only the block binds {lost[0]!r}, which is read elsewhere before it.")

    def _refuse_closures(self, stored: set[str], inputs: frozenset[str], outputs: frozenset[str]) -> None:
        later = reachable(self.inside)
        loops = any(one in later for one in self.outside if any(entry in one.after for entry in self.entries))
        rebound = {name for step in self.outside if step in later for name in step.use.binds}
        shared = self.use.captures & self.locals
        for name in sorted(shared):
            if name in rebound or (loops and name in stored):
                raise ExtractionRefused(f"A closure of the block captures {name!r}, which is bound again later.")
        if changed := sorted(self.use.rebinds & (inputs | outputs)):
            raise ExtractionRefused(f"A closure of the block assigns {changed[0]!r}, which is used outside of it.")
        for step in self.outside:
            names = (step.use.captures & stored) | (step.use.rebinds & self.locals & (self.use.reads | stored))
            if names and self._reaches_block(step):
                raise ExtractionRefused(f"A closure outside of the block shares {min(names)!r} with it.")

    def _reaches_block(self, step: FlowStep) -> bool:
        return not reachable([step]).isdisjoint(self.entries)

    def _refuse_faults(self, stored: set[str]) -> None:
        """Refuse if an exception would hide what the block has bound from a handler outside it."""
        for step in self.inside:
            names = step.use.binds & stored
            if not names:
                continue
            for later in self._inside_after(step):
                targets = [*later.faults, *(later.after if later.jump == "fault" else ())]
                for target in targets:
                    if target not in self.known and (lost := sorted(names & self.live[target])):
                        raise ExtractionRefused(f"An exception handler around the block reads {lost[0]!r} of it.")

    def _inside_after(self, step: FlowStep) -> set[FlowStep]:
        found: set[FlowStep] = set()
        pending = [step]
        while pending:
            for one in (*(now := pending.pop()).after, *now.faults):
                if one in self.known and one not in found:
                    found.add(one)
                    pending.append(one)
        return found

    def _refuse_late(self, outputs: frozenset[str]) -> None:
        """Refuse if a `finally` of the block binds an output after an exit has already read it."""
        for node in own_nodes(self.block):
            if not isinstance(node, ast.Try | ast.TryStar) or not any(exits_of([*node.body, *node.orelse])):
                continue
            if use_of(node.finalbody).binds & outputs:
                raise ExtractionRefused("A finally of the block changes what an exit of the block gives.")


def _kind(one: Exit | None) -> str:
    return "" if one is None else type(one).__name__.lower()


def _awaits(node: ast.AST) -> bool:
    awaiting = isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith)
    return awaiting or (isinstance(node, ast.comprehension) and bool(node.is_async))


def _unconditional(node: ast.AST) -> Iterator[ast.AST]:
    """Walk what a statement evaluates in any case, unless something before it raises."""
    yield node
    if isinstance(node, ast.BoolOp):
        yield from _unconditional(node.values[0])
    elif isinstance(node, ast.IfExp | ast.If | ast.While):
        yield from _unconditional(node.test)
    elif isinstance(node, ast.For | ast.AsyncFor):
        yield from _unconditional(node.iter)
    elif isinstance(node, ast.With | ast.AsyncWith):
        yield from _unconditional(node.items[0])
    elif isinstance(node, ast.Compare):
        yield from _unconditional(node.left)
        yield from _unconditional(node.comparators[0])
    elif isinstance(node, ast.Expr | ast.Assign | ast.Return | ast.AugAssign | ast.AnnAssign | ast.expr) and not (
        isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp)
    ):
        for child in ast.iter_child_nodes(node):
            yield from _unconditional(child)
    elif isinstance(node, ast.keyword | ast.withitem):
        yield from _unconditional(node.value if isinstance(node, ast.keyword) else node.context_expr)
