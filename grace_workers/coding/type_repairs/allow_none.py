"""A parameter whose default is None, or a function that may return None, where the annotation says otherwise."""

import ast
import re
from collections.abc import Iterator

from grace_workers.coding.functions import Defined
from grace_workers.coding.rewriting.typed_module import TypedModule
from grace_workers.coding.type_check import TypeMessage
from grace_workers.coding.type_repairs.type_repair import TypeProposal, TypeRepair

_DEFAULT = re.compile(r'Incompatible default for (?:parameter|argument) "(\w+)" \(default has type "None"')
_RETURNED = re.compile(r'Missing return statement|Incompatible return value type \(got "(?:None|.*\| None)"')


def _propose(message: TypeMessage, module: TypedModule) -> Iterator[TypeProposal]:
    functions = [one for one in module.scopes(message.line) if isinstance(one, Defined)]
    default = _DEFAULT.match(message.text)
    for one in reversed(functions):
        annotation = _annotation(one, default[1]) if default else one.returns if _returns(message) else None
        if annotation is not None and not _is_read(module, one):
            yield from _with_none(module, annotation)
            return


def _returns(message: TypeMessage) -> bool:
    return _RETURNED.match(message.text) is not None


def _annotation(function: Defined, name: str) -> ast.expr | None:
    given = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return next((one.annotation for one in given if one.arg == name), None)


def _is_read(module: TypedModule, function: Defined) -> bool:
    """Return whether a decorator may read the annotation."""
    return any(not module.is_standard(ast.unparse(one).partition("(")[0].partition(".")[0])
               for one in function.decorator_list)  # fmt: skip


def _with_none(module: TypedModule, annotation: ast.expr) -> Iterator[TypeProposal]:
    line, column = annotation.lineno, annotation.col_offset
    last, end = annotation.end_lineno or line, annotation.end_col_offset or 0
    text = f"{ast.unparse(_Unquoted().visit(ast.parse(ast.unparse(annotation), mode='eval').body))} | None"
    quote = "'" if '"' in text else '"'
    if not module.bare and quote not in text:
        text = f"{quote}{text}{quote}"
    yield TypeProposal(line=line, column=column, last=last, end=end, before=text)


class _Unquoted(ast.NodeTransformer):
    """Takes the quotes from types inside an annotation, but not from values inside a Literal."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """Leave the values of a Literal as they are."""
        return node if ast.unparse(node.value).rpartition(".")[2] == "Literal" else self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """Read the type that a string holds."""
        return ast.parse(node.value, mode="eval").body if isinstance(node.value, str) else node


DEFINITION = TypeRepair(
    name="allow_none",
    about="Let an annotation allow the None that is the default, or that is returned.",
    codes=frozenset({"assignment", "return", "return-value"}),
    propose=_propose,
    example=(
        'def f(limit: "int" = None) -> None:\n    print(limit)\n',
        1,
        'Incompatible default for parameter "limit" (default has type "None", parameter has type "int")  [assignment]',
        'def f(limit: "int | None" = None) -> None:\n    print(limit)\n',
    ),
)
