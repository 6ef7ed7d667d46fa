"""Verify the audit bundle in this folder: python3 verify.py [FIRST_PUBLIC_KEY]. Needs Python 3.11 and nothing else.

Give the log's first public key as you know it (`name+id+base64`); without it the bundle is only compared with its own.
Exit code: 0 intact, 1 tampered, 2 cannot tell. Formats: C2SP signed-note and tlog-checkpoint, RFC 6962 Merkle tree.
"""

import base64
import hashlib
import json
import sys
from functools import reduce
from pathlib import Path

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
MARK, ROTATE, EXPORT = "\u2014 ", b"grace/audit/rotate/v1\n", "grace/audit/export/v1\n"
Key = tuple[str, bytes]
Point = tuple[int, int, int, int]


class FoundError(Exception):
    """What is wrong: exit code and reason."""


def _sha(kind: bytes, *parts: bytes) -> bytes:
    return hashlib.sha256(kind + b"".join(parts)).digest()


def _add(a: Point, b: Point) -> Point:
    (x1, y1, z1, t1), (x2, y2, z2, t2) = a, b
    m, n = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
    e, f, g, h = n - m, d - c, d + c, n + m
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(n: int, point: Point) -> Point:
    found = (0, 1, 1, 0)
    while n:
        found, point, n = _add(found, point) if n & 1 else found, _add(point, point), n >> 1
    return found


def _point_of(raw: bytes) -> Point | None:
    number = int.from_bytes(raw, "little")
    sign, y = number >> 255, number & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x * pow(2, (P - 1) // 4, P) % P if (x * x - square) % P else x
    if (x * x - square) % P or y >= P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = _point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little")) or (0, 0, 0, 0)


def _ed25519(key: bytes, signature: bytes, text: bytes) -> bool:  # RFC 8032 section 5.1.7
    public, commit = _point_of(key), _point_of(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if public is None or commit is None or scalar >= L or len(signature) != len(key) * 2:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + key + text).digest(), "little") % L
    left, right = _times(scalar, BASE), _add(commit, _times(challenge, public))
    return all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1))


def _key_of(text: str) -> Key:
    return text.split("+", 1)[0], base64.b64decode(text.strip().split("+", 2)[2])[1:]


def _signed(note: str, key: Key) -> bool:
    body, _, marks = note.rpartition("\n\n" + MARK)
    name, raw = key
    key_id = hashlib.sha256(f"{name}\n".encode() + b"\x01" + raw).digest()[:4]
    for line in (MARK + marks).splitlines():
        who, _, blob = line[len(MARK) :].rpartition(" ")
        found = base64.b64decode(blob, validate=True)
        if who == name and found[:4] == key_id:
            return _ed25519(raw, found[4:], (body + "\n").encode())
    return False


def _notes(folder: Path) -> dict[int, list[tuple[str, str]]]:
    found, lines = dict[int, list[tuple[str, str]]](), list[str]()
    for line in [*(folder / "checkpoints.txt").read_text().splitlines(keepends=True), "end"]:
        if lines and lines[-1].startswith(MARK) and not line.startswith(MARK):
            found.setdefault(int(lines[1]), []).append(("log", "".join(lines)))
            lines = []
        lines.append(line)
    for path in sorted((folder / "anchors").glob("*.jsonl")):
        for line in path.read_text().splitlines():
            note = json.loads(line)["note"]
            found.setdefault(int(note.split("\n")[1]), []).append((path.stem, note))
    return found


def _root_of(peaks: list[bytes]) -> bytes:
    return reduce(lambda right, left: _sha(b"\x01", left, right), reversed(peaks))


class _Reading:
    def __init__(self, folder: Path, key: Key) -> None:
        self.key, self.closing, self.closed, self.size, self.signed, self.peaks = key, 0, False, 0, 0, list[bytes]()
        self.next: Key | None = None
        self.keys = [key]
        self.streams: dict[str, tuple[int, str]] = {}
        self.early: dict[str, dict[int, tuple[int, str, str]]] = {}
        self.missing = dict[str, int]()
        self.named, self.places = set[str](), set[str]()
        self.notes = _notes(folder)
        with (folder / "data.jsonl").open() as lines:
            self.details = {line["seq"]: line for line in map(json.loads, lines)}

    def take(self, raw: bytes) -> None:
        entry, seq, leaf = json.loads(raw), self.size, _sha(b"\x00", raw)
        if self.next and seq >= self.closing:
            if not self.closed:
                raise FoundError(1, f"entry {seq - 1}: the key was rotated without a closing checkpoint")
            self.key, self.next = self.next, None
        self.check_details(seq, entry)
        self.early.setdefault(entry["w"], {})[entry["wn"]] = (seq, entry["wp"], leaf.hex())
        self.check_stream(entry["w"])
        if entry["action"] == "audit.redact":
            self.named.add(entry["subject"].removeprefix("entry:"))
        text, rotation = ROTATE + entry["subject"].encode(), entry["action"] == "audit.rotate" and not self.next
        if rotation and _ed25519(self.key[1], base64.b64decode(entry["outcome"]), text):
            self.next, self.closing, self.closed = _key_of(entry["subject"]), seq + 1, False
            self.keys.append(self.next)
        rest = self.size
        while rest & 1:
            leaf, rest = _sha(b"\x01", self.peaks.pop(), leaf), rest >> 1
        self.peaks.append(leaf)
        self.size += 1
        for place, note in self.notes.pop(self.size, []):
            self.check_note(place, note)

    def check_details(self, seq: int, entry: dict[str, str]) -> None:
        line = self.details.pop(seq, None)
        if line is None and entry["dh"] is not None:
            self.missing[entry["id"]] = seq
        elif line and _sha(b"\x03", bytes.fromhex(line["salt"]), line["data"].encode()).hex() != entry["dh"]:
            raise FoundError(1, f"entry {seq}: the details do not match")

    def check_stream(self, writer: str) -> None:
        number, previous = self.streams.get(writer, (0, "0" * 64))
        while number in self.early[writer]:
            seq, claimed, leaf = self.early[writer].pop(number)
            if claimed != previous:
                raise FoundError(1, f"entry {seq}: it contradicts its writer's stream")
            number, previous = number + 1, leaf
        self.streams[writer] = (number, previous)

    def check_note(self, place: str, note: str) -> None:
        origin, size, root = note.split("\n")[:3]
        if origin != self.key[0] or base64.b64decode(root) != _root_of(self.peaks):
            raise FoundError(1, f"entries {self.signed} to {int(size) - 1} are not those under the {place} checkpoint")
        if not _signed(note, self.key):
            raise FoundError(2, f"the {place} checkpoint at {size} is not signed by the key in force there")
        if place == "log":
            self.signed, self.closed = int(size), self.closed or int(size) == self.closing
        self.places.add(place)

    def end(self) -> None:
        for size in self.notes:
            raise FoundError(1, f"a checkpoint speaks of {size} entries, the bundle holds {self.size}")
        for seq, _, _ in (row for waiting in self.early.values() for row in waiting.values()):
            raise FoundError(1, f"entry {seq}: one before it in its writer's stream is missing")
        for seq in (seq for entry, seq in self.missing.items() if entry not in self.named):
            raise FoundError(1, f"entry {seq}: its details are gone and no audit.redact entry says so")
        if self.signed < self.size or not self.size or self.details:
            raise FoundError(2, f"{self.size} entries, {self.signed} signed, {len(self.details)} details left over")
        if "file" not in self.places:
            raise FoundError(2, "there is no anchor from outside the database")


def _main(folder: Path, given: str) -> str:
    own = (folder / "keys.txt").read_text().split("\n")[0]
    if given and given != own:
        raise FoundError(2, "the bundle is of another key")
    text = (folder / "manifest.json").read_text()
    manifest = json.loads(text)
    reading = _Reading(folder, _key_of(own))
    with (folder / "entries.jsonl").open("rb") as lines:
        for line in lines:
            reading.take(line[:-1] if line.endswith(b"\n") else line)
    reading.end()
    for name, digest in manifest["files"].items():
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest:
            raise FoundError(1, f"{name} is not the file that was exported")
    if (manifest["size"], manifest["root"]) != (reading.size, _root_of(reading.peaks).hex()):
        raise FoundError(1, "the manifest speaks of another checkpoint")
    if (folder / "manifest.note").exists():
        note, digest = (folder / "manifest.note").read_text(), hashlib.sha256(text.encode()).hexdigest()
        if not (note.startswith(f"{EXPORT}{digest}\n\n") and any(_signed(note, key) for key in reading.keys)):
            raise FoundError(1, "manifest.note is not a signature over the manifest by a key of this log")
    return f"{reading.size} entries under {_root_of(reading.peaks).hex()[:12]}, first key {own}"


if __name__ == "__main__":
    try:
        code, told = 0, _main(Path(__file__).parent, sys.argv[1] if len(sys.argv) > 1 else "")
    except FoundError as finding:
        code, told = finding.args
    except (ValueError, KeyError, TypeError, IndexError, OSError) as error:
        code, told = 2, f"the bundle cannot be read: {error!r}"
    sys.stdout.write(f"{('intact', 'tampered', 'cannot tell')[code]}: {told}\n")
    sys.exit(code)
