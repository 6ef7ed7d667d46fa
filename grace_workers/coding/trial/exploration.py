"""Exploring a module: calls with many arguments, of which those are kept that take new steps or have new results."""

import ast
import gc
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from keyword import iskeyword
from typing import Any

from .attempt import Script, ScriptRunner, TriedCall
from .expectation import is_plain
from .seeds import Given, lines_of, seeds
from .seen_calls import SeenCall
from .subjects import Callee, Explorable, Parameter, callee_of
from .values import PLAIN, Pools
from .variation import varied

_MOST_KEPT, _MOST_EXTRA, _MOST_TRIED, _MOST_BOUNDS = 60, 16, 20000, 16
_MOST_ALIKE, _MOST_OTHERS = 3, 10
_STALE, _STALE_BEFORE_LINES, _ODD = 700, 2500, 0.2
_OMITTED, _FROM_KEPT, _LONGEST_CHAIN = 0.55, 0.5, 4
_BUILD_SHARE = 0.2

Say = Callable[[bytes], object]
Seen = Mapping[str, Sequence[SeenCall]]


class Explorer:
    """Explores one subject in a process of its own, and says each attempt that a test can be made of."""

    def __init__(self, stage: ScriptRunner, pools: Pools, subject: Explorable, seen: Seen) -> None:
        self._stage, self._pools, self._subject, self._seen = stage, pools, subject, seen
        self._unreached = set().union(*map(lines_of, (subject.make, *subject.operations)))
        self._chance = random.Random(subject.name)  # noqa: S311 - it must repeat itself
        self._steps: set[tuple[int, int]] = set()
        self._outcomes: dict[str, set[Any]] = {}
        self._kept: dict[str, list[Given]] = {}
        self._kind_of: dict[str, str] = {}
        self._bounds: dict[str, set[str]] = {}
        self._returned: dict[str, Callee | None] = {}
        self._alike: dict[object, set[object]] = {}
        self._others: Counter[str] = Counter()
        self._objects: list[tuple[str, ...]] = []
        self._said = 0
        self._end = 0.0

    def explore(self, say: Say, *, seconds: float, end: float) -> None:
        """Try for this many seconds of processor time, or until the monotonic clock says `end`."""
        gc.disable()
        self._end = end
        until = time.process_time() + seconds
        self._examples(say)
        operations = self._subject.operations
        first = time.process_time() + (seconds * _BUILD_SHARE if operations else seconds)
        self._until_stale(lambda: self._call(self._subject.make, say), min(first, until))
        self._objects += [(f"{self._subject.variable} = {one}",) for one in self._pools.of.get(self._subject.name, ())]
        if self._objects and operations:
            self._until_stale(lambda: self._on_object(self._chance.choice(operations), say), until)

    def _until_stale(self, step: Callable[[], None], until: float) -> None:
        """Repeat a step until the time is over, or many of them in a row have given nothing new."""
        said, since = self._said, 0
        for _ in range(_MOST_TRIED):
            patience = _STALE_BEFORE_LINES if self._unreached else _STALE
            if since > patience or time.process_time() >= until or time.monotonic() >= self._end:
                return
            step()
            since = 0 if self._said > said else since + 1
            said = self._said

    def built(self, say: Say, *, seconds: float) -> None:
        """Say the texts that make an object of the subject, the shortest first."""
        gc.disable()
        until = time.process_time() + seconds
        found: dict[str, None] = {}
        for _ in range(_MOST_TRIED):
            if time.process_time() > until or len(found) >= 12:  # noqa: PLR2004 - enough to choose from
                break
            arguments = self._arguments(self._subject.make)
            text = self._written(self._subject.make, arguments, "")
            made = self._stage.run(Script((), text))
            if made is not None and made.value is not None and made.fits and not made.error:
                found[text] = None
        say(json.dumps(sorted(found, key=len)[:4]).encode())

    def _examples(self, say: Say) -> None:
        for operation in (self._subject.make, *self._subject.operations):
            for setup, call in operation.examples:
                self._judge(operation, Script(setup, call), None, say, example=True)
        for operation in (self._subject.make, *self._subject.operations):
            for arguments in seeds(operation, self._seen.get(operation.name.rpartition(".")[2], ())):
                self._kind_of |= {text: "seen" for _, text in arguments}
                self._kept.setdefault(operation.name, []).append(arguments)
                if operation is self._subject.make and not self._subject.operations:
                    self._judge(operation, Script((), self._written(operation, arguments, "")), arguments, say)

    def _call(self, operation: Callee, say: Say) -> None:
        arguments = self._arguments(operation)
        text = self._written(operation, arguments, "")
        made = self._judge(operation, Script((), text), arguments, say)
        if made is None or not made.fits or made.error:
            return
        if self._subject.operations:
            if not self._objects or (len(self._objects) < 12 and made.expected is not None):  # noqa: PLR2004 - enough
                self._objects.append((f"{self._subject.variable} = {text}",))
        elif callable(made.value) and not isinstance(made.value, type):
            self._call_returned(operation, made.value, text, say)
        elif made.value is None:
            self._on_changed(operation, arguments, say)

    def _call_returned(self, operation: Callee, value: Any, text: str, say: Say) -> None:
        """Call what a call of the operation, written as `text`, returned; a function in it, and what that returns."""
        name = f"{operation.name}({getattr(getattr(value, '__code__', None), 'co_firstlineno', 0)})"
        if name not in self._returned:
            self._returned[name] = callee_of(
                value, operation.node, name, [one for one in self._pools.of if one not in PLAIN]
            )
        found = self._returned[name]
        if found is None:
            inner = ", ".join(self._fresh(_ANY) for _ in range(self._chance.choice((0, 1, 1, 2))))
            self._judge(operation, Script((), f"{text}({inner})"), None, say)
            return
        arguments = self._arguments(found)
        text += self._written(found, arguments, "")
        made = self._judge(found, Script((), text), arguments, say)
        if made is not None and made.fits and callable(made.value) and not isinstance(made.value, type):
            self._call_returned(found, made.value, text, say)

    def _on_changed(self, operation: Callee, arguments: Given, say: Say) -> None:
        """Judge the call by what it does to an argument that it may change."""
        for place, (parameter, text) in enumerate(arguments):
            if text[:1] in "[{" and not parameter.several:
                named = [*arguments]
                named[place] = (parameter, parameter.name)
                script = Script((f"{parameter.name} = {text}",), self._written(operation, named, ""), parameter.name)
                self._judge(operation, script, arguments, say)

    def _on_object(self, operation: Callee, say: Say) -> None:
        setup, name = self._chance.choice(self._objects), self._subject.variable
        arguments = self._arguments(operation)
        text = self._written(operation, arguments, name)
        made = self._judge(operation, Script(setup, text, name), arguments, say)
        changes = made is not None and made.fits and not made.error and ("(" in operation.form)
        if changes and len(setup) < _LONGEST_CHAIN and made is not None and (made.after or made.value is None):
            self._objects.append((*setup, text))
            if len(self._objects) > 4 * _MOST_KEPT:
                self._objects.pop(self._chance.randrange(12, len(self._objects)))

    def _judge(
        self,
        operation: Callee,
        script: Script,
        arguments: Given | None,
        say: Say,
        *,
        example: bool = False,
    ) -> TriedCall | None:
        made = self._stage.run(script)
        if made is None:
            return None
        new = bool(made.arcs - self._steps) and made.fits
        self._learn(arguments, 0.85 if not made.fits else 3.0 if new else 1.0)
        outcomes = self._outcomes.setdefault(operation.name, set())
        other = made.outcome not in outcomes and len(outcomes) < (_MOST_KEPT if new else _MOST_EXTRA)
        wanted = new or other or example or self._is_bound(operation, script, arguments)
        if not made.tells or not (wanted or self._is_another(operation, made)):
            return made
        again = self._stage.run(script)
        if again is None or again.outcome != made.outcome:
            return None
        self._steps |= made.arcs
        self._unreached -= {line for _, line in made.arcs}
        outcomes.add(made.outcome)
        if arguments is not None:
            self._kept.setdefault(operation.name, []).append(arguments)
        self._tell(operation, made, arguments, say)
        return made

    def _is_another(self, operation: Callee, made: TriedCall) -> bool:
        """Return whether few calls were told that end like this one: of several, one may lie at a boundary."""
        alike = self._alike.setdefault((operation.name, made.outcome, frozenset(made.arcs)), set())
        total = self._others[operation.name]
        if len(alike) >= _MOST_ALIKE or total >= _MOST_OTHERS or (made.script.setup, made.script.call) in alike:
            return False
        alike.add((made.script.setup, made.script.call))
        self._others[operation.name] += 1
        return True

    def _is_bound(self, operation: Callee, script: Script, arguments: Given | None) -> bool:
        """Return whether an argument is a number of the code, or beside one: there a comparison decides otherwise."""
        numbers = {text for kind in ("int", "float") for text in self._pools.constants(operation.node).get(kind, ())}
        seen = self._bounds.setdefault(operation.name, set())
        if len(seen) >= _MOST_BOUNDS or script.call in seen or not any(text in numbers for _, text in arguments or ()):
            return False
        seen.add(script.call)
        return True

    def _is_odd(self, parameter: Parameter, text: str) -> bool:
        likely = parameter.kinds.get(self._kind_of.get(text, ""), 0.0)
        return likely < _ODD * max(parameter.kinds.values())

    def _tell(self, operation: Callee, made: TriedCall, arguments: Given | None, say: Say) -> None:
        self._said += 1
        expected = made.expected
        odd = sum(self._is_odd(parameter, text) for parameter, text in arguments or ())
        told = {
            "subject": self._subject.name, "operation": operation.name.partition("(")[0],
            "setup": made.script.setup, "call": made.script.call, "form": expected.form if expected else "",
            "text": expected.text if expected else "", "after": made.after, "steps": sorted(made.arcs), "odd": odd,
        }  # fmt: skip
        say(json.dumps(told).encode() + b"\n")

    def _learn(self, arguments: Given | None, factor: float) -> None:
        for parameter, text in arguments or ():
            kind = self._kind_of.get(text)
            if kind in parameter.kinds:
                parameter.kinds[kind] = min(max(parameter.kinds[kind] * factor, 0.02), 200.0)

    def _arguments(self, operation: Callee) -> Given:
        kept = self._kept.get(operation.name)
        if kept and self._chance.random() < _FROM_KEPT:
            return self._changed(operation, self._chance.choice(kept))
        found = []
        for parameter in operation.parameters:
            if parameter.several:
                found += [
                    (parameter, self._value(parameter, operation)) for _ in range(self._chance.choice((0, 1, 2, 2)))
                ]
            elif parameter.loose:
                names = self._chance.sample(self._names(operation), self._chance.choice((0, 0, 1, 2)))
                found += [(parameter, self._named(name, parameter, operation)) for name in names]
            elif not parameter.optional or self._chance.random() > _OMITTED:
                found.append((parameter, self._value(parameter, operation)))
        return found

    def _changed(self, operation: Callee, known: Given) -> Given:
        made = [*known]
        missing = [
            one
            for one in operation.parameters
            if one.optional and not one.several and one not in [each for each, _ in known]
        ]
        if missing and self._chance.random() < _OMITTED:
            more = self._chance.choice(missing)
            made.append((more, self._given(more, operation)))
        elif made:
            place = self._chance.randrange(len(made))
            parameter, text = made[place]
            made[place] = (parameter, self._near(text) or self._given(parameter, operation))
        return sorted(made, key=lambda one: operation.parameters.index(one[0]))

    def _given(self, parameter: Parameter, operation: Callee) -> str:
        if not parameter.loose:
            return self._value(parameter, operation)
        return self._named(self._chance.choice(self._names(operation)), parameter, operation)

    def _named(self, name: str, parameter: Parameter, operation: Callee) -> str:
        """Return an argument under a name that is no parameter's."""
        text = self._value(parameter, operation)
        self._kind_of[f"{name}={text}"] = self._kind_of[text]
        return f"{name}={text}"

    def _names(self, operation: Callee) -> list[str]:
        """Return the names for loose arguments: those that the code looks for, and two of no meaning."""
        texts = self._pools.constants(operation.node).get("str", []) if operation.node is not None else []
        known = [one for text in texts if (one := ast.literal_eval(text)).isidentifier() and not iskeyword(one)]
        own = {one.name for one in operation.parameters}
        return [one for one in dict.fromkeys([*known, "a", "b"]) if one not in own] or ["value_1"]

    def _near(self, text: str) -> str | None:
        if self._chance.random() > _FROM_KEPT or not is_plain(text):
            return None
        [[value]] = varied([[ast.literal_eval(text)]], self._chance.randrange(1 << 30), 1)
        new = repr(value)
        if len(new) > 160 or not is_plain(new):  # noqa: PLR2004 - longer ones are not read
            return None
        self._kind_of[new] = self._kind_of.get(text, "")
        return new

    def _value(self, parameter: Parameter, operation: Callee) -> str:
        kinds = list(parameter.kinds)
        kind = self._chance.choices(kinds, [parameter.kinds[one] for one in kinds])[0]
        constants = self._pools.constants(operation.node).get(kind, []) if operation.node is not None else []
        if constants and self._chance.random() < _FROM_KEPT:
            text = self._chance.choice(constants)
            if kind == "str" and self._chance.random() < 0.3:  # noqa: PLR2004 - parts of a text meet in one
                text = repr(ast.literal_eval(text) + ast.literal_eval(self._chance.choice(self._pools.of["str"])))
        else:
            text = self._chance.choice(parameter.own.get(kind) or self._pools.of.get(kind) or ["None"])
        self._kind_of[text] = kind
        return text

    def _fresh(self, kinds: tuple[str, ...]) -> str:
        return self._chance.choice(self._pools.of[self._chance.choice(kinds)])

    def _written(self, operation: Callee, arguments: Given, name: str) -> str:
        """Return the call as people write it: an optional argument by its name once another one was left out."""
        if "{arguments}" not in operation.form:
            texts = [f"({text})" if text.startswith("lambda") else text for _, text in arguments] or ["None", "None"]
            return operation.form.format(*(texts * 2), o=name)
        several = any(one.several for one, _ in arguments)
        parts = [
            f"{one.name}={text}" if one.named or (one.keyword and not one.several and not several) else text
            for one, text in arguments
        ]
        return operation.form.format(o=name, arguments=", ".join(parts))


_ANY = ("int", "str", "list", "callable", "dict")
