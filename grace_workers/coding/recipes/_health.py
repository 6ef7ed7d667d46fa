"""What the recipes for health endpoints share: where the file goes, and how the application gets to know it."""

from dataclasses import dataclass

from grace_workers.coding.engines.recipe.insertion import extension
from grace_workers.coding.reason import Reason
from grace_workers.coding.recipes.recipe import RecipeFiles, Site
from grace_workers.foundation.document import Document


class HealthOptions(Document):
    """`application` is the file that makes the application, where there are several."""

    application: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthEndpoints:
    """The endpoints of one framework: the class that makes an application, and the code and tests to write.

    `adds` is the application's method that takes what `offers` is named in the new module.
    """

    framework: str
    offers: str
    adds: str
    code: str
    tests: str

    def write(self, options: HealthOptions, site: Site) -> RecipeFiles | Reason:
        """Return the new files, or why there are none."""
        made = extension(site, self.framework, options.application, "health", route="/health")
        if isinstance(made, Reason):
            return made
        known_as = f"health_{self.offers}"
        return RecipeFiles(
            new={made.file: self.code},
            changed=made.known(f"{made.app}.{self.adds}({known_as})\n", f"{self.offers} as {known_as}"),
            tests={site.test_file("health"): self.tests.format(health=made.name, **made.facts)},
            subject=f"Add /health/live and /health/ready to {made.home.file}",
            story=(
                f"{made.app} of {made.home.file} answers /health/live and /health/ready",
                f'a check is registered with `@ready_when("name")` of {made.name}; none is registered yet',
            ),
        )
