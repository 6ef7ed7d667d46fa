"""A program that opens one model file, to see whether it can be read: `model_opener.py KIND`, the file on its input.

It runs in the sandbox by its path, so it imports nothing of ours. Opening a joblib file runs whatever code is in it.
Where the library of a kind is not installed, the file's own structure is read instead. It prints one line of JSON:
what was opened and by what, or the trouble.
"""

import importlib.util
import io
import json
import os
import sys
import zipfile
from collections.abc import Iterator

VARINT, EIGHT, COUNTED, FOUR = 0, 1, 2, 5
IR_VERSION, GRAPH = 1, 7
MORE, LAST_SHIFT = 128, 63
SHOWN = 200


def joblib_file(content: bytes) -> dict[str, str]:
    """Load it by joblib. Without joblib nothing but running it would tell anything."""
    import joblib

    found = joblib.load(io.BytesIO(content))
    return {"by": "joblib", "what": f"{type(found).__module__}.{type(found).__qualname__}"}


def onnx_file(content: bytes) -> dict[str, str]:
    """Have it checked by onnx, or read the fields of its message: a version, a graph, and nothing cut off."""
    if importlib.util.find_spec("onnx"):
        import onnx

        model = onnx.load_model_from_string(content)
        onnx.checker.check_model(model)
        return {"by": "onnx", "what": f"graph {model.graph.name}"}
    fields = dict(_fields(content))
    if fields.get(IR_VERSION) != VARINT or fields.get(GRAPH) != COUNTED:
        raise ValueError("it has no version or no graph, so it is no ONNX model")
    return {"by": "its structure", "what": "an ONNX graph"}


def torch_file(content: bytes) -> dict[str, str]:
    """Load its tensors alone by torch, or read every member of the archive that it is."""
    if importlib.util.find_spec("torch"):
        import torch

        found = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        return {"by": "torch", "what": type(found).__name__}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        broken, names = archive.testzip(), archive.namelist()
    if broken is not None:
        raise ValueError(f"its member {broken} is damaged")
    if not any(name.endswith("/data.pkl") for name in names):
        raise ValueError("it has no data.pkl, so it is no torch model")
    return {"by": "its structure", "what": f"{len(names)} members"}


def _fields(content: bytes) -> Iterator[tuple[int, int]]:
    """Yield number and type of each field of a protocol buffer message. Raises ValueError where it is cut off."""
    at = 0
    while at < len(content):
        tag, at = _number(content, at)
        kind = tag & 7
        if kind == VARINT:
            _, at = _number(content, at)
        elif kind == COUNTED:
            size, at = _number(content, at)
            at += size
        elif kind in (EIGHT, FOUR):
            at += 8 if kind == EIGHT else 4
        else:
            raise ValueError("it is no protocol buffer message")
        if at > len(content):
            raise ValueError("it ends in the middle of a field")
        yield tag >> 3, kind


def _number(content: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(content) or shift > LAST_SHIFT:
            raise ValueError("it ends in the middle of a number")
        value |= (content[at] & (MORE - 1)) << shift
        at += 1
        if content[at - 1] < MORE:
            return value, at
        shift += 7


def main() -> None:
    """Open what is on the input."""
    # What the file runs may print, so the answer has an output of its own.
    told = os.dup(1)
    os.dup2(2, 1)
    kinds = {"joblib": joblib_file, "onnx": onnx_file, "pt": torch_file}
    try:
        said = kinds[sys.argv[1]](sys.stdin.buffer.read())
    except BaseException as error:  # noqa: BLE001 - whatever the file runs may raise anything
        said = {"trouble": f"{type(error).__name__}: {error}"[:SHOWN]}
    os.write(told, json.dumps(said).encode())


if __name__ == "__main__":
    main()
