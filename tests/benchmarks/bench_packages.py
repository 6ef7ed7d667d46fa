"""Extract-method on random blocks of real packages, judged by their suites: 85 % of 240 are moved, and none is broken.

`python -m tests.benchmarks.bench_packages --packages FOLDER --python PYTHON [NAME ...]`: the folder holds one source
tree a package, and PYTHON is an interpreter with pytest and what the suites need. Without a folder nothing is measured.

All blocks of a package that lie in different functions are moved together, in one round. The gate is ruff's check for
undefined names and the suite; where it is red, halves name the block, and it is taken back. The judge is the suite once
more, with other hash seeds, in which each moved block leaves a mark: a block that no test runs is counted apart.
"""

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grace_workers.coding.extraction.extract import BlockExtraction, extract
from grace_workers.coding.extraction.spot import bodies_of, first_line, last_line
from grace_workers.coding.protected import is_protected
from grace_workers.coding.reason import Reason
from tests.benchmarks.bench_extraction import FUNCTION, blocks
from tests.benchmarks.machine import machine

SEED, BLOCKS, SUITE_SECONDS = 20, 240, 300
OTHER_CODE = {"testing", "docs", "doc", "examples", "scripts", "bench", "benchmark", "benchmarks"}
Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A block, by its lines from the start of the outermost function around it, which keeps its name and its number."""

    number: int
    file: str
    function: tuple[str, int]
    first: int
    last: int

    @property
    def name(self) -> str:
        return f"_moved_{self.number}"

    def __str__(self) -> str:
        return f"{self.file}::{self.function[0]}, lines {self.first + 1} to {self.last + 1} of it"


@dataclass
class Tally:
    """What became of the blocks."""

    moved: int = 0
    run: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    red: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.moved, self.run = self.moved + other.moved, self.run + other.run
        self.refused += other.refused
        self.red += other.red
        self.broken += other.broken

    def __str__(self) -> str:
        drawn = self.moved + self.refused.total()
        lines = [
            f"moved {self.moved} of {drawn} blocks ({self.moved / max(drawn, 1):.1%}), {self.run} of them run by tests",
            f"  red before the gate: {len(self.red)}; broken after it: {len(self.broken)}",
        ]
        lines += [f"  refused {count}: {why}" for why, count in self.refused.most_common()]
        return "\n".join([*lines, *(f"  red: {one}" for one in self.red), *(f"  BROKEN: {one}" for one in self.broken)])


class Package:
    """A copy of a package's tree, with its modules, and its suite without the tests that fail anyway."""

    def __init__(self, origin: Path, folder: Path, python: str) -> None:
        self.name, self.folder, self.python = origin.name, folder / origin.name, python
        shutil.copytree(origin, self.folder, ignore=shutil.ignore_patterns(".git", "__pycache__", ".*_cache"))
        names = sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*.py"))
        self.texts = {name: (self.folder / name).read_bytes().decode() for name in names if self._is_code(name)}
        self.undefined = self._undefined_names()
        places = [self.folder / name for name in ("tests", "testing")]
        self.tests = [str(path) for path in [*places, *self.folder.glob("*/tests")] if path.is_dir()][:1]
        self.failing: list[str] = []
        green, failed = self._suite("0")
        self.failing = [] if green else failed

    def _is_code(self, name: str) -> bool:
        top = name.split("/", 1)[0]
        packaged = top == "src" or (self.folder / top / "__init__.py").exists()
        return packaged and not is_protected(name) and not OTHER_CODE & set(name.split("/")[:-1])

    def _undefined_names(self) -> Counter[str]:
        words = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select", "F821"]
        done = subprocess.run(
            [*words, "--output-format", "concise", *self.texts],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        return Counter(line.partition(" F821 ")[2] for line in done.stdout.splitlines() if " F821 " in line)

    def _suite(self, hash_seed: str) -> tuple[bool, list[str]]:
        words = [self.python, "-m", "pytest", "-q", "--tb=no", "-rfE", "-p", "no:cacheprovider", "-o", "addopts="]
        left_out = [word for one in self.failing for word in ("--deselect", one)]
        env = {**os.environ, "PYTHONPATH": "src:.", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": hash_seed}
        try:
            done = subprocess.run(
                [*words, "-o", "filterwarnings=default", *left_out, *self.tests],
                cwd=self.folder, env=env, capture_output=True, text=True, timeout=SUITE_SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return False, [f"no end within {SUITE_SECONDS} s"]
        failed = [
            line.split(" ", 1)[1].split(" - ")[0]
            for line in done.stdout.splitlines()
            if line.startswith(("FAILED ", "ERROR "))
        ]
        return done.returncode == 0, failed or (done.stdout + done.stderr).splitlines()[-1:]

    def red(self, texts: Texts, hash_seed: str = "0") -> str:
        """Return why the package with these texts is red; empty if it is green."""
        for name, text in texts.items():
            (self.folder / name).write_bytes(text.encode())
        try:
            if new := self._undefined_names() - self.undefined:
                return next(iter(new))
            green, failed = self._suite(hash_seed)
            return "" if green else failed[0]
        finally:
            for name in texts:
                (self.folder / name).write_bytes(self.texts[name].encode())

    def draw(self, count: int, chance: random.Random) -> list[Drawn]:
        """Return different blocks of the package."""
        found = []
        for file, text in self.texts.items():
            tree = ast.parse(text)
            lines = blocks(tree.body)
            for function, start, end in functions(tree):
                found += [(file, function, a - start, b - start) for a, b in lines if start <= a and b <= end]
        return [Drawn(number, *one) for number, one in enumerate(chance.sample(found, min(count, len(found))))]

    def moved(self, chosen: Collection[Drawn]) -> tuple[dict[str, str], dict[Drawn, Reason]]:
        """Return the changed texts with all the blocks moved, and the refusals."""
        texts, refused = {}, {}
        for one in chosen:
            text = texts.get(one.file, self.texts[one.file])
            start = next(line for function, line, _ in functions(ast.parse(text)) if function == one.function)
            made = extract(text, BlockExtraction(start + one.first, start + one.last, one.name))
            if isinstance(made, Reason):
                refused[one] = made
            else:
                texts[one.file] = made
        return texts, refused


def functions(tree: ast.Module) -> Iterator[tuple[tuple[str, int], int, int]]:
    """Yield each outermost function: its qualified name, which of that name it is, and its first and last line."""
    seen: Counter[str] = Counter()

    def below(body: Sequence[ast.stmt], within: str) -> Iterator[tuple[tuple[str, int], int, int]]:
        for node in body:
            if isinstance(node, FUNCTION):
                seen[within + node.name] += 1
                yield (within + node.name, seen[within + node.name]), first_line(node), last_line(node)
                continue
            inner = f"{within}{node.name}." if isinstance(node, ast.ClassDef) else within
            for part in bodies_of(node):
                yield from below(part, inner)

    yield from below(tree.body, "")


def culprits(package: Package, chosen: Sequence[Drawn], why: str) -> dict[Drawn, str]:
    """Return which of the blocks make the package red, each with what fails; all, if they do it only together."""
    if len(chosen) == 1:
        return {chosen[0]: why}
    half, named = len(chosen) // 2, {}
    for part in (chosen[:half], chosen[half:]):
        if reason := package.red(package.moved(part)[0]):
            named |= culprits(package, part, reason)
    if not named and (again := package.red(package.moved(chosen)[0])):
        named = dict.fromkeys(chosen, f"{again} (only together)")
    return named


def rounds(chosen: Sequence[Drawn]) -> Iterator[list[Drawn]]:
    """Yield the blocks such that no two of one round lie in the same function."""
    left = list(chosen)
    while left:
        now = list({(one.file, one.function): one for one in reversed(left)}.values())
        yield now
        left = [one for one in left if one not in now]


def marked(texts: Texts, folder: Path) -> dict[str, str]:
    """Return the texts with moved functions that leave a file of their name in the folder when they run."""
    made = {}
    for file, text in texts.items():
        lines = text.splitlines(keepends=True)
        new = [
            node for node in ast.walk(ast.parse(text)) if isinstance(node, FUNCTION) and node.name.startswith("_moved_")
        ]
        for node in sorted(new, key=lambda node: -node.body[0].lineno):
            first = node.body[0]
            opened = f"__import__('os').open({str(folder / node.name)!r}, {os.O_CREAT | os.O_WRONLY})"
            mark = f"__import__('os').close({opened})"
            at = first_line(first) - 1
            while lines[at - 1].lstrip().startswith("#"):
                at -= 1
            if isinstance(first, ast.Global | ast.Nonlocal):
                at = first.end_lineno
            lines.insert(at, f"{' ' * first.col_offset}{mark}\n")
        made[file] = "".join(lines)
    return made


def judge(package: Package, count: int, chance: random.Random) -> Tally:
    """Return what became of the package's blocks."""
    tally = Tally()
    for chosen in rounds(package.draw(count, chance)):
        refused = package.moved(chosen)[1]
        tally.refused.update(one.message.split("'")[0] for one in refused.values())
        kept = [one for one in chosen if one not in refused]
        tally.moved += len(kept)
        if why := package.red(package.moved(kept)[0]):
            named = culprits(package, kept, why)
            tally.red += [f"{package.name}: {one}: {reason}" for one, reason in named.items()]
            kept = [one for one in kept if one not in named]
        with tempfile.TemporaryDirectory(prefix="grace-marks-") as marks:
            if why := package.red(marked(package.moved(kept)[0], Path(marks)), hash_seed="1"):
                tally.broken.append(f"{package.name}: {why}: one of {'; '.join(map(str, kept))}")
            tally.run += len(list(Path(marks).iterdir()))
    return tally


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", type=Path, help="a folder with one source tree a package")
    parser.add_argument("--python", default=sys.executable, help="an interpreter with pytest and the suites' needs")
    parser.add_argument("--blocks", type=int, default=BLOCKS, help="how many in all packages of the folder together")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("names", nargs="*", help="only these packages, each with its usual share of the blocks")
    asked = parser.parse_args()
    if asked.packages is None:
        print("nothing is measured: --packages names no folder")
        return
    origins = sorted(path for path in asked.packages.resolve().iterdir() if path.is_dir())
    share, total = asked.blocks // len(origins), Tally()
    print(machine())
    for origin in origins:
        if asked.names and origin.name not in asked.names:
            continue
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="grace-packages-") as folder:
            package = Package(origin, Path(folder), asked.python)
            tally = judge(package, share, random.Random(f"{asked.seed} {origin.name}"))
        total.add(tally)
        print(
            f"{origin.name}, {time.monotonic() - began:.0f} s, not judged by {package.failing or 'no test'}:\n{tally}",
            flush=True,
        )
    print(f"all (bars: 85 % moved, 0 broken): {total}")


if __name__ == "__main__":
    main()
