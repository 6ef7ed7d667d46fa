"""`grace code sbom`: the bill of materials of this product or of an environment."""

import json
from pathlib import Path
from typing import Annotated

import typer


def sbom(
    environment: Annotated[
        Path | None, typer.Argument(help="A virtual environment; without one, this product as it is installed here.")
    ] = None,
) -> None:
    """Print what it is made of, as CycloneDX 1.6 in JSON. Nothing of the environment is run."""
    from grace_workers.bootstrap.coding import bill_of_environment, bill_of_product
    from grace_workers.entrypoints.cli.output import show_json

    show_json(json.loads(bill_of_product() if environment is None else bill_of_environment(environment)))
