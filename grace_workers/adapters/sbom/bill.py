"""Bills of materials: of this product, and of an environment."""

from pathlib import Path

from grace_workers.adapters.sbom.cyclonedx import cyclonedx_bill
from grace_workers.adapters.sbom.distributions import packages_below, packages_of

_PRODUCT = "grace-workers"


def bill_of_product() -> str:
    """Return the bill of this product with everything that it needs, as it is installed here.

    Raises:
        NotFoundError: it is not installed as a package.
        PermanentError: the library for bills is not installed.
    """
    product, *parts = packages_below(_PRODUCT)
    return cyclonedx_bill(product.name, parts, version=product.version)


def bill_of_environment(environment: Path) -> str:
    """Return the bill of a virtual environment.

    Raises:
        InputError: it is none.
        PermanentError: the library for bills is not installed.
    """
    return cyclonedx_bill(environment.resolve().name, packages_of(environment))
