"""Documented admin endpoints of a service: caches to purge, circuit breakers to reset, features to switch."""

from datetime import timedelta
from string import Formatter
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from grace_workers.actions import DeclaredCommands, Driver, DriverContext, Roles
from grace_workers.foundation.api_address import ApiAddress, refuse_readable
from grace_workers.foundation.document import Document
from grace_workers.foundation.field_types import OneLine, Timeout
from grace_workers.foundation.ids import TargetKind
from grace_workers.foundation.secret import Secret

Label = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
# A value is part of a path, so it must lead nowhere else.
Allowed = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$", max_length=200)]
Place = Annotated[
    str, StringConstraints(pattern=r"^(/(\{[a-z0-9_]+\}|[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*))+$", max_length=300)
]
Told = bool | int | float | OneLine


class AdminCall(Document):
    """A request that changes something. Its answer counts by its status alone."""

    method: Literal["POST", "PUT", "PATCH", "DELETE"] = Field(default="POST", description="The method.")
    path: Place = Field(description="The path below `url`. A part `{name}` stands for the argument of that name.")
    body: Annotated[dict[OneLine, Told], Field(min_length=1, max_length=50)] | None = Field(
        default=None, description="A JSON object to send. A text `{name}` stands for the argument. Default: nothing."
    )


class AdminLook(Document):
    """A `GET` that shows whether the effect is there."""

    path: Place = Field(description="The path below `url`. A part `{name}` stands for the argument of that name.")
    at: Annotated[tuple[OneLine, ...], Field(min_length=1, max_length=10)] = Field(
        description="Where in the JSON of the answer to look: names of fields, from the outermost on."
    )
    equals: Told = Field(description="What stands there exactly when the effect is there.")


class AdminCommand(Document):
    """One command: what it changes, the request that does it, and the look that shows its effect."""

    changes: OneLine = Field(description="What it changes, as people read it before they approve.")
    run: AdminCall = Field(description="The request.")
    look: AdminLook = Field(description="What shows the effect, and changes nothing.")
    undo: AdminCall | None = Field(default=None, description="What takes it back. Default: it cannot be taken back.")
    arguments: dict[Label, Annotated[tuple[Allowed, ...], Field(min_length=1, max_length=100)]] = Field(
        default_factory=dict, description="The values that each argument may have."
    )
    timeout: Timeout = Field(default=timedelta(seconds=30), description="How long the effect may take to be seen.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        calls = [self.run, *([self.undo] if self.undo is not None else [])]
        texts = [self.look.path, *(one.path for one in calls)]
        texts += [value for one in calls for value in (one.body or {}).values() if isinstance(value, str)]
        for text in texts:
            for before, name, form, conversion in Formatter().parse(text):
                if form or conversion or set(before) & {"{", "}"}:
                    raise ValueError(f"{text!r} may have braces only round the name of an argument")
                if name is not None and name not in self.arguments:
                    raise ValueError(f"{text!r} names no argument {name[:40]!r}; declare it in `arguments`")
        return self


class HttpAdminConnection(Document):
    """Documented admin endpoints of an HTTP service, each declared word by word.

    Nothing else is asked: an argument has one of the declared values, no redirect is followed, and a command is done
    when its look shows the effect. `run_command` runs them.
    """

    url: ApiAddress = Field(description="The address of the service.")
    token: Secret | None = Field(default=None, description="The bearer token, if the endpoints ask for one.")
    commands: Annotated[dict[Label, AdminCommand], Field(min_length=1, max_length=100)] = Field(
        description="The commands, by name."
    )

    @model_validator(mode="after")
    def _secret(self) -> Self:
        if self.token is not None:
            refuse_readable((self.url,), "the token")
        return self


def open_http_admin(said: HttpAdminConnection, context: DriverContext) -> Roles:
    """Return the commands."""
    from grace_workers.drivers.http_admin.endpoints import AdminEndpoints

    del context
    commands: DeclaredCommands = AdminEndpoints(said)
    return {DeclaredCommands: commands}


EXAMPLE = """\
targets:
  - name: shop-admin
    kind: http_admin
    owner: internal
    connection:
      url: https://shop.example/admin
      token: {env: SHOP_ADMIN_TOKEN}
      commands:
        reset_breaker:
          changes: closes the circuit breaker to a partner, so that calls reach it again
          run: {path: "/breakers/{partner}/reset"}
          look: {path: "/breakers/{partner}", at: [state], equals: closed}
          arguments: {partner: [payment, stock]}
        maintenance_page:
          changes: shows the maintenance page instead of the shop
          run: {method: PUT, path: /maintenance, body: {enabled: true}}
          look: {path: /maintenance, at: [enabled], equals: true}
          undo: {method: PUT, path: /maintenance, body: {enabled: false}}
"""

DEFINITION = Driver(
    kind=TargetKind("http_admin"),
    connection=HttpAdminConnection,
    roles=(DeclaredCommands,),
    open=open_http_admin,
    example=EXAMPLE,
)
