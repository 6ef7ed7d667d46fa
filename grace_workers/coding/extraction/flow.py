"""The control flow of one function: steps that read and bind names, what follows each, and where an exception goes.

`finally` appears twice, once for the normal end and once for all exits, because the bound names differ between them.
"""

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from grace_workers.coding.extraction.scope import Function, NameUse, own_nodes, parameters, use_of

_MOST = 60_000
_SWALLOWING = ("suppress", "raises", "ignore", "catch", "exitstack", "warns", "subtest")
_EVERYTHING = {"BaseException"}


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
class _Loop:
    head: FlowStep
    leave: FlowStep


@dataclass(slots=True)
class _Catching:
    entries: list[FlowStep]
    everything: bool


@dataclass(slots=True)
class _Final:
    entry: FlowStep
    pending: set[str] = field(default_factory=set)


class Flow:
    """The steps of a function, from `entry` to `leave`."""

    def __init__(self, function: Function) -> None:
        self.steps: list[FlowStep] = []
        self._stack: list[_Loop | _Catching | _Final] = []
        self._owner: ast.AST | None = None
        self.leave = FlowStep()
        self.entry = self._label()
        self.entry.use.binds |= parameters(function.args)
        self._front = [self.entry]
        self._body(function.body)
        self._link(self._front, self.leave)
        self.steps.append(self.leave)

    def within(self, inside: Iterable[ast.AST]) -> list[FlowStep]:
        """Return the steps that belong to the given nodes or to nodes below them."""
        nodes = {id(below) for node in inside for below in ast.walk(node)}
        return [step for step in self.steps if step.node is not None and id(step.node) in nodes]

    # Building

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
            if isinstance(frame, _Catching):
                found += frame.entries
                if frame.everything:
                    return found
            elif isinstance(frame, _Final):
                frame.pending.add("fault")
                return [*found, frame.entry]
        return [*found, self.leave]

    def _jump(self, kind: str) -> None:
        for step in self._front:
            step.jump = kind
        for frame in reversed(self._stack):
            if isinstance(frame, _Final):
                frame.pending.add(kind)
                self._link(self._front, frame.entry)
                break
            if isinstance(frame, _Loop) and kind != "return":
                self._link(self._front, frame.leave if kind == "break" else frame.head)
                break
        else:
            self._link(self._front, self.leave)
        self._front = []

    def _body(self, body: Iterable[ast.stmt]) -> None:
        owner = self._owner
        for statement in body:
            self._owner = statement
            build = getattr(self, f"_on_{type(statement).__name__}", None)
            if build is not None:
                build(statement)
            else:
                self._simple(statement)
        self._owner = owner

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

    # Statements

    def _on_If(self, node: ast.If) -> None:  # noqa: N802
        self._front, otherwise = self._condition(node.test, node.test)
        self._body(node.body)
        done, self._front = self._front, otherwise
        self._body(node.orelse)
        self._front = [*done, *self._front]

    def _on_While(self, node: ast.While) -> None:  # noqa: N802
        loop = _Loop(self._head(), self._label())
        self._front, over = self._condition(node.test, node.test)
        self._looped(loop, node, over)

    def _on_For(self, node: ast.For | ast.AsyncFor) -> None:  # noqa: N802
        self._expression(node.iter, node.iter)
        loop = _Loop(self._head(), self._label())
        self._step(node.target, NameUse())
        over = list(self._front)
        self._step(node.target, use_of([node.target]))
        self._looped(loop, node, over)

    _on_AsyncFor = _on_For  # noqa: N815

    def _head(self) -> FlowStep:
        head = self._label()
        self._link(self._front, head)
        self._front = [head]
        return head

    def _looped(self, loop: _Loop, node: ast.For | ast.AsyncFor | ast.While, over: list[FlowStep]) -> None:
        self._stack.append(loop)
        self._body(node.body)
        self._stack.pop()
        self._link(self._front, loop.head)
        self._front = over
        self._body(node.orelse)
        self._link(self._front, loop.leave)
        self._front = [loop.leave]

    def _on_With(self, node: ast.With | ast.AsyncWith) -> None:  # noqa: N802
        swallowed = FlowStep(node)
        for item in node.items:
            self._expression(item.context_expr, item)
            if item.optional_vars is not None:
                self._step(item, use_of([item.optional_vars]))
        swallows = any(_swallows(item.context_expr) for item in node.items)
        if swallows:
            self.steps.append(swallowed)
            self._stack.append(_Catching([swallowed], everything=False))
        self._body(node.body)
        if swallows:
            self._stack.pop()
            self._front = [*self._front, swallowed]

    _on_AsyncWith = _on_With  # noqa: N815

    def _on_Delete(self, node: ast.Delete) -> None:  # noqa: N802
        use = use_of([node])
        use.reads |= use.unbinds
        self._step(node, use)

    def _on_Return(self, node: ast.Return) -> None:  # noqa: N802
        self._simple(node)
        self._jump("return")

    def _on_Raise(self, node: ast.Raise) -> None:  # noqa: N802
        self._simple(node)
        self._front = []

    def _on_Break(self, node: ast.Break) -> None:  # noqa: N802
        self._step(node, NameUse()).faults = []
        self._jump("break")

    def _on_Continue(self, node: ast.Continue) -> None:  # noqa: N802
        self._step(node, NameUse()).faults = []
        self._jump("continue")

    def _on_Assert(self, node: ast.Assert) -> None:  # noqa: N802
        true, self._front = self._condition(node.test, node.test)
        if node.msg is not None:
            self._expression(node.msg, node)
        self._front = true

    def _on_Match(self, node: ast.Match) -> None:  # noqa: N802
        self._expression(node.subject, node.subject)
        done: list[FlowStep] = []
        for case in node.cases:
            self._step(case.pattern, NameUse(reads=use_of([case.pattern]).reads))
            missed = [] if _irrefutable(case.pattern) else list(self._front)
            self._step(case.pattern, use_of([case.pattern]))
            if case.guard is not None:
                self._front, failed = self._condition(case.guard, case.guard)
                missed += failed
            self._body(case.body)
            done += self._front
            self._front = missed
        self._front = [*done, *self._front]

    def _on_Try(self, node: "ast.Try | ast.TryStar") -> None:  # noqa: N802
        final = _Final(self._label()) if node.finalbody else None
        if final:
            self._stack.append(final)
        self._handled(node)
        if final:
            self._stack.pop()
            self._finally(node, final)

    _on_TryStar = _on_Try  # noqa: N815

    def _handled(self, node: "ast.Try | ast.TryStar") -> None:
        entries = [self._label() for _ in node.handlers]
        # The moment before the body: what raises first has bound nothing.
        self._head()
        if entries:
            self._stack.append(_Catching(entries, any(_catches_all(one) for one in node.handlers)))
        self._body(node.body)
        if entries:
            self._stack.pop()
        self._body(node.orelse)
        done = self._front
        for entry, handler in zip(entries, node.handlers, strict=True):
            self._front = [entry]
            if handler.type is not None:
                self._expression(handler.type, handler)
            if handler.name:
                self._step(handler, NameUse(binds={handler.name}))
            self._body(handler.body)
            if handler.name and self._front:
                self._step(handler, NameUse(unbinds={handler.name}))
            done = [*done, *self._front]
        self._front = done

    def _finally(self, node: "ast.Try | ast.TryStar", final: _Final) -> None:
        on = list(self._front)
        self._front = [final.entry]
        self._body(node.finalbody)
        ending = self._front
        for kind in sorted(final.pending):
            self._front = list(ending)
            self._front[:] = [self._head()]
            if kind == "fault":
                self._front[0].jump = kind
                self._front[0].after += self._faults()
            else:
                self._jump(kind)
        self._front = on
        if on:
            self._body(node.finalbody)


def _has_walrus(nodes: Iterable[ast.AST]) -> bool:
    return any(isinstance(one, ast.NamedExpr) for one in own_nodes(nodes))


def _is_not(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _binding(use: NameUse) -> NameUse:
    return NameUse(binds=use.binds, unbinds=use.unbinds)


def _swallows(context: ast.expr) -> bool:
    named = [one for one in ast.walk(context) if isinstance(one, ast.Name | ast.Attribute)]
    words = [one.id if isinstance(one, ast.Name) else one.attr for one in named]
    return any(sign in word.lower() for word in words for sign in _SWALLOWING)


def _catches_all(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or (isinstance(handler.type, ast.Name) and handler.type.id in _EVERYTHING)


def _irrefutable(pattern: ast.pattern) -> bool:
    return isinstance(pattern, ast.MatchAs) and pattern.pattern is None
