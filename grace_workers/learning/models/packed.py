"""Packs arrays and words into bytes and back: NumPy's own format without pickle, and JSON."""

import io
import json
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import IntegrityError

_WORDS = "words"
_MOST_BYTES = 256 * 2**20
_MOST_ARRAYS = 100
# What zipfile, NumPy and json raise for bytes that they cannot read; a damaged header is read as Python by NumPy.
_UNREADABLE = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    TypeError,
    SyntaxError,
    NotImplementedError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
    tokenize.TokenError,
)


def pack(arrays: Mapping[str, NDArray[Any]], words: Mapping[str, JsonValue]) -> bytes:
    """Return the named arrays, and all other data as JSON, in one compressed file."""
    told = np.frombuffer(json.dumps(dict(words), sort_keys=True).encode(), np.uint8)
    file = io.BytesIO()
    named: dict[str, Any] = {_WORDS: told, **arrays}
    np.savez_compressed(file, **named)
    return file.getvalue()


def unpack(content: bytes, *, most: int = _MOST_BYTES) -> tuple[Mapping[str, NDArray[Any]], Mapping[str, JsonValue]]:
    """Return what was packed.

    Raises:
        IntegrityError: `content` is no such file, holds objects, or would take more than `most` bytes.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = archive.infolist()
        if len(files) > _MOST_ARRAYS or sum(one.file_size for one in files) > most:
            raise IntegrityError(f"the stored model would take more than {most} bytes")
        with np.load(io.BytesIO(content), allow_pickle=False) as found:
            arrays = {name: np.asarray(found[name]) for name in found.files}
        return arrays, json.loads(arrays.pop(_WORDS).tobytes())
    except _UNREADABLE as error:
        raise IntegrityError(f"the stored model cannot be read: {error}") from error
