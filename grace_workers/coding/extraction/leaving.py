"""How a new function signals by its return value how it was left, and how its caller then does the same."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from grace_workers.coding.extraction.boundary import Boundary, Exit

_NEVER_NONE = (
    ast.List, ast.Dict, ast.Set, ast.Tuple, ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp, ast.JoinedStr,
    ast.Lambda,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LeavingProtocol:
    """The protocol between caller and callee.

    Forms: `plain`, there is no exit; `kept`, exits stay as they are; `outputs`, every exit returns only those;
    `flag`, a bool says whether there was one; `value`, None says that there was none; `tuple`, a signal, a value,
    the outputs.
    """

    form: str
    kinds: tuple[str, ...]
    outputs: tuple[str, ...]
    boundary: Boundary
    valued: bool

    def exit(self, node: Exit, value: str) -> str:
        """Return what replaces an exit in the callee; `value` is the text after `return`."""
        kind = _kind(node)
        if self.form in {"kept", "value"}:
            return f"return {value}".rstrip() if kind == "return" else "return"
        if self.form == "flag":
            return "return True"
        if self.form == "outputs":
            return f"return {', '.join(self._sent(node))}"
        parts = [*self._signal(kind), *([value or "None"] if self.valued else []), *self._sent(node)]
        return f"return {', '.join(parts)}"

    @property
    def ending(self) -> str | None:
        """The last statement of the callee, if it can be reached."""
        if not self.boundary.falls:
            return None
        endings = {"flag": "return False", "value": "return None"}
        if self.form in endings:
            return endings[self.form]
        if self.form == "tuple":
            parts = [*self._signal(""), *(["None"] if self.valued else []), *self._sent(None)]
            return f"return {', '.join(parts)}"
        return f"return {', '.join(self.outputs)}" if self.outputs else None

    def caller(self, call: str, unit: str, names: tuple[str, str]) -> list[str]:
        """Return the lines that replace the block; `names` are free for the signal and the value."""
        signal, value = names
        assigned = f"{', '.join(self.outputs)} = {call}" if self.outputs else call
        kind = self.kinds[0] if self.kinds else ""
        if self.form in {"plain", "outputs"}:
            return [assigned, *([self._word(kind)] if kind else [])]
        if self.form == "kept":
            return [f"return {call}"] if self.valued else [call, *([self._word(kind)] if kind else [])]
        if self.form == "flag":
            return [f"if {call}:", unit + self._word(kind)]
        if self.form == "value":
            return [f"{value} = {call}", f"if {value} is not None:", f"{unit}return {value}"]
        received = [*([signal] if self._signal("") else []), *([value] if self.valued else []), *self.outputs]
        return [f"{', '.join(received)} = {call}", *self._branches(signal, value, unit)]

    def _branches(self, signal: str, value: str, unit: str) -> list[str]:
        words = {one: f"return {value}" if one == "return" and self.valued else self._word(one) for one in self.kinds}
        if len(self.kinds) == 1 and not self.boundary.falls:
            return [words[self.kinds[0]]]
        if len(self.kinds) == 1:
            return [f"if {signal}:", unit + words[self.kinds[0]]]
        lines: list[str] = []
        for kind in self.kinds if self.boundary.falls else self.kinds[:-1]:
            lines += [f'if {signal} == "{kind}":', unit + words[kind]]
        return lines if self.boundary.falls else [*lines, words[self.kinds[-1]]]

    def _word(self, kind: str) -> str:
        """Return the statement that leaves the caller; `return None` if the block says so."""
        said = any(isinstance(one, ast.Return) and one.value is not None for one in self.boundary.exits)
        return "return None" if kind == "return" and said else kind

    def _signal(self, kind: str) -> list[str]:
        if len(self.kinds) == 1:
            return [str(bool(kind))] if self.boundary.falls else []
        return [f'"{kind}"' if kind else "None"]

    def _sent(self, node: Exit | None) -> list[str]:
        wanted = self.boundary.sends[node]
        return [name if name in wanted else "None" for name in self.outputs]


def agree(boundary: Boundary, outputs: Sequence[str], *, may_return: bool) -> LeavingProtocol:
    """Return the simplest protocol that expresses everything. `may_return`: the caller can return a value."""
    kinds = tuple(sorted({_kind(one) for one in boundary.exits}))
    values = [None if _is_none(one.value) else one.value for one in boundary.exits if isinstance(one, ast.Return)]
    valued = any(one is not None for one in values)
    return LeavingProtocol(
        _form(boundary, kinds, outputs, values), kinds, tuple(outputs), boundary,
        valued or (not boundary.falls and not kinds and may_return),
    )  # fmt: skip


def _form(boundary: Boundary, kinds: tuple[str, ...], outputs: Sequence[str], values: Sequence[ast.expr | None]) -> str:
    valued = any(one is not None for one in values)
    if not kinds:
        return "plain" if boundary.falls else "kept"
    if len(kinds) > 1 or (outputs and (valued or boundary.falls)):
        return "tuple"
    if not boundary.falls:
        return "outputs" if outputs else "kept"
    if not valued:
        return "flag"
    return "value" if all(one is not None and _never_none(one) for one in values) else "tuple"


def _never_none(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return node.value is not None
    if isinstance(node, ast.Compare):
        return all(isinstance(one, ast.Is | ast.IsNot | ast.In | ast.NotIn) for one in node.ops)
    return isinstance(node, _NEVER_NONE) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not))


def _is_none(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _kind(node: Exit) -> str:
    return type(node).__name__.lower()
