"""A team's model files are opened in the sandbox alone, where a hostile one reaches nothing."""

import io
import os
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from grace_workers.adapters.sandbox.sandbox import RungSandbox
from grace_workers.coding import open_model_file
from grace_workers.foundation.errors import DamagedError

joblib = pytest.importorskip("joblib", reason="joblib is not installed; it comes with the extra that learns")
GRAPH = b"\x08\x0a\x3a\x02\x0a\x00"


class Hostile:
    """Runs a function wherever it is read."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self.called = function, arguments

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self.called


def written(value: object) -> bytes:
    buffer = io.BytesIO()
    joblib.dump(value, buffer)
    return buffer.getvalue()


def archive(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as whole:
        for name, content in members.items():
            whole.writestr(f"model/{name.replace('_', '.')}", content)
    return buffer.getvalue()


def test_a_model_of_scikit_learn_is_opened(sandbox: RungSandbox) -> None:
    from sklearn.linear_model import LogisticRegression

    told = open_model_file(sandbox, "a.joblib", written(LogisticRegression().fit([[0.0], [1.0]], [0, 1])))
    assert told == "opened in the sandbox by joblib: sklearn.linear_model._logistic.LogisticRegression"


def test_what_was_cut_off_or_is_no_file_of_joblib_is_not_opened(sandbox: RungSandbox) -> None:
    model = written({"weights": list(range(999))})
    assert open_model_file(sandbox, "a.joblib", model) == "opened in the sandbox by joblib: builtins.dict"
    for damaged in (model[:-20], b"", b"PK nothing"):
        with pytest.raises(DamagedError, match=r"a\.joblib cannot be opened: \w+"):
            open_model_file(sandbox, "a.joblib", damaged)


def test_a_hostile_model_reaches_no_file_no_network_and_no_process_of_the_host(
    sandbox: RungSandbox, tmp_path: Path
) -> None:
    place = tmp_path / "owned"
    shell = f"touch {place}; python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", 1))' && touch {place}"
    told = open_model_file(sandbox, "a.joblib", written(Hostile(os.system, shell)))
    assert told == "opened in the sandbox by joblib: builtins.int"
    with pytest.raises(DamagedError, match="cannot be opened"):
        open_model_file(sandbox, "a.joblib", written(Hostile(open, str(place), "w")))
    with pytest.raises(DamagedError, match="cannot be opened: it ended the program that opened it"):
        open_model_file(sandbox, "a.joblib", written(Hostile(os._exit, 0)))
    with pytest.raises(DamagedError, match="cannot be opened"):
        open_model_file(sandbox, "a.joblib", written(Hostile(os.kill, os.getpid(), 9)))
    assert not place.exists()


def saying(text: str) -> str:
    """Return code that answers in place of the program, on whichever output that has, and ends it."""
    lines = (
        "import os",
        "for number in range(3, 20):",
        "    try:",
        f"        os.write(number, {text.encode()!r})",
        "        os._exit(0)",
        "    except OSError:",
        "        pass",
    )
    return "\n".join(lines)


def test_what_a_hostile_model_says_of_itself_is_short_and_can_be_read_and_stored(sandbox: RungSandbox) -> None:
    with pytest.raises(DamagedError, match="cannot be opened"):
        open_model_file(sandbox, "a.joblib", written(Hostile(exec, saying("[" * 100_000))))
    long = saying(f'{{"trouble": "{"x" * 60_000}"}}')
    with pytest.raises(DamagedError, match=r"^a\.joblib cannot be opened: x{200}$"):
        open_model_file(sandbox, "a.joblib", written(Hostile(exec, long)))
    odd = saying(r'{"by": "\u0000\ud800\n", "what": {}}')
    assert open_model_file(sandbox, "a.joblib", written(Hostile(exec, odd))) == "opened in the sandbox by ???: {}"


@pytest.mark.skipif(find_spec("onnx") is not None, reason="onnx is installed, which checks more than the structure")
def test_the_structure_of_an_onnx_file_is_read_where_onnx_is_not_installed(sandbox: RungSandbox) -> None:
    assert open_model_file(sandbox, "a.onnx", GRAPH) == "opened in the sandbox by its structure: an ONNX graph"
    for damaged, told in ((GRAPH[:-1], "in the middle of a field"), (b"\x08\x0a", "no graph"), (b"\x80", "a number")):
        with pytest.raises(DamagedError, match=told):
            open_model_file(sandbox, "a.onnx", damaged)


@pytest.mark.skipif(find_spec("torch") is not None, reason="torch is installed, which reads more than the structure")
def test_the_structure_of_a_torch_file_is_read_where_torch_is_not_installed(sandbox: RungSandbox) -> None:
    model = archive(data_pkl=b"weights" * 99, version=b"3")
    assert open_model_file(sandbox, "a.pt", model) == "opened in the sandbox by its structure: 2 members"
    for damaged, told in ((model[:99], "not a zip"), (model.replace(b"weights", b"weighty", 1), "damaged")):
        with pytest.raises(DamagedError, match=told):
            open_model_file(sandbox, "a.pt", damaged)
    with pytest.raises(DamagedError, match=r"no data\.pkl"):
        open_model_file(sandbox, "a.pt", archive(other=b"x"))


def test_what_is_no_model_file_is_opened_by_nothing(sandbox: RungSandbox) -> None:
    with pytest.raises(DamagedError, match=r"a\.pkl is no model file; known: \.joblib, \.onnx, \.pt"):
        open_model_file(sandbox, "a.pkl", b"x")
