"""Real targets with content that belongs to safe points, one of each kind.

Each yields a connection, `look`, which returns all of that content, and `change`, which changes, adds and removes some.
"""

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from redis import Redis

from grace_workers.actions import SafePoints
from grace_workers.adapters.embedded import EmbeddedValkey

Made = tuple[dict[str, Any], Callable[[], object], Callable[[], None]]

FILES = {"conf/shop.ini": "on", "conf/old.ini": "words", "tmp/cache": "x"}
_PERSON = ("-c", "user.name=Ann", "-c", "user.email=ann@shop.example", "-c", "commit.gpgSign=false")
_TABLES = """
    CREATE TABLE customers (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, seen timestamptz);
    CREATE TABLE orders (id serial PRIMARY KEY, customer int REFERENCES customers DEFERRABLE INITIALLY DEFERRED,
        total numeric(10, 2), double numeric GENERATED ALWAYS AS (total * 2) STORED, tags text[], raw bytea);
    CREATE TABLE notes (words text);
    CREATE TABLE changes (what text);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO changes VALUES (TG_OP); RETURN NULL; END $$;
    CREATE TRIGGER noted AFTER INSERT OR TRUNCATE ON orders FOR EACH STATEMENT EXECUTE FUNCTION note();
    INSERT INTO customers (name, seen) VALUES ('Ann', '2026-01-01 12:00+01'), (E'B\\tob\\nby', NULL);
    INSERT INTO orders (customer, total, tags, raw) VALUES (1, 9.99, '{a,"b c"}', '\\x00ff'), (2, 0.1, NULL, NULL);
    INSERT INTO notes VALUES ('twice'), ('twice'), ('once');
"""


@dataclass(frozen=True)
class Stand:
    """What the suite of the role asks for; `opened` returns the role as another process would have it."""

    opened: Callable[[], SafePoints]
    look: Callable[[], object]
    change: Callable[[], None]


@contextmanager
def files_stand(folder: Path) -> Iterator[Made]:
    root = folder / "tree"
    for name, words in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(words)
    (root / "conf/shop.ini").chmod(0o640)

    def change() -> None:
        (root / "conf/shop.ini").write_text("off")
        (root / "conf/shop.ini").chmod(0o600)
        (root / "conf/old.ini").unlink()
        (root / "conf/new.ini").write_text("new")

    def look() -> object:
        found = [path for path in sorted((root / "conf").rglob("*")) if path.is_file()]
        return {path.name: (path.read_bytes(), path.stat().st_mode) for path in found}

    yield {"root": str(root), "safe_point": {"patterns": ["conf/**"]}}, look, change


@contextmanager
def flags_stand(folder: Path) -> Iterator[Made]:
    path = folder / "flags.json"
    flag = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "on"}
    path.write_text(json.dumps({"flags": {"b": flag, "a": flag}}))
    changed = json.dumps({"flags": {"b": {**flag, "defaultVariant": "off"}, "c": flag}})
    yield {"file": str(path)}, path.read_bytes, lambda: path.write_text(changed) and None


@contextmanager
def git_stand(folder: Path) -> Iterator[Made]:
    root = folder / "shop"
    root.mkdir()

    def git(*arguments: str) -> None:
        subprocess.run(["git", *_PERSON, *arguments], cwd=root, check=True, capture_output=True)

    def commit(tree: Mapping[str, str]) -> None:
        for path in root.glob("*.py"):
            path.unlink()
        for name, words in tree.items():
            (root / name).write_text(words)
        git("add", "--all")
        git("commit", "--quiet", "--message", "next")

    git("init", "--quiet", "--initial-branch=main")
    commit({"shop.py": "a = 1\n", "old.py": "b = 1\n"})
    yield (
        {"repository": str(root)},
        lambda: {path.name: path.read_text() for path in sorted(root.glob("*.py"))},
        lambda: commit({"shop.py": "a = 2\n", "new.py": "c = 1\n"}),
    )


@contextmanager
def redis_stand(folder: Path) -> Iterator[Made]:
    server = EmbeddedValkey(folder / "valkey", durable=False)
    server.start()
    try:
        with Redis.from_url(server.url) as client:
            _fill(client)
            yield (
                {"url": server.url, "safe_point": {"prefixes": ["cart:", "stock:"]}},
                lambda: _seen(client),
                lambda: _change(client),
            )
    finally:
        server.stop()


def _fill(client: Redis) -> None:
    client.set("cart:1", b"\x00\xff")
    client.set("cart:2", "kept", px=3_600_000)
    client.hset("stock:apples", mapping={f"shelf{number}": number for number in range(300)})
    client.sadd("stock:all", *(f"thing{number}" for number in range(300)))
    client.zadd("stock:best", {"apples": 1.5, "pears": 0.1})
    client.rpush("stock:queue", "a", "b")
    client.xadd("stock:log", {"what": "sold"}, id="1-1")
    client.set("other", "not ours")


def _change(client: Redis) -> None:
    client.delete("cart:1", "stock:log")
    client.persist("cart:2")
    client.hset("stock:apples", "shelf1", 99)
    client.srem("stock:all", "thing7")
    client.lpop("stock:queue")
    client.set("cart:new", "new")


def _seen(client: Redis) -> object:
    names = [name for prefix in ("cart:*", "stock:*") for name in sorted(client.scan_iter(prefix))]
    return [(name, client.execute_command("PEXPIRETIME", name), _value(client, name)) for name in names]


def _value(client: Any, name: bytes) -> object:
    kind = client.type(name).decode()
    reads: Mapping[str, Callable[[], object]] = {
        "string": lambda: client.get(name),
        "hash": lambda: client.hgetall(name),
        "set": lambda: client.smembers(name),
        "zset": lambda: client.zrange(name, 0, -1, withscores=True),
        "list": lambda: client.lrange(name, 0, -1),
        "stream": lambda: client.xrange(name),
    }
    return reads[kind]()


@contextmanager
def postgres_stand(folder: Path, database_url: Callable[[], str]) -> Iterator[Made]:
    del folder
    url = database_url()
    tables = ["customers", "orders", "notes"]

    def look() -> object:
        with psycopg.connect(url) as session:
            reads = [f"SELECT * FROM {table} ORDER BY 1" for table in (*tables, "changes")]
            return [session.execute(read).fetchall() for read in reads]  # type: ignore[arg-type]

    def change() -> None:
        with psycopg.connect(url, autocommit=True) as session:
            session.execute("INSERT INTO customers (name) VALUES ('Eve')")
            session.execute("UPDATE orders SET total = 1, customer = 3 WHERE id = 2")
            session.execute("DELETE FROM orders WHERE id = 1")
            session.execute("DELETE FROM customers WHERE id = 1")
            session.execute("DELETE FROM notes")

    with psycopg.connect(url, autocommit=True) as session:
        session.execute(_TABLES)
    yield {"url": url, "safe_point": {"tables": tables}}, look, change
