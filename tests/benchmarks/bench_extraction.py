"""Extract-method on random blocks of the standard library. The bars: 85 % of 240 blocks are moved, and none is broken.

What is moved must compile; CPython's own tests judge 100 blocks of modules with quick suites. Blocks that begin with a
docstring are drawn too, and are refused.
"""

import ast
import random
import shutil
import subprocess
import sys
import sysconfig
from collections import Counter
from pathlib import Path

import pytest

from grace_workers.coding.extraction.extract import BlockExtraction, extract
from grace_workers.coding.extraction.spot import bodies_of, first_line, last_line
from grace_workers.coding.reason import Reason

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]

LIBRARY = Path(sysconfig.get_path("stdlib"))
SEED, BLOCKS, JUDGED, LONGEST = 20, 240, 100, 4
QUICK = [
    "textwrap", "shlex", "csv", "configparser", "argparse", "difflib", "heapq", "string", "fractions", "statistics",
    "calendar", "cmd", "ipaddress", "gettext", "optparse", "fnmatch", "glob", "pprint", "reprlib", "copy",
    "plistlib", "quopri", "base64", "netrc", "sched", "queue", "bisect", "contextlib", "tokenize",
]  # fmt: skip
OTHERS = [
    "random", "html.parser", "urllib.parse", "json.decoder", "json.encoder", "email.header", "asyncio.queues",
    "asyncio.locks", "ast", "dis", "concurrent.futures._base", "pickletools", "tarfile", "zipfile", "inspect",
    "mailbox", "imaplib", "ftplib", "smtplib", "code", "codeop", "pdb", "bdb", "trace", "unittest.case",
    "unittest.mock", "logging.handlers", "logging.config",
]  # fmt: skip
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


def blocks(body, *, inside=False):
    """Return the first and last lines of every block of at most four statements in a function."""
    found = []
    for start in range(len(body) if inside else 0):
        stops = range(start, min(start + LONGEST, len(body)))
        found += [(first_line(body[start]), last_line(body[stop])) for stop in stops]
    for node in body:
        within = isinstance(node, FUNCTION) or (inside and not isinstance(node, ast.ClassDef))
        for below in bodies_of(node):
            found += blocks(below, inside=within)
    return found


def drawn(names, count):
    chance = random.Random(SEED)
    sources = {name: (LIBRARY / f"{name.replace('.', '/')}.py").read_text("utf-8") for name in names}
    places = {name: found for name, text in sources.items() if (found := blocks(ast.parse(text).body))}
    for _ in range(count):
        name = chance.choice(sorted(places))
        yield name, sources[name], chance.choice(places[name])


def test_most_blocks_are_moved_and_every_result_compiles():
    refused = Counter()
    for _, source, (first, last) in drawn(QUICK + OTHERS, BLOCKS):
        made = extract(source, BlockExtraction(first, last, "_extracted"))
        if isinstance(made, Reason):
            refused[made.message.split("'")[0]] += 1
        else:
            compile(made, "<extracted>", "exec")
    moved = BLOCKS - refused.total()
    print(f"\nmoved {moved} of {BLOCKS} blocks ({moved / BLOCKS:.1%}, bar 85 %); refused: {dict(refused)}")
    assert moved / BLOCKS >= 0.85


def test_no_moved_block_breaks_the_tests_of_its_module(tmp_path):
    green = {name for name in QUICK if _passes(name, tmp_path)}
    broken, judged = [], 0
    for name, source, (first, last) in drawn(sorted(green), JUDGED):
        made = extract(source, BlockExtraction(first, last, "_extracted"))
        if isinstance(made, Reason):
            continue
        judged += 1
        folder = tmp_path / str(judged)
        folder.mkdir()
        (folder / f"{name}.py").write_text(made, "utf-8")
        if not _passes(name, folder):
            broken.append((name, first, last))
        shutil.rmtree(folder)
    print(f"\njudged {judged} moved blocks by the tests of {len(green)} modules; broken: {broken or 'none'}")
    assert broken == []


def _passes(name, folder):
    """Return whether CPython's own tests of the module pass with the folder placed before the library."""
    words = [sys.executable, "-m", "unittest", "-q", f"test.test_{name}"]
    env = {"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"}
    return subprocess.run(words, cwd=folder, env=env, capture_output=True, timeout=600, check=False).returncode == 0
