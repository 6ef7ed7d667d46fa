"""AWS as its official client reaches it, with its errors translated into ours."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from importlib.util import find_spec
from typing import Annotated, Any, TypeVar

from pydantic import Field, StringConstraints

from grace_workers.actions import EnvironmentProof
from grace_workers.drivers._shared.awaiting import awaited
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import ConflictError, GraceError, NotFoundError, PermanentError, TransientError
from grace_workers.foundation.field_types import FilePath, Timeout

T = TypeVar("T")

Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[a-z]{2,12}){1,3}-[0-9]{1,2}$")]
Profile = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.@+-]{0,127}$")]
Endpoint = Annotated[str, StringConstraints(max_length=400, pattern=r"^https?://[A-Za-z0-9._\[\]:-]+/?$")]

_ANSWERS_WITHIN = 20
_LONGEST = 300
_BROKEN = 500
_THROTTLED = frozenset(
    {
        *("Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException"),
        *(
            "RequestLimitExceeded",
            "TooManyRequestsException",
            "BandwidthLimitExceeded",
            "SlowDown",
            "PriorRequestNotComplete",
        ),
    }
)
_LOGIN = frozenset(
    {
        *("AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch"),
        *("ExpiredToken", "ExpiredTokenException", "InvalidAccessKeyId", "MissingAuthenticationToken"),
    }
)
_RIGHT = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedAccess"})
_CONFLICT = frozenset(
    {
        *("ResourceConflictException", "IncorrectInstanceState", "ResourceContention", "ResourceInUse"),
        *("InvalidDBInstanceState", "InvalidDBInstanceStateFault", "InvalidDBClusterStateFault"),
    }
)
_BUSY = frozenset({"ScalingActivityInProgress", "InsufficientInstanceCapacity", "ServiceUnavailable"})


class AwsConnection(Document):
    """How an account is reached."""

    region: Region = Field(description="The region, such as `eu-west-1`.")
    profile: Profile | None = Field(
        default=None, description="The profile of the credentials file. Default: the client's usual search for a login."
    )
    credentials_file: FilePath | None = Field(
        default=None, description="The file of credentials. Default: `~/.aws/credentials`."
    )
    endpoint: Endpoint | None = Field(
        default=None, description="Another address of the API, such as a VPC endpoint. Default: the region's own."
    )
    patience: Timeout = Field(
        default=timedelta(minutes=10), description="How long AWS may take to do what it was asked for."
    )


class AwsApi(EnvironmentProof):
    """One account in one region. A client of a service is made when it is first used, in each process anew."""

    def __init__(self, said: AwsConnection) -> None:
        """Raises ImportError when the client is not installed."""
        if find_spec("boto3") is None:
            raise ModuleNotFoundError("No module named 'boto3'")
        self._said = said
        self._clients: dict[tuple[int, str], Any] = {}
        self.patience = said.patience.total_seconds()

    def environment(self) -> str:
        """Return the account that the login belongs to, and the region."""
        with self.asked("sts", "the account's identity") as client:
            found = client.get_caller_identity()
        return f"aws:{found['Account']}/{self._said.region}"

    @contextmanager
    def asked(self, service: str, what: str) -> Iterator[Any]:
        """Yield the client of a service; an error names `what` it was asked for.

        Raises:
            TransientError: AWS cannot be reached, throttles, is busy or fails.
            NotFoundError: there is no such resource.
            ConflictError: the resource is not in a state for it.
            PermanentError: AWS refuses the login, the right or the request.
        """
        from botocore import exceptions as raised

        try:
            yield self._client(service)
        except raised.ClientError as error:
            raise _translated(what, error.response) from error
        except (raised.HTTPClientError, raised.ConnectionError) as error:
            raise TransientError(f"{what}: AWS cannot be reached ({type(error).__name__})") from error
        except raised.BotoCoreError as error:
            # The messages of a loader may quote what stands in the file, and that may be a key.
            remedy = "correct `profile`, `credentials_file` or the login of Grace's machine"
            raise PermanentError(f"{what}: no login for AWS can be used ({type(error).__name__}); {remedy}") from None

    def awaited(self, look: Callable[[], T], seen: Callable[[T], bool], what: str) -> T:
        """Look until it is seen, more and more rarely, because what AWS shows lags behind what it has accepted.

        Raises:
            TransientError: it is not seen within the connection's patience.
        """
        late = f"{what} {self.patience:g} s after AWS accepted the request; it may still come"
        return awaited(look, seen, late, within=self.patience)

    def _client(self, service: str) -> Any:
        # A forked child must not share the connections of its parent.
        place = (os.getpid(), service)
        if place not in self._clients:
            self._clients[place] = self._made(service)
        return self._clients[place]

    def _made(self, service: str) -> Any:
        from boto3.session import Session
        from botocore.config import Config
        from botocore.session import Session as Core

        core = Core(profile=self._said.profile)
        core.register_component("data_loader", _loader())
        if self._said.credentials_file is not None:
            core.set_config_variable("credentials_file", str(self._said.credentials_file))
        # The guard in front of every role decides when to retry.
        config = Config(
            connect_timeout=_ANSWERS_WITHIN, read_timeout=_ANSWERS_WITHIN, retries={"total_max_attempts": 1}
        )
        session = Session(botocore_session=core, region_name=self._said.region)
        return session.client(service, endpoint_url=self._said.endpoint, config=config)


@cache
def _loader() -> Any:
    """Return what reads the descriptions of AWS's services, megabytes each, once for all targets."""
    from botocore.loaders import create_loader

    return create_loader()


def _translated(what: str, answer: Mapping[str, Any]) -> GraceError:
    code = str(answer.get("Error", {}).get("Code") or "")
    status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0)
    words = f"{what}: AWS answers {code or status}: {str(answer.get('Error', {}).get('Message') or '')[:_LONGEST]}"
    if code in _LOGIN:
        return PermanentError(f"{words}; correct the login")
    if code in _RIGHT:
        return PermanentError(f"{words}; allow it to Grace's role")
    if "NotFound" in code or code == "InvalidInstanceID.Malformed":
        return NotFoundError(words)
    if code in _CONFLICT:
        return ConflictError(words)
    passing = code in _THROTTLED or code in _BUSY or not status or status >= _BROKEN
    return TransientError(words) if passing else PermanentError(words)
