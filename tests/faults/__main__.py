"""The fault proxy as a process: `python -m tests.faults --listen HOST:PORT --upstream HOST:PORT`.

It reads commands as lines on its standard input, and answers each with one line of JSON; the first line gives its
address. It ends when the input ends, so it never outlives the process that controls it. `help` lists the commands.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import timedelta

from grace_workers.foundation.errors import GraceError, InputError
from tests.faults.passage import HELD, Direction, Passage, address_of
from tests.faults.proxy import FaultProxy

_WRONG_INPUT = 2
_WAYS: Mapping[str, Sequence[Direction]] = {
    "both": tuple(Direction),
    "up": (Direction.TO_UPSTREAM,),
    "down": (Direction.TO_CLIENT,),
}
_WORDS = {
    "cut": "cut: refuse new connections and reset those that are open",
    "heal": "heal: take every fault away",
    "hold": "hold both|up|down: let nothing through",
    "slow": "slow both|up|down SECONDS [JITTER]: delay every chunk",
    "throttle": "throttle both|up|down BYTES_PER_SECOND: limit every connection",
    "reset": "reset both|up|down BYTES: reset each connection after so many bytes",
    "traffic": "traffic: what went through so far",
    "help": "help: this list",
}


class Console:
    """Understands the commands. It keeps its settings, so that faults of several kinds add up."""

    def __init__(self, proxy: FaultProxy) -> None:
        self._proxy = proxy
        self._passages = {way: Passage() for way in Direction}

    def obey(self, line: str) -> dict[str, object]:
        """Carry out a command and return the answer.

        Raises:
            InputError: the command is unknown.
        """
        word, *rest = line.split()
        acts: Mapping[str, Callable[[], object]] = {"cut": self._proxy.cut, "heal": self._heal}
        if word in acts and not rest:
            acts[word]()
            return {"done": word}
        if word == "traffic" and not rest:
            return asdict(self._proxy.traffic)
        if word == "help":
            return {"commands": list(_WORDS.values())}
        if word not in _WORDS or not rest or rest[0] not in _WAYS:
            raise InputError(f"{line.strip()!r} is not understood; say `help`")
        for way in _WAYS[rest[0]]:
            self._passages[way] = _changed(self._passages[way], word, rest[1:])
            self._proxy.set(way, self._passages[way])
        return {"done": word}

    def _heal(self) -> None:
        self._passages = {way: Passage() for way in Direction}
        self._proxy.heal()


def _changed(passage: Passage, word: str, values: Sequence[str]) -> Passage:
    try:
        match word, [float(value) for value in values]:
            case "hold", []:
                return replace(passage, held=HELD.held)
            case "slow", [delay]:
                return replace(passage, delay=timedelta(seconds=delay), jitter=timedelta(0))
            case "slow", [delay, jitter]:
                return replace(passage, delay=timedelta(seconds=delay), jitter=timedelta(seconds=jitter))
            case "throttle", [speed]:
                return replace(passage, bytes_per_second=int(speed))
            case "reset", [count]:
                return replace(passage, reset_after=int(count))
            case _:
                raise InputError(f"`{word}` takes other figures; {_WORDS[word]}")
    except (ValueError, OverflowError) as error:
        raise InputError(f"{' '.join(values)!r} are no figures for `{word}`; {_WORDS[word]}") from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a proxy until the standard input ends; 0, or 2 with one sentence when an address cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--listen", default="127.0.0.1:0", help="host:port; port 0 takes a free one")
    parser.add_argument("--upstream", required=True, help="host:port of the real server")
    options = parser.parse_args(arguments)
    try:
        proxy = FaultProxy(address_of(options.upstream), listen=address_of(options.listen))
    except GraceError as error:
        sys.stderr.write(f"{error}\n")
        return _WRONG_INPUT
    with proxy:
        _say({"listening": f"{proxy.address[0]}:{proxy.address[1]}"})
        console = Console(proxy)
        for line in filter(str.strip, sys.stdin):
            try:
                _say(console.obey(line))
            except InputError as error:
                _say({"error": str(error)})
    return 0


def _say(answer: Mapping[str, object]) -> None:
    sys.stdout.write(f"{json.dumps(answer)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
