"""No interpreter that the product starts looks for modules in the folder that it happens to be started in."""

import ast
from collections.abc import Iterator

from tests.architecture.house import Source, product

SAFE = {"-P", "-I"}


def test_every_interpreter_of_ours_is_told_to_leave_the_working_directory_alone():
    """A file `json.py` there, hostile or merely unlucky, would take the place of the library's own."""
    found = {source.place: list(first_options(source)) for source in product()}
    assert sum(map(len, found.values())) > 3
    assert [place for place, options in found.items() if not set(options) <= SAFE] == []


def first_options(source: Source) -> Iterator[str]:
    """Yield what follows our own interpreter in each command."""
    if "sys.executable" not in source.text:
        return
    for node in source.nodes:
        if isinstance(node, ast.List | ast.Tuple):
            for one, following in zip(node.elts, node.elts[1:], strict=False):
                if ast.unparse(one) == "sys.executable":
                    yield str(ast.literal_eval(following)) if isinstance(following, ast.Constant) else "?"
