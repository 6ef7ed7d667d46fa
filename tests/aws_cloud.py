"""AWS over HTTP, from `moto`, behind a proxy of ours that delays, throttles and shows what is out of date.

Where moto does less than AWS documents, the proxy adds it: a start notes a new launch time, an ECS service runs as many
tasks as it should, and a reboot of a database is noted, heals it, and changes its zone if it is asked to.
"""

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

import pytest

REGION, ACCOUNT = "eu-west-1", "123456789012"
LOGIN = "[default]\naws_access_key_id = AKIAGRACE\naws_secret_access_key = hunter2\n"
_THROTTLED = """<?xml version="1.0"?><Response><Errors><Error><Code>RequestLimitExceeded</Code>
<Message>Request limit exceeded.</Message></Error></Errors><RequestID>1</RequestID></Response>"""


class Cloud:
    """The address of the cloud, and what goes wrong between it and its users from now on."""

    def __init__(self, serve: Callable[..., Any]) -> None:
        self._serve = serve
        self.url = ""
        self.throttled = 0
        self.throttled_after = ""
        self.stale = 0
        self.stale_of = ""
        self.asked: list[str] = []
        self._last: dict[bytes, tuple[str, list[Any], bytes]] = {}
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        """Answer one request, as WSGI has it."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        with self._lock:
            action = _action(environ, body)
            self.asked.append(action)
            if self.throttled_after and self.throttled_after in self.asked[:-1]:
                self.throttled, self.throttled_after = 1, ""
            if self.throttled and "RunInstances" not in action:
                self.throttled -= 1
                start_response("503 Service Unavailable", [("Content-Type", "text/xml")])
                return [_THROTTLED.encode()]
            if self.stale and action.startswith("Describe") and body in self._last and self._is_stale(body):
                self.stale -= 1
                status, headers, answer = self._last[body]
                start_response(status, headers)
                return [answer]
            return self._answered(environ, start_response, action, body)

    def _answered(
        self, environ: dict[str, Any], start_response: Callable[..., Any], action: str, body: bytes
    ) -> list[bytes]:
        told: list[Any] = []
        answer = b"".join(self._serve(environ, lambda *words: told.extend(words[:2])))
        if action == "RebootDBInstance" and told[0].startswith("200"):
            _note_a_restart(parse_qs(body.decode()))
        if action in {"CreateDBInstance", "RestoreDBInstanceFromDBSnapshot"} and told[0].startswith("200"):
            # moto gives all of them the same.
            made = parse_qs(body.decode())["DBInstanceIdentifier"][0]
            stored_database(made).dbi_resource_id = f"db-{uuid4().hex.upper()}"
        if action == "StartInstances":
            _note_a_launch(parse_qs(body.decode())["InstanceId.1"][0])
        if action in {"CreateService", "UpdateService"}:
            _run_tasks()
        if action.startswith("Describe"):
            self._last[body] = (told[0], told[1], answer)
        start_response(told[0], told[1])
        return [answer]

    def _is_stale(self, body: bytes) -> bool:
        return not self.stale_of or parse_qs(body.decode()).get("DBInstanceIdentifier") == [self.stale_of]

    def client(self, service: str) -> Any:
        """Return a client with which a test sets the scene."""
        import boto3

        login = {"aws_access_key_id": "AKIAGRACE", "aws_secret_access_key": "x"}
        return boto3.client(service, region_name=REGION, endpoint_url=self.url, **login)

    def said(self, folder: Path, **more: Any) -> dict[str, Any]:
        """Return the connection of a target."""
        file = folder / "credentials"
        file.write_text(LOGIN)
        return {"region": REGION, "endpoint": self.url, "credentials_file": str(file), "patience": 10, **more}


@contextmanager
def cloud() -> Iterator[Cloud]:
    """Yield the cloud of this process; skip the test where moto is not installed. Tests share it."""
    pytest.importorskip("boto3", reason="the extra `aws` is not installed")
    pytest.importorskip("moto", reason="moto, which emulates AWS, is not installed")
    found = _served()
    try:
        yield found
    finally:
        found.throttled, found.stale, found.stale_of = 0, 0, ""
        found.throttled_after = ""


def instance(found: Cloud) -> str:
    """Run an instance, stop it, and return its id."""
    client = found.client("ec2")
    made = client.run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    client.stop_instances(InstanceIds=[made])
    return str(made)


def group(found: Cloud, count: int = 3) -> str:
    """Make an Auto Scaling group of so many instances and return its name."""
    client, name = found.client("autoscaling"), f"web-{uuid4().hex[:8]}"
    client.create_launch_configuration(LaunchConfigurationName=name, ImageId="ami-12345678", InstanceType="t3.micro")
    client.create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchConfigurationName=name,
        MinSize=0,
        MaxSize=9,
        DesiredCapacity=count,
        AvailabilityZones=[f"{REGION}a"],
    )
    return name


def service(found: Cloud, count: int = 3) -> str:
    """Make an ECS service in the cluster `shop` and return its name."""
    client, name = found.client("ecs"), f"web-{uuid4().hex[:8]}"
    client.create_cluster(clusterName="shop")
    client.register_task_definition(family="web", containerDefinitions=[{"name": "web", "image": "web", "memory": 64}])
    client.create_service(cluster="shop", serviceName=name, taskDefinition="web", desiredCount=count)
    return name


def function(found: Cloud, reserved: int | None = None) -> str:
    """Make a Lambda function and return its name."""
    from zipfile import ZipFile

    archive, name = BytesIO(), f"checkout-{uuid4().hex[:8]}"
    with ZipFile(archive, "w") as stream:
        stream.writestr("main.py", "def main(event, context): pass")
    iam = found.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    client = found.client("lambda")
    code = {"ZipFile": archive.getvalue()}
    client.create_function(FunctionName=name, Runtime="python3.11", Role=role, Handler="main.main", Code=code)
    if reserved is not None:
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=reserved)
    return name


def database(found: Cloud, cluster: str | None = None) -> str:
    """Make a database with a standby in another zone, or an instance of a cluster, and return its name."""
    name = f"shop-{uuid4().hex[:8]}"
    more: dict[str, Any] = {"Engine": "aurora-postgresql", "DBClusterIdentifier": cluster}
    if cluster is None:
        login = {"MasterUsername": "shop", "MasterUserPassword": "hunter22"}
        more = {"Engine": "postgres", "AllocatedStorage": 20, "MultiAZ": True, **login}
    found.client("rds").create_db_instance(DBInstanceIdentifier=name, DBInstanceClass="db.m7g.large", **more)
    if cluster is None:
        stored_database(name).secondary_availability_zone = f"{REGION}b"
    return name


@contextmanager
def backed_up(folder: Path) -> Iterator[tuple[Cloud, dict[str, Any], Callable[[], object]]]:
    """Yield the connection of a database with one snapshot, and what shows which instance has its name."""
    with cloud() as found:
        name, client = database(found), found.client("rds")
        client.create_db_snapshot(DBInstanceIdentifier=name, DBSnapshotIdentifier=f"{name}-nightly")

        def look() -> object:
            return client.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]["DbiResourceId"]

        yield found, found.said(folder, instance=name, backups=True), look


def database_cluster(found: Cloud, count: int = 3) -> str:
    """Make a cluster of so many databases and return its name."""
    name = f"shop-{uuid4().hex[:8]}"
    login = {"MasterUsername": "shop", "MasterUserPassword": "hunter22"}
    found.client("rds").create_db_cluster(DBClusterIdentifier=name, Engine="aurora-postgresql", **login)
    for _ in range(count):
        database(found, name)
    return name


def stored_database(name: str) -> Any:
    """Return a database as moto keeps it, so that a test can let it fail."""
    from moto.rds.models import rds_backends

    return rds_backends[ACCOUNT][REGION].databases[name]


@cache
def _served() -> Cloud:
    # Reading its list of images takes longer than all that the tests do with them.
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Silent(WSGIRequestHandler):
        def log(self, *_words: object) -> None:
            """Log nothing."""

    found = Cloud(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, found, threaded=True, request_handler=Silent)
    threading.Thread(target=server.serve_forever, name="moto", daemon=True).start()
    found.url = f"http://127.0.0.1:{server.server_port}"
    return found


def _action(environ: dict[str, Any], body: bytes) -> str:
    named = str(environ.get("HTTP_X_AMZ_TARGET") or "").rpartition(".")[2]
    return named or parse_qs(body.decode(errors="replace")).get("Action", [environ["PATH_INFO"]])[0]


def _note_a_launch(name: str) -> None:
    from moto.ec2.models import ec2_backends

    found = ec2_backends[ACCOUNT][REGION].get_instance(name)
    # AWS notes whole seconds, and no start is as quick as that.
    found.launch_time += timedelta(seconds=1)


def _note_a_restart(asked: Mapping[str, list[str]]) -> None:
    from moto.rds.models import Event

    found = stored_database(asked["DBInstanceIdentifier"][0])
    Event.EVENT_MAP["RESTART"] = {"Categories": ["availability"], "Message": "DB instance restarted"}
    found.add_event("RESTART")
    found.status = "available"
    if asked.get("ForceFailover") == ["true"]:
        zones = found.secondary_availability_zone, found.availability_zone
        found.availability_zone, found.secondary_availability_zone = zones


def _run_tasks() -> None:
    from moto.ecs.models import ecs_backends

    for one in ecs_backends[ACCOUNT][REGION].services.values():
        one.running_count, one.pending_count = one.desired_count, 0
