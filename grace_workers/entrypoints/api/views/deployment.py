"""What was deployed where."""

from pydantic import Field

from grace_workers.entrypoints.api.views.view import Moment, View


class DeploymentView(View):
    """A deployment as its sender last told of it."""

    key: str
    source: str
    target: str | None
    state: str = Field(description="started, succeeded, failed or cancelled")
    revision: str
    environment: str
    title: str
    by: str
    url: str
    at: Moment
    began_at: Moment | None
