"""The migrations are one chain: each follows the one before it, by number and by name."""

import ast

from tests.architecture.house import ROOT, migrations

VERSIONS = ROOT / "migrations" / "versions"


def _named(source):
    assigned = {
        ast.unparse(node.target if isinstance(node, ast.AnnAssign) else node.targets[0]): node.value
        for node in source.tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
    }
    return ast.literal_eval(assigned["revision"]), ast.literal_eval(assigned["down_revision"])


def test_each_migration_follows_the_one_before_it():
    files = [source for source in migrations() if source.path.parent == VERSIONS]
    chain = [_named(source) for source in files]
    assert [name for name, _ in chain] == [source.path.stem for source in files]
    assert [before for _, before in chain] == [None, *(name for name, _ in chain[:-1])]
    assert [int(name.partition("_")[0]) for name, _ in chain] == list(range(1, len(chain) + 1))
