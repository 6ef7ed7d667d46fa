"""How many executions of one function may run at once."""

from collections.abc import Mapping, Sequence

from grace_workers.actions import Limit, ServiceLimits
from grace_workers.drivers._shared.aws_api import AwsApi
from grace_workers.drivers._shared.bounds import LimitBounds, allow, bounds_of

_NAME = "reserved_concurrency"


class ReservedConcurrency(ServiceLimits):
    """The one limit of a function; without it, the function shares what the account has left."""

    def __init__(self, cloud: AwsApi, function: str, bounds: LimitBounds) -> None:
        self._cloud = cloud
        self._function = function
        self._declared: Mapping[str, LimitBounds] = {_NAME: bounds}

    def limits(self) -> Sequence[Limit]:
        return [self.limit(_NAME)]

    def limit(self, name: str) -> Limit:
        bounds = bounds_of(name, self._declared)
        with self._cloud.asked("lambda", self._words) as client:
            found = client.get_function_concurrency(FunctionName=self._function).get("ReservedConcurrentExecutions")
        return bounds.limit(name, None if found is None else int(found), "executions")

    def set_limit(self, name: str, value: int) -> Limit:
        allow(name, value, self._declared)
        return self.put_back_limit(name, value)

    def put_back_limit(self, name: str, value: int | None) -> Limit:
        bounds_of(name, self._declared)
        with self._cloud.asked("lambda", self._words) as client:
            if value is None:
                client.delete_function_concurrency(FunctionName=self._function)
            else:
                client.put_function_concurrency(FunctionName=self._function, ReservedConcurrentExecutions=value)
        late = f"{self._words} does not show the limit {value}"
        return self._cloud.awaited(lambda: self.limit(name), lambda one: one.value == value, late)

    @property
    def _words(self) -> str:
        return f"Lambda function {self._function!r}"
