"""The control flow of one function: what each statement adds to the graph of its steps.

`finally` stands twice, once for the way on and once for every way out, because what is bound differs between them.
"""

import ast
from collections.abc import Iterable

from grace_workers.coding.extraction.flow_graph import CatchingFrame, FinalFrame, FlowGraph, FlowStep, LoopFrame
from grace_workers.coding.extraction.scope import Function, NameUse, parameters, use_of

_SWALLOWING = ("suppress", "raises", "ignore", "catch", "exitstack", "warns", "subtest")
_EVERYTHING = {"BaseException"}


class Flow(FlowGraph):
    """The steps of a function, from `entry` to `leave`."""

    def __init__(self, function: Function) -> None:
        super().__init__()
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

    def _on_If(self, node: ast.If) -> None:  # noqa: N802
        self._front, otherwise = self._condition(node.test, node.test)
        self._body(node.body)
        done, self._front = self._front, otherwise
        self._body(node.orelse)
        self._front = [*done, *self._front]

    def _on_While(self, node: ast.While) -> None:  # noqa: N802
        loop = LoopFrame(self._head(), self._label())
        self._front, over = self._condition(node.test, node.test)
        self._looped(loop, node, over)

    def _on_For(self, node: ast.For | ast.AsyncFor) -> None:  # noqa: N802
        self._expression(node.iter, node.iter)
        loop = LoopFrame(self._head(), self._label())
        self._step(node.target, NameUse())
        over = list(self._front)
        self._step(node.target, use_of([node.target]))
        self._looped(loop, node, over)

    _on_AsyncFor = _on_For  # noqa: N815

    def _looped(self, loop: LoopFrame, node: ast.For | ast.AsyncFor | ast.While, over: list[FlowStep]) -> None:
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
            self._stack.append(CatchingFrame([swallowed], everything=False))
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
        final = FinalFrame(self._label()) if node.finalbody else None
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
            self._stack.append(CatchingFrame(entries, any(_catches_all(one) for one in node.handlers)))
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

    def _finally(self, node: "ast.Try | ast.TryStar", final: FinalFrame) -> None:
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


def _swallows(context: ast.expr) -> bool:
    named = [one for one in ast.walk(context) if isinstance(one, ast.Name | ast.Attribute)]
    words = [one.id if isinstance(one, ast.Name) else one.attr for one in named]
    return any(sign in word.lower() for word in words for sign in _SWALLOWING)


def _catches_all(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or (isinstance(handler.type, ast.Name) and handler.type.id in _EVERYTHING)


def _irrefutable(pattern: ast.pattern) -> bool:
    return isinstance(pattern, ast.MatchAs) and pattern.pattern is None
