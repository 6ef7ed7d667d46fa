"""A `# type: ignore` that hides nothing."""

import io
import re
import tokenize
from collections.abc import Iterator

from grace_workers.coding.rewriting.typed_module import TypedModule
from grace_workers.coding.type_check import TypeMessage
from grace_workers.coding.type_repairs.type_repair import TypeProposal, TypeRepair

_COMMENT = re.compile(r"#\s*type:\s*ignore(?:\[(?P<codes>[^\]]*)\])?\s*")
_UNUSED = re.compile(r'Unused "type: ignore(?:\[(?P<codes>[^\]]*)\])?" comment')


def _propose(message: TypeMessage, module: TypedModule) -> Iterator[TypeProposal]:
    said = _UNUSED.match(message.text)
    for token in tokenize.generate_tokens(io.StringIO(module.source).readline) if said is not None else ():
        if token.type == tokenize.COMMENT and token.start[0] == message.line:
            found = _COMMENT.search(token.string)
            if found is None or said is None:
                return
            line = module.lines[message.line - 1]
            kept = _left(found["codes"], said["codes"])
            head = line[: token.start[1]] + token.string[: found.start()]
            tail = token.string[found.end() :]
            text = f"{head}# type: ignore[{kept}]{'  ' if tail else ''}{tail}" if kept else f"{head}{tail}"
            yield TypeProposal(
                line=message.line, column=0, last=message.line, end=len(line.encode()), before=text.rstrip()
            )
            return


def _left(written: str | None, unused: str | None) -> str:
    """Return the codes that still hide something."""
    if written is None or unused is None:
        return ""
    gone = {one.strip() for one in unused.split(",")}
    return ", ".join(one for code in written.split(",") if (one := code.strip()) not in gone)


DEFINITION = TypeRepair(
    name="unused_ignore",
    about="Remove a `type: ignore` that hides nothing.",
    codes=frozenset({"unused-ignore"}),
    propose=_propose,
    asked=True,
    example=(
        "x = 1  # type: ignore[misc]  # kept\n",
        1,
        'Unused "type: ignore" comment  [unused-ignore]',
        "x = 1  # kept\n",
    ),
)
