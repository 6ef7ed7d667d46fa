"""The graph of one function's control flow while it grows: its steps, what each expression adds, and every way out.

What stands round a step decides where it goes on: the next step, the head of a loop, a handler, or a `finally`.
"""

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from grace_workers.coding.extraction.scope import NameUse, own_nodes, use_of

_MOST = 60_000


class TooManySteps(ValueError):  # noqa: N818
    """The function has more steps than can be analysed."""


@dataclass(slots=True, eq=False)
class FlowStep:
    """A moment of a function's run. `node` is the statement, or the part of one, that it belongs to.

    `jump` says how it leaves its surroundings: `return`, `break`, `continue`, or `fault` at the end of a `finally`.
    """

    node: ast.AST | None = None
    use: NameUse = field(default_factory=NameUse)
    after: list["FlowStep"] = field(default_factory=list)
    faults: list["FlowStep"] = field(default_factory=list)
    jump: str = ""


@dataclass(slots=True)
class LoopFrame:
    """A loop: where `continue` and `break` lead."""

    head: FlowStep
    leave: FlowStep


@dataclass(slots=True)
class CatchingFrame:
    """What may catch an exception: the entries of its handlers, and whether they catch every one."""

    entries: list[FlowStep]
    everything: bool


@dataclass(slots=True)
class FinalFrame:
    """A `finally`: its entry, and the ways out that go on behind it."""

    entry: FlowStep
    pending: set[str] = field(default_factory=set)


class FlowGraph:
    """The steps so far, and the front: those that the next step follows."""

    def __init__(self) -> None:
        self.steps: list[FlowStep] = []
        self.leave = FlowStep()
        self._stack: list[LoopFrame | CatchingFrame | FinalFrame] = []
        self._owner: ast.AST | None = None
        self._front: list[FlowStep] = []

    def _label(self) -> FlowStep:
        if len(self.steps) > _MOST:
            raise TooManySteps
        step = FlowStep(self._owner)
        self.steps.append(step)
        return step

    def _link(self, front: Sequence[FlowStep], to: FlowStep) -> None:
        for one in front:
            one.after.append(to)

    def _step(self, node: ast.AST, use: NameUse) -> FlowStep:
        step = self._label()
        step.node, step.use = node, use
        step.faults = self._faults()
        self._link(self._front, step)
        self._front = [step]
        return step

    def _faults(self) -> list[FlowStep]:
        found: list[FlowStep] = []
        for frame in reversed(self._stack):
            if isinstance(frame, CatchingFrame):
                found += frame.entries
                if frame.everything:
                    return found
            elif isinstance(frame, FinalFrame):
                frame.pending.add("fault")
                return [*found, frame.entry]
        return [*found, self.leave]

    def _jump(self, kind: str) -> None:
        for step in self._front:
            step.jump = kind
        for frame in reversed(self._stack):
            if isinstance(frame, FinalFrame):
                frame.pending.add(kind)
                self._link(self._front, frame.entry)
                break
            if isinstance(frame, LoopFrame) and kind != "return":
                self._link(self._front, frame.leave if kind == "break" else frame.head)
                break
        else:
            self._link(self._front, self.leave)
        self._front = []

    def _head(self) -> FlowStep:
        head = self._label()
        self._link(self._front, head)
        self._front = [head]
        return head

    def _simple(self, node: ast.stmt) -> None:
        values = [one for one in ast.iter_child_nodes(node) if isinstance(one, ast.expr)]
        if not _has_walrus(values):
            self._step(node, use_of([node]))
            return
        for value in sorted(values, key=lambda one: isinstance(getattr(one, "ctx", None), ast.Store)):
            self._expression(value, node)
        use = use_of([node])
        walrus = {one.target.id for one in own_nodes(values) if isinstance(one, ast.NamedExpr)}
        stored = use_of([one for one in values if isinstance(getattr(one, "ctx", None), ast.Store)])
        self._step(node, NameUse(binds=(use.binds - walrus) | stored.binds))

    def _expression(self, node: ast.expr, owner: ast.AST) -> None:
        """Add the steps of an expression; only one that binds names takes more than one."""
        if not _has_walrus([node]):
            self._step(owner, use_of([node]))
        elif isinstance(node, ast.NamedExpr):
            self._expression(node.value, owner)
            self._step(owner, use_of([node.target]))
        elif isinstance(node, ast.BoolOp | ast.IfExp) or _is_not(node):
            true, false = self._condition(node, owner)
            self._front = [*true, *false]
        elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            self._maybe(node, owner)
        else:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.keyword | ast.expr):
                    self._expression(child.value if isinstance(child, ast.keyword) else child, owner)

    def _maybe(self, node: ast.expr, owner: ast.AST) -> None:
        self._step(owner, NameUse(reads=use_of([node]).reads, captures=use_of([node]).captures))
        skipped = list(self._front)
        self._step(owner, _binding(use_of([node])))
        self._front += skipped

    def _condition(self, node: ast.expr, owner: ast.AST) -> tuple[list[FlowStep], list[FlowStep]]:
        """Add the steps of a condition; return where it continues when true and when false."""
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            true, false = self._condition(node.operand, owner)
            return false, true
        if isinstance(node, ast.BoolOp) and _has_walrus([node]):
            return self._operands(node, owner)
        if isinstance(node, ast.IfExp) and _has_walrus([node]):
            true, false = self._condition(node.test, owner)
            self._front = true
            self._expression(node.body, owner)
            done, self._front = self._front, false
            self._expression(node.orelse, owner)
            return [*done, *self._front], [*done, *self._front]
        self._expression(node, owner)
        if isinstance(node, ast.Constant):
            return (self._front, []) if node.value else ([], self._front)
        return list(self._front), list(self._front)

    def _operands(self, node: ast.BoolOp, owner: ast.AST) -> tuple[list[FlowStep], list[FlowStep]]:
        early: list[FlowStep] = []
        going: list[FlowStep] = self._front
        for value in node.values:
            self._front = going
            true, false = self._condition(value, owner)
            stop, going = (false, true) if isinstance(node.op, ast.And) else (true, false)
            early += stop
        return (going, early) if isinstance(node.op, ast.And) else (early, going)


def _has_walrus(nodes: Iterable[ast.AST]) -> bool:
    return any(isinstance(one, ast.NamedExpr) for one in own_nodes(nodes))


def _is_not(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _binding(use: NameUse) -> NameUse:
    return NameUse(binds=use.binds, unbinds=use.unbinds)
