"""Types of real packages: how many missing return types are written, and how many errors of mypy are repaired.

`python -m tests.benchmarks.bench_types --packages FOLDER --python PYTHON [--intent NAME] [--seconds N] [NAME ...]`: the
folder holds one source tree a package, and PYTHON is an interpreter with pytest and what the suites need. Without a
folder nothing is measured.

What an intent makes of all files of a package within N seconds is judged by mypy, which may report nothing new, by
ruff's check for undefined names, and by the suite. Errors are those of the kinds that the repairs are about, functions
without types checked too, because most real errors of code without annotations are in these.
"""

import argparse
import ast
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from grace_workers.bootstrap.coding import open_workshop
from grace_workers.coding import coding_intents, refactor
from grace_workers.coding.catalogs import repairs_of_types
from grace_workers.coding.deadline import Deadline
from grace_workers.coding.refactoring import Refactoring
from grace_workers.coding.type_check import WITHIN_UNTYPED, TypeCheck
from tests.benchmarks.bench_packages import Package
from tests.benchmarks.machine import machine

KINDS = frozenset(code for one in repairs_of_types() if not one.asked for code in one.codes)
INTENTS = ("add_type_hints", "repair_types")


def missing(texts: Mapping[str, str]) -> int:
    """Return how many functions do not say what they return."""
    nodes = [node for text in texts.values() for node in ast.walk(ast.parse(text))]
    return sum(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is None for node in nodes)


def reported(package: Package, texts: Mapping[str, str], *, untyped: bool) -> Counter[tuple[str, str]]:
    """Return what mypy reports, each by its file and text."""
    shop = open_workshop()
    with shop.scratch() as scratch:
        check = TypeCheck(
            sandbox=shop.sandbox, folder=package.folder, scratch=scratch, deadline=Deadline.after(600, shop.clock)
        )
        more = WITHIN_UNTYPED if untyped else ""
        with closing(check):
            said = check.messages({name: text + more for name, text in texts.items()}, texts)
    return Counter((one.file, one.text) for one in said if one.is_error)


def of_kinds(errors: Counter[tuple[str, str]]) -> Counter[str]:
    """Return how many errors there are of each kind that is repaired."""
    codes: Counter[str] = Counter()
    for (_, text), count in errors.items():
        codes[text.rpartition("  [")[2].rstrip("]")] += count
    return Counter({code: count for code, count in codes.items() if code in KINDS})


def changed(package: Package, intent: str, seconds: float) -> dict[str, str]:
    """Return the package's texts as the intent makes them."""
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-C", str(package.folder)]
    for words in (["init", "-q", "-b", "main"], ["add", "-Af", "."], ["commit", "-qm", "base"]):
        subprocess.run([*git, *words], check=True)
    known = coding_intents()[intent]
    asked = Refactoring(
        intent=known, targets=[*package.texts], options=known.options(), test_command=None, seconds=seconds
    )
    report = refactor(package.folder, asked, open_workshop())
    print(f"  not changed: {Counter(one.message[:60] for one in report.refused.values()).most_common(4)}")
    return {**package.texts, **{name: content.decode() for name, content in report.files.items()}}


def measure(package: Package, intent: str, seconds: float) -> tuple[int, int]:
    """Print what the intent did with a package; return how much there was to do, and how much is done."""
    began = time.monotonic()
    before = {untyped: reported(package, package.texts, untyped=untyped) for untyped in (False, True)}
    made = changed(package, intent, seconds)
    after = {untyped: reported(package, made, untyped=untyped) for untyped in (False, True)}
    red = package.red(made) or "green"
    new = after[False] - before[False]
    if intent == "repair_types":
        kinds, left = of_kinds(before[True]), of_kinds(after[True])
        there, done = kinds.total(), kinds.total() - left.total()
        told = ", ".join(f"{code} {count - left[code]} of {count}" for code, count in sorted(kinds.items()))
    else:
        there, done = missing(package.texts), missing(package.texts) - missing(made)
        told = f"{sum(made[name] != text for name, text in package.texts.items())} files changed"
    took = f"{time.monotonic() - began:.0f} s"
    print(f"{package.name}: {done} of {there} ({done / max(there, 1):.0%}; {told}), suite {red}, {took}")
    print(f"  new errors of mypy: {new.total()} {[*new][:3]}", flush=True)
    return there, done


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", type=Path, help="a folder with one source tree a package")
    parser.add_argument("--python", default=sys.executable, help="an interpreter with pytest and the suites' needs")
    parser.add_argument("--intent", choices=INTENTS, action="append", help="only this one")
    parser.add_argument("--seconds", type=float, default=600.0, help="what an intent may take for a package")
    parser.add_argument("names", nargs="*", help="only these packages")
    asked = parser.parse_args()
    if asked.packages is None:
        print("nothing is measured: --packages names no folder")
        return
    print(machine())
    for intent in asked.intent or INTENTS:
        there = done = 0
        for origin in sorted(path for path in asked.packages.resolve().iterdir() if path.is_dir()):
            if not asked.names or origin.name in asked.names:
                with tempfile.TemporaryDirectory(prefix="grace-types-") as folder:
                    found = measure(Package(origin, Path(folder), asked.python), intent, asked.seconds)
                there, done = there + found[0], done + found[1]
        print(f"{intent}, all (bars: 60 %, 0 new errors, green): {done} of {there} ({done / max(there, 1):.0%})")


if __name__ == "__main__":
    main()
