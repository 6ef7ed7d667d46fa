"""The names of objects of a cluster."""

from typing import Annotated

from pydantic import StringConstraints

# RFC 1123, as Kubernetes demands it of names: no path, no option and no template can be one.
ObjectName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")]
