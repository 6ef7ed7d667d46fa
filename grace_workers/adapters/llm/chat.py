"""One question to `/chat/completions`, within its time and size, with its failures in our own words.

The key is sent to the declared address only: no redirect is followed and no proxy of the environment is used. Nothing
that the other side says is repeated in an error, because it may repeat what it was sent.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import httpx
from pydantic import ConfigDict, Field, ValidationError

from grace_workers.coding import AnswerEnd, LostAnswerError, ModelAnswer, ModelMessage, UnreadableAnswerError
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import PermanentError, TransientError

_CONNECT, _LARGEST, _LONGEST_WAIT = 5.0, 1 << 20, 20.0
_REFUSED_KEY = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


# More than any answer has, and few enough that the sum of a day can be stored.
_MOST_COUNTED = 1_000_000_000


class _Lenient(Document):
    model_config = ConfigDict(extra="ignore")


class _Message(_Lenient):
    content: str | None = None
    refusal: str | None = None


class _Choice(_Lenient):
    message: _Message
    finish_reason: str | None = None


class _Usage(_Lenient):
    prompt_tokens: int = Field(ge=0, le=_MOST_COUNTED)
    completion_tokens: int = Field(default=0, ge=0, le=_MOST_COUNTED)


class _Completion(_Lenient):
    choices: tuple[_Choice, ...] = Field(min_length=1)
    usage: _Usage | None = None


class ChatModel:
    """One model of one API. `limit` is its field for the most tokens of an answer; `temperature` None sends none."""

    def __init__(
        self, *, url: str, name: str, key: str, patience: float, limit: str, temperature: float | None
    ) -> None:
        self.name = name
        self._url = f"{url}/chat/completions"
        self._headers = {"Accept-Encoding": "identity", **({"Authorization": f"Bearer {key}"} if key else {})}
        self._patience = patience
        self._limit = limit
        self._fixed: dict[str, Any] = {} if temperature is None else {"temperature": temperature}

    def answer(self, messages: Sequence[ModelMessage], *, tokens: int, seconds: float) -> ModelAnswer:
        """Ask once; if the API names a short wait, ask again after it.

        Raises:
            LostAnswerError: no answer in time, or a broken one.
            UnreadableAnswerError: its answer is no completion.
            TransientError: it is not reached, 429 or a fault of the other side.
            PermanentError: it refuses the request or the key.
        """
        body = {
            "model": self.name,
            "messages": [{"role": one.speaker.value, "content": one.text} for one in messages],
            self._limit: tokens,
            "stream": False,
            **self._fixed,
        }
        end = time.monotonic() + seconds
        try:
            return self._asked(body, end)
        except TransientError as error:
            wait = None if error.retry_after is None else error.retry_after.total_seconds()
            if wait is None or wait > min(_LONGEST_WAIT, end - time.monotonic()):
                raise
            time.sleep(wait)
            return self._asked(body, end)

    def _asked(self, body: Any, end: float) -> ModelAnswer:
        seconds = min(self._patience, end - time.monotonic())
        if seconds <= 0:
            raise TransientError(f"the language model {self.name} has no time left to answer")
        with self._failures(seconds):
            timeout = httpx.Timeout(seconds, connect=min(seconds, _CONNECT))
            with (
                httpx.Client(trust_env=False, follow_redirects=False, timeout=timeout) as client,
                client.stream("POST", self._url, json=body, headers=self._headers) as answer,
            ):
                self._judge(answer)
                return self._read(self._content(answer, time.monotonic() + seconds))

    @contextmanager
    def _failures(self, seconds: float) -> Iterator[None]:
        try:
            yield
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.InvalidURL) as error:
            raise TransientError(f"the language model {self.name} does not answer: {type(error).__name__}") from error
        except httpx.TimeoutException as error:
            raise LostAnswerError(f"the language model {self.name} did not answer within {seconds:.0f} s") from error
        except httpx.HTTPError as error:
            raise LostAnswerError(f"the language model {self.name} does not answer: {type(error).__name__}") from error

    def _judge(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            words = f"the language model {self.name} cannot answer now: its API answers with {status}"
            raise TransientError(words, retry_after=_wait_of(answer.headers.get("Retry-After", "")))
        if status in _REFUSED_KEY:
            words = f"the API of the language model {self.name} refuses the key with {status}; correct GRACE_MODEL__KEY"
            raise PermanentError(words)
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            mend = "check `url` and `name` of `model`, and its `limit` and `temperature`, which some models refuse"
            raise PermanentError(f"the API of the language model {self.name} answers with {status}; {mend}")

    def _content(self, answer: httpx.Response, end: float) -> bytes:
        content = bytearray()
        for chunk in answer.iter_raw():
            content += chunk
            if len(content) > _LARGEST:
                raise UnreadableAnswerError(f"the language model {self.name} answers with more than {_LARGEST} bytes")
            # Each chunk is in time by itself if they come slowly.
            if time.monotonic() > end:
                raise LostAnswerError(f"the answer of the language model {self.name} did not end in time")
        return bytes(content)

    def _read(self, content: bytes) -> ModelAnswer:
        try:
            found = _Completion.model_validate_json(content)
        except ValidationError:
            # What it was sent may be in it, so it is not shown.
            raise UnreadableAnswerError(
                f"the language model {self.name} answers with something that is no completion"
            ) from None
        choice, used = found.choices[0], found.usage
        return ModelAnswer(
            text=choice.message.content or "",
            end=_end_of(choice),
            sent=None if used is None else used.prompt_tokens,
            received=None if used is None else used.completion_tokens,
        )


def _end_of(choice: _Choice) -> AnswerEnd:
    if choice.message.refusal is not None or choice.finish_reason == "content_filter":
        return AnswerEnd.REFUSED
    return AnswerEnd.CUT if choice.finish_reason == "length" else AnswerEnd.WHOLE


def _wait_of(header: str) -> timedelta | None:
    """Return the wait that `Retry-After` names in seconds; a date is not read."""
    return timedelta(seconds=int(header)) if header.isascii() and header.isdigit() and len(header) < 6 else None  # noqa: PLR2004
