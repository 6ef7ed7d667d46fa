"""Verify the audit bundle in this folder: python3 verify.py [FIRST_PUBLIC_KEY]. Needs Python 3.11 and nothing else.

Give the log's first public key as you know it (`name+id+base64`); without it the bundle is only compared with its own.
Exit code: 0 intact, 1 tampered, 2 cannot tell. It shares no code with `grace audit verify --bundle` and must find the
same. Formats: C2SP signed-note and tlog-checkpoint, RFC 6962 Merkle tree.
"""

import base64
import hashlib
import json
import re
import stat
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import reduce
from pathlib import Path
from typing import Any

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
MARK, ROTATE, EXPORT = "\u2014 ", b"grace/audit/rotate/v1\n", "grace/audit/export/v1\n"
FORMAT, REQUIRED = (
    "grace/audit/bundle/v1",
    ("entries.jsonl", "data.jsonl", "nodes", "checkpoints.txt", "keys.txt", "verify.py"),
)
NAME, ORIGIN, ANCHOR = re.compile(r"anchors/([A-Za-z0-9_-]{1,64})\.jsonl"), re.compile(r"[^\s+]{1,200}"), "anchor file"
AT = re.compile(
    r"(?:19[7-9][0-9]|2[0-9]{3})-(?:0[1-9]|1[0-2])-(?:[0-2][0-9]|3[01])T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"
)
NODE = re.compile(rb"([0-9]{1,3}) ([0-9]{1,19}) ([0-9a-f]{64})\n")
TEXT = rb'"[^"\\\x00-\x1f]*+(?>(?:\\[^\x00-\x1f][^"\\\x00-\x1f]*+)*)"'
SHAPE = re.compile(
    rb'\{"action":"([a-z0-9_.]{1,200})","actor":' + TEXT + rb',"dh":(?:null|"([0-9a-f]{64})"),"id":"([0-9a-f-]{36})"'
    rb',"incident":(?:null|"[0-9a-f-]{36}"),"outcome":' + TEXT + rb',"subject":' + TEXT +
    rb',"ts":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)","v":1,"w":"([0-9a-f]{32})","wn":([0-9]{1,16})'
    rb',"wp":"([0-9a-f]{64})"\}'
)  # fmt: skip
NOTICE = re.compile(r"inbox:(-?[0-9]{1,19})(?: stream:([0-9a-f]{32})/([0-9]{1,16})/([0-9a-f]{64})/([0-9a-f]{64}))?")
HOUR, HASH, LINES = timedelta(hours=1), 32, 4
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


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("duplicate key")
    return dict(pairs)


def _json(raw: bytes) -> Any:
    return json.loads(raw.decode(), object_pairs_hook=_once)


def _unbase64(text: str) -> bytes:
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text:
        raise ValueError("not canonical base64")
    return raw


def _key_of(text: str) -> Key:
    name, key_id, blob = text.strip().split("+", 2)
    raw = _unbase64(blob)
    if (
        not ORIGIN.fullmatch(name)
        or raw[:1] != b"\x01"
        or len(raw[1:]) != HASH
        or _id_of((name, raw[1:])).hex() != key_id
    ):
        raise ValueError("not an Ed25519 verifier key")
    return name, raw[1:]


def _id_of(key: Key) -> bytes:
    return hashlib.sha256(f"{key[0]}\n".encode() + b"\x01" + key[1]).digest()[:4]


def _body(note: str) -> str:
    at = note.rfind("\n\n" + MARK)
    if at < 0:
        raise ValueError("the note has no signature part")
    return note[: at + 1]


def _checkpoint(note: str) -> tuple[str, int, bytes]:
    lines = _body(note).split("\n")
    shaped = len(lines) == LINES and not lines[-1] and ORIGIN.fullmatch(lines[0])
    if not shaped or not re.fullmatch("0|[1-9][0-9]{0,18}", lines[1]):
        raise ValueError("the note is not a checkpoint")
    root = _unbase64(lines[2])
    if len(root) != HASH:
        raise ValueError("the checkpoint's root is not a hash")
    return lines[0], int(lines[1]), root


def _signed(note: str, key: Key) -> bool:
    """Raises ValueError: the note is malformed."""
    body = _body(note)
    marks = note[len(body) + 1 :]
    if not marks.endswith("\n"):
        raise ValueError("the note does not end with a newline")
    signatures = []
    for line in marks[:-1].split("\n"):
        name, _, blob = line.removeprefix(MARK).partition(" ")
        if not line.startswith(MARK) or not blob:
            raise ValueError("a signature line is malformed")
        signatures.append((name, _unbase64(blob)))
    for name, found in signatures:
        if name == key[0] and found[:4] == _id_of(key):
            return _ed25519(key[1], found[4:], body.encode())
    return False


def _root_of(peaks: list[bytes]) -> bytes:
    if not peaks:
        return hashlib.sha256(b"").digest()
    return reduce(lambda right, left: _sha(b"\x01", left, right), reversed(peaks))


def _split(text: str) -> Iterator[str]:
    lines = list[str]()
    for line in text.split("\n"):
        if lines and lines[-1].startswith(MARK) and not line.startswith(MARK):
            yield "\n".join(lines) + "\n"
            lines = []
        lines.append(line)
    if lines != [""]:
        raise ValueError("checkpoints.txt does not end with a signed note")


def _kept(folder: Path) -> Iterator[tuple[str, str, str | None]]:
    """Yield place, note and time of every note. Raises ValueError: one cannot be read."""
    for note in _split((folder / "checkpoints.txt").read_bytes().decode()):
        yield "log", note, None
    for path in sorted((folder / "anchors").glob("*.jsonl")):
        with path.open("rb") as lines:
            for told in map(_json, lines):
                at = told["at"]
                if at is not None and not (isinstance(at, str) and AT.fullmatch(at)):
                    raise ValueError("a time cannot be read")
                if at is not None:
                    datetime.fromisoformat(at)
                yield f"anchor {path.stem}", told["note"], at


def _notes(folder: Path, origin: str) -> dict[int, list[tuple[str, str, str | None]]]:
    """Return the notes by size."""
    found, before = dict[int, list[tuple[str, str, str | None]]](), dict[str, int]()
    for place, note, at, name, size, _ in [(*kept, *_checkpoint(kept[1])) for kept in _kept(folder)]:
        if name != origin and (place == "log" or f"{MARK}{origin} " in note):
            raise FoundError(1, f"a checkpoint of {place} belongs to another log, {name}")
        if name != origin:
            continue
        if size < before.get(place, 0) or (place == "log" and size == before.get(place, -1)):
            raise FoundError(1, f"the checkpoints of {place} go back to {size}")
        before[place] = size
        found.setdefault(size, []).append((place, note, at))
    return found


def _details(folder: Path) -> Iterator[tuple[int, bytes, bytes]]:
    before = -1
    with (folder / "data.jsonl").open("rb") as lines:
        for raw in lines:
            told = _json(raw)
            seq, data, salt = told["seq"], told["data"].encode(), bytes.fromhex(told["salt"])
            if type(seq) is not int or seq <= before:
                raise ValueError("data.jsonl is not in the order of the entries")
            before = seq
            yield seq, data, salt


def _nodes(folder: Path) -> Iterator[tuple[int, int, bytes]]:
    with (folder / "nodes").open("rb") as lines:
        for raw in lines:
            match = NODE.fullmatch(raw)
            if match is None:
                raise ValueError("nodes has a line that cannot be read")
            yield int(match[1]), int(match[2]), bytes.fromhex(match[3].decode())


class _Reading:
    def __init__(self, folder: Path, key: Key) -> None:
        self.key, self.closing, self.closed, self.size, self.signed, self.peaks = key, 0, False, 0, -1, list[bytes]()
        self.next: Key | None = None
        self.streams: dict[bytes, tuple[int, bytes]] = {}
        self.early: dict[bytes, dict[int, tuple[int, bytes, bytes, bytes]]] = {}
        self.missing, self.named, self.places, self.doubts = (
            dict[bytes, int](),
            set[bytes](),
            dict[str, int](),
            list[str](),
        )
        self.floor, self.latest = b"0000", b"0000"
        self.notes = _notes(folder, key[0])
        self.nodes, self.details = _nodes(folder), _details(folder)
        self.detail = next(self.details, None)
        self.check_notes()

    def take(self, raw: bytes) -> None:
        seq, leaf, match = self.size, _sha(b"\x00", raw), SHAPE.fullmatch(raw)
        if self.next and seq >= self.closing:
            if not self.closed:
                raise FoundError(1, f"entry {seq - 1}: the key was rotated without a closing checkpoint")
            self.key, self.next = self.next, None
        detail = None
        if self.detail is not None and self.detail[0] == seq:
            detail, self.detail = self.detail, next(self.details, None)
        if match is None:
            self.doubts.append(f"entry {seq} is not an envelope that this version can read")
        else:
            action, dh, entry, ts, writer, number, previous = match.groups()
            if detail is None and dh is not None:
                self.missing[entry] = seq
            elif detail is not None and (dh is None or _sha(b"\x03", detail[2], detail[1]).hex().encode() != dh):
                raise FoundError(1, f"entry {seq}: the details do not match")
            self.follow(seq, (writer, number, previous), leaf)
            if ts < self.floor:
                raise FoundError(1, f"entry {seq}: it is dated well before the anchor that precedes it")
            self.latest = max(self.latest, ts)
            if action.startswith(b"audit."):
                self.take_own(seq, action, raw)
        self.grow(leaf)
        self.check_notes()

    def take_own(self, seq: int, action: bytes, raw: bytes) -> None:
        try:
            told = json.loads(raw)
            subject, outcome = told["subject"], told["outcome"]
            for text in told.values():
                str(text).encode()
        except ValueError:
            self.doubts.append(f"entry {seq} is not an envelope that this version can read")
            return
        if action == b"audit.redact":
            self.named.add(subject.removeprefix("entry:").encode())
        elif action == b"audit.set_aside":
            match = NOTICE.fullmatch(subject)
            if match is None or not re.fullmatch("[0-9a-f]{64}", outcome):
                raise FoundError(1, f"entry {seq}: a notice of what was set aside cannot be read")
            if match[2] is not None:
                number = b"%d" % int(match[3])
                self.follow(seq, (match[2].encode(), number, match[4].encode()), bytes.fromhex(match[5]))
        elif action == b"audit.rotate" and not self.next:
            self.rotate(seq, subject, outcome)

    def rotate(self, seq: int, subject: str, outcome: str) -> None:
        try:
            following, signature = _key_of(subject), base64.b64decode(outcome, validate=True)
        except ValueError:
            return
        if following[0] == self.key[0] and _ed25519(self.key[1], signature, ROTATE + subject.encode()):
            self.next, self.closing, self.closed = following, seq + 1, False

    def follow(self, seq: int, place: tuple[bytes, bytes, bytes], leaf: bytes) -> None:
        writer, digits, previous = place
        number, (expected, before) = int(digits), self.streams.get(writer, (0, b"0" * 64))
        waiting = self.early.setdefault(writer, {})
        odd = number < expected or number in waiting or b"%d" % number != digits
        if odd or (number == expected and previous != before):
            raise FoundError(1, f"entry {seq}: it contradicts its writer's stream")
        waiting[number] = (seq, previous, leaf.hex().encode(), digits)
        while expected in waiting:
            seq, previous, after, _ = waiting.pop(expected)
            if previous != before:
                raise FoundError(1, f"entry {seq}: it contradicts its writer's stream")
            expected, before = expected + 1, after
        self.streams[writer] = (expected, before)

    def grow(self, leaf: bytes) -> None:
        rest, height = self.size, 0
        while rest & 1:
            leaf, rest, height = _sha(b"\x01", self.peaks.pop(), leaf), rest >> 1, height + 1
            if height % 8 == 0 and next(self.nodes, None) != (height, self.size >> height, leaf):
                raise FoundError(1, f"the stored tree node {height}/{self.size >> height} is not that of its entries")
        self.peaks.append(leaf)
        self.size += 1

    def check_notes(self) -> None:
        for place, note, at in self.notes.pop(self.size, []):
            _, size, root = _checkpoint(note)
            if root != _root_of(self.peaks):
                raise FoundError(1, f"entries to {size - 1} are not those under the {place} checkpoint")
            try:
                signed = _signed(note, self.key)
            except ValueError as error:
                raise FoundError(1, f"the {place} checkpoint at {size} cannot be read: {error}") from error
            if not signed:
                self.doubts.append(f"the {place} checkpoint at {size} is not signed by the key in force there")
            elif place == "log":
                self.signed, self.closed = size, self.closed or size == self.closing
            else:
                self.places[place] = size
                self.check_dates(at)

    def check_dates(self, at: str | None) -> None:
        if at is None:
            return
        moment = datetime.fromisoformat(at)
        if self.latest > _spelled(moment + HOUR):
            raise FoundError(1, "an entry is dated well after the anchor that covers it")
        self.floor = _spelled(moment - HOUR)

    def end(self) -> None:
        for size in self.notes:
            raise FoundError(1, f"a checkpoint covers {size} entries, the bundle holds {self.size}")
        if self.detail is not None:
            raise FoundError(1, f"there are details of entry {self.detail[0]}, which the bundle does not hold")
        if next(self.nodes, None) is not None:
            raise FoundError(1, "a stored tree node lies outside the log")
        for waiting in (one for one in self.early.values() if one):
            raise FoundError(1, f"entry {min(waiting.values())[0]}: one before it in its writer's stream is missing")
        for seq in (seq for entry, seq in self.missing.items() if entry not in self.named):
            raise FoundError(1, f"entry {seq}: its details are missing and no audit.redact entry accounts for it")
        if self.signed < self.size:
            self.doubts.append(f"{self.size} entries, but only {max(self.signed, 0)} are signed")
        if self.next and not self.closed:
            self.doubts.append("the key was rotated, and no closing checkpoint follows yet")
        if ANCHOR not in self.places:
            self.doubts.append("there is no anchor from outside the database")
        for doubt in self.doubts:
            raise FoundError(2, doubt)

    def in_force(self) -> list[Key]:
        return [self.key] if self.next is None else [self.key, self.next]


def _spelled(moment: datetime) -> bytes:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").encode()


def _manifest(folder: Path) -> dict[str, Any]:
    _regular(folder / "manifest.json")
    told = _json((folder / "manifest.json").read_bytes())
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise ValueError("manifest.json is of another format")
    size, root, listed = told.get("size"), told.get("root"), told.get("files")
    if type(size) is not int or not isinstance(root, str) or not isinstance(listed, dict):
        raise ValueError("manifest.json lacks its size, its root or its files")
    odd = [name for name, digest in listed.items() if not isinstance(digest, str)]
    odd += [name for name in REQUIRED if name not in listed]
    odd += [name for name in listed if name not in REQUIRED and not NAME.fullmatch(name)]
    if odd:
        raise ValueError(f"manifest.json does not list what a bundle holds: {odd[0][:80]!r}")
    return told


def _regular(path: Path) -> None:
    if not stat.S_ISREG(path.lstat().st_mode):
        raise ValueError(f"{path.name} is not a plain file")


def _check_files(folder: Path, listed: dict[str, str]) -> None:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name == "anchors" and path.is_dir() and not path.is_symlink():
            continue
        if name not in listed and name not in {"manifest.json", "manifest.note"}:
            raise FoundError(1, f"{name[:80]!r} was not exported with the rest")
        _regular(path)
    for name, digest in listed.items():
        path = folder / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise FoundError(1, f"{name} is not the file that was exported")


def _main(folder: Path, given: str) -> str:
    manifest = _manifest(folder)
    _check_files(folder, manifest["files"])
    own = (folder / "keys.txt").read_bytes().decode().split("\n")[0].strip()
    key = _key_of(own)
    if given and _key_of(given) != key:
        raise FoundError(2, "the bundle belongs to another log or key")
    for part in (_nodes(folder), _details(folder)):
        for _ in part:
            continue
    reading = _Reading(folder, key)
    with (folder / "entries.jsonl").open("rb") as lines:
        for line in lines:
            reading.take(line.removesuffix(b"\n"))
    reading.end()
    root = _root_of(reading.peaks).hex()
    if (manifest["size"], manifest["root"], manifest.get("origin")) != (reading.size, root, key[0]):
        raise FoundError(1, "the manifest names another checkpoint")
    if reading.places[ANCHOR] < reading.size:
        raise FoundError(2, f"the anchor covers {reading.places[ANCHOR]} of {reading.size} entries")
    if not (folder / "manifest.note").exists():
        raise FoundError(2, "manifest.note is missing, so nothing shows that the log ended there")
    if not _signs_manifest(folder, reading.in_force()):
        raise FoundError(1, "manifest.note is not a signature over the manifest by the key in force at its end")
    return f"{reading.size} entries under {root[:12]}, first key {own}"


def _signs_manifest(folder: Path, keys: list[Key]) -> bool:
    note = (folder / "manifest.note").read_bytes().decode()
    digest = hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    try:
        text, _, signatures = note.partition("\n\n")
        return text == f"{EXPORT}{digest}" and signatures.count("\n") == 1 and any(_signed(note, key) for key in keys)
    except ValueError:
        return False


def found(folder: Path, given: str) -> tuple[int, str]:
    """Return the exit code and what was found."""
    try:
        return 0, _main(folder, given)
    except FoundError as finding:
        return finding.args[0], finding.args[1]
    except (ValueError, KeyError, TypeError, AttributeError, OSError, RecursionError) as error:
        return 2, f"the bundle cannot be read: {error!r}"


if __name__ == "__main__":
    code, told = found(Path(__file__).parent, sys.argv[1] if len(sys.argv) > 1 else "")
    sys.stdout.write(f"{('intact', 'tampered', 'cannot tell')[code]}: {told}\n")
    sys.exit(code)
