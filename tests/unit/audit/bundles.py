"""A bundle made of a log in memory, and what an attacker without the key does to its files."""

import hashlib
import json
import random
from pathlib import Path

from grace_workers.audit import manifest_note, read_checkpoint
from grace_workers.foundation.canonical import timestamp
from tests.unit.audit.logs import ORIGIN, Log

Files = dict[str, bytes]


def files_of(log: Log) -> Files:
    """Return the files of an honest bundle, manifest and its note included."""
    details = [
        json.dumps({"seq": seq, "salt": salt.hex(), "data": data.decode()})
        for seq, _, data, salt, _, _ in log.rows
        if data is not None and salt is not None
    ]
    anchors = [json.dumps({"at": timestamp(one.at), "note": one.note}) for one in log.anchors if one.at is not None]
    found = {
        "entries.jsonl": b"".join(row[1] + b"\n" for row in log.rows),
        "data.jsonl": "".join(f"{line}\n" for line in details).encode(),
        "nodes": "".join(f"{node.height} {node.idx} {node.hash.hex()}\n" for node in log.nodes).encode(),
        "checkpoints.txt": "".join(note for _, note in log.checkpoints).encode(),
        "anchors/file.jsonl": "".join(f"{line}\n" for line in anchors).encode(),
        "keys.txt": f"{log.signer.key}\n".encode(),
        "verify.py": b"pass\n",
    }
    return signed(found, log)


def signed(files: Files, log: Log, *, note: bool = True) -> Files:
    """Return the files with a manifest that matches them, and with its note."""
    at_end = read_checkpoint(log.checkpoints[-1][1])
    content = {name: text for name, text in files.items() if not name.startswith("manifest.")}
    manifest = {
        "format": "grace/audit/bundle/v1",
        "origin": ORIGIN,
        "size": at_end.size,
        "root": at_end.root.hex(),
        "files": {name: hashlib.sha256(text).hexdigest() for name, text in content.items()},
    }
    text = json.dumps(manifest, indent=2) + "\n"
    content["manifest.json"] = text.encode()
    if note:
        content["manifest.note"] = manifest_note(text, log.signer).encode()
    return content


def written(files: Files, folder: Path) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
    return folder


def changed(files: Files, chance: random.Random) -> Files:
    """Return the files with one thing changed in one of them."""
    name = chance.choice(sorted(name for name in files if files[name]))
    if chance.random() < 0.1:
        return {other: kept for other, kept in files.items() if other != name}
    change = chance.choice([_flipped, _cut, _reordered, _lengthened, _replaced])
    return {**files, name: change(files[name], chance)}


def _flipped(text: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(text))
    return text[:at] + bytes([text[at] ^ 1 << chance.randrange(8)]) + text[at + 1 :]


def _cut(text: bytes, chance: random.Random) -> bytes:
    return text[: chance.randrange(len(text))] if chance.random() < 0.8 else b""


def _reordered(text: bytes, chance: random.Random) -> bytes:
    """Drop, double or swap lines."""
    lines = text.splitlines(keepends=True)
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    match chance.randrange(3):
        case 0:
            del lines[one]
        case 1:
            lines.insert(other, lines[one])
        case _:
            lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def _lengthened(text: bytes, chance: random.Random) -> bytes:
    spare = [
        b"\x00",
        b"\n",
        b"{}\n",
        b"\xff\n",
        b"8 0 " + b"0" * 64 + b"\n",
        b'{"seq":99}\n',
        b"[[[[",
        text[: len(text) // 3],
    ]
    return text + chance.choice(spare) if chance.random() < 0.7 else chance.choice(spare) + text


def _replaced(text: bytes, chance: random.Random) -> bytes:
    pairs = [(b"0", b"1"), (b"7", b"-7"), (b"1", b"1" * 5000), (b"4", b"4.0"), (b'"', b"'"), (b"job", b"\\u0000")]
    return text.replace(*chance.choice([*pairs, (b"2026", b"2099"), (b"a", b"\\ud800"), (b"job", b"audit")]), 1)
