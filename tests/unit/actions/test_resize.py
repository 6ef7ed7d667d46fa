from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from grace_workers.actions.primitives.resize import DEFINITION, ResizeParams
from grace_workers.foundation.errors import ConflictError, InputError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemorySize
from tests.aws_cloud import cloud, database
from tests.conformance.primitive_cases import InMemory, Real
from tests.google_cloud import google

PARAMS = ResizeParams(size="large")


def in_memory() -> InMemory:
    service = MemorySize()
    return InMemory(role=service, params={"size": "large"}, look=lambda: service.name)


@contextmanager
def real(folder: Path) -> Iterator[Real]:
    with cloud() as found:
        name, client = database(found), found.client("rds")

        def seen() -> Any:
            return client.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]["DBInstanceClass"]

        yield Real(
            kind=TargetKind("aws_rds"),
            connection=found.said(folder, instance=name, classes=["db.m7g.large", "db.m7g.xlarge"]),
            params={"size": "db.m7g.xlarge"},
            look=seen,
        )


@contextmanager
def real_gcp_sql(folder: Path) -> Iterator[Real]:
    with google() as found:
        name = found.sql.database()
        yield Real(
            kind=TargetKind("gcp_sql"),
            connection=found.said(folder, instance=name, tiers=["db-custom-2-7680", "db-custom-4-15360"]),
            params={"size": "db-custom-4-15360"},
            look=lambda: found.sql.instances[name]["settings"]["tier"],
        )


def test_a_size_that_is_not_declared_is_refused_with_those_that_are() -> None:
    with pytest.raises(InputError, match="size 'huge' is not one that the target declares: small, large"):
        DEFINITION.preview(MemorySize(), ResizeParams(size="huge"))


def test_a_size_that_another_has_changed_meanwhile_stays() -> None:
    service = MemorySize()
    kept = DEFINITION.snapshot(service, PARAMS)
    service.resize_to("huge")
    with pytest.raises(ConflictError, match="became huge since the snapshot"):
        DEFINITION.apply(service, PARAMS, kept)
