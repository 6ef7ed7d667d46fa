"""An error says what, with which value, and what to do; and only the listed places catch everything."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.house import ROOT, Source, product

TREE = {
    "CatalogError", "ConflictError", "GraceError", "InputError", "IntegrityError", "NotFoundError", "PermanentError",
    "SourceError", "TransientError",
}  # fmt: skip
WORDS = 4
CATCHERS = {
    "grace_workers/entrypoints/tasks/edge.py": "the task edge",
    "grace_workers/orchestration/line/execution.py": "the primitive boundary",
    "grace_workers/orchestration/diagnosing.py": "a diagnostic may be a plug-in's, and must not hide the others",
    "grace_workers/adapters/process/bounded.py": "the error is handed to the thread that asked",
    "grace_workers/adapters/process/aside_process.py": "the error is handed to the process that asked",
    "grace_workers/fleet/examination.py": "a kernel's self-test may be a plug-in's; one that raises has failed",
    "grace_workers/node/boot/bring_up.py": "the same at a boot, where the failure also decides the exit code",
    "grace_workers/node/orders.py": "the person who gave an order learns how it ended, whatever failed",
    "grace_workers/coding/model_opener.py": "what a model file runs may raise anything, and the answer says so",
    "grace_workers/coding/trial/attempt.py": "what foreign code raises is what a test of it expects",
    "grace_workers/coding/trial/behaviour.py": "what foreign code raises is what it does, and is told",
    "grace_workers/coding/trial/measuring.py": "what foreign code raises is what it does, and is told",
    "grace_workers/coding/trial/expectation.py": "comparing and reading foreign objects is foreign code",
    "grace_workers/coding/trial/explore.py": "importing a module is foreign code, and its error the answer",
    "grace_workers/coding/trial/failure.py": "the text of a foreign error is foreign code",
    "grace_workers/coding/trial/running.py": "whatever ends a test in this way has failed it",
    "grace_workers/adapters/process/selftest.py": "a self-test is foreign code; one that raises has failed",
    "grace_workers/entrypoints/capture/celery_capture.py": "capture must not change how the user's task fails",
    "grace_workers/node/kernels/watch.py": "the watch must survive any error, because nothing else watches the kernels",
    "grace_workers/adapters/celery/leases.py": "without renewals every running job would go to others",
    "grace_workers/node/membership/watcher.py": "a node that heeds its entry no longer cannot be drained",
    "grace_workers/adapters/process/runner.py": "a child must come back, whatever keeps its clean-up from passing",
    "grace_workers/entrypoints/capture/logging_capture.py": "capture must not raise into the user's application",
    "grace_workers/entrypoints/capture/sender.py": "one bad event must not end the capture of the others",
    "grace_workers/entrypoints/tasks/job_log.py": "one odd line must not end the logs of all later jobs",
    "grace_workers/adapters/otel/figures.py": "without its thread the collector would get nothing any more",
}


def test_an_error_carries_a_sentence():
    offences = [
        f"{source.place}:{line} {text!r}"
        for source in product()
        for line, text in _messages(source)
        if not _tells(text)
    ]
    assert offences == []


def test_an_error_ends_without_a_full_stop_and_begins_small():
    offences = [
        f"{source.place}:{line} {text!r}"
        for source in product()
        for line, text in _messages(source)
        if text.endswith((".", "!")) or re.match(r"[A-Z][a-z]+ [a-z]", text)
    ]
    assert offences == []


def test_everything_is_caught_only_where_an_error_becomes_an_outcome():
    found = {
        source.place
        for source in product()
        for node in source.nodes
        if isinstance(node, ast.ExceptHandler) and _catches_all(node) and not _raises_again(node)
    }
    assert found == set(CATCHERS)


def test_the_page_for_contributors_lists_every_place_that_catches_everything():
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = {f"grace_workers/{place}" for place in re.findall(r"^\| `([\w/]+\.py)` \|", page, re.MULTILINE)}
    assert rows == set(CATCHERS)


def test_no_error_vanishes():
    offences = [
        f"{source.place}:{node.lineno}"
        for source in product()
        for node in source.nodes
        if isinstance(node, ast.ExceptHandler)
        and _catches_all(node)
        and all(isinstance(line, ast.Pass | ast.Continue) for line in node.body)
    ]
    assert offences == []


def _messages(source: Source) -> Iterator[tuple[int, str]]:
    for node in source.nodes:
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            name = ast.unparse(node.exc.func)
            if name in TREE:
                yield node.lineno, _text(node.exc.args[0]) if node.exc.args else ""


def _text(node: ast.expr) -> str:
    """Return a message as written, with each inserted part as one mark."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{…}" for part in node.values)
    if isinstance(node, ast.BinOp):
        return _text(node.left) + _text(node.right)
    return "{…} made elsewhere, as a whole"


def _tells(text: str) -> bool:
    """Return whether it has enough words, or passes on another error's message after its own."""
    return len(text.split()) >= WORDS or ": {…}" in text


def _catches_all(node: ast.ExceptHandler) -> bool:
    return node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"}


def _raises_again(node: ast.ExceptHandler) -> bool:
    return any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
