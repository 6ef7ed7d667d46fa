"""What the recipes for health endpoints share: where the file goes, and how the application gets to know it."""

from dataclasses import dataclass

from grace_workers.coding.engines.recipe.insertion import after, application, imported, module_name
from grace_workers.coding.reason import Reason, ReasonCode
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
        place = application(site, self.framework, options.application)
        if isinstance(place, Reason):
            return place
        module, node, app = place
        if any('"/health' in one.text or "'/health" in one.text for one in site.modules):
            return Reason(ReasonCode.COLLISION, "The code has routes below /health already.")
        file = site.beside(module.file, "health.py")
        health, known_as = module_name(file), f"health_{self.offers}"
        text = after(module.text, node, f"{app}.{self.adds}({known_as})\n")
        names = {"health": health, "module": module_name(module.file), "app": app}
        return RecipeFiles(
            new={file: self.code},
            changed={module.file: imported(text, f"from {health} import {self.offers} as {known_as}")},
            tests={site.test_file("health"): self.tests.format(**names)},
            subject=f"Add /health/live and /health/ready to {module.file}",
            story=(
                f"{app} of {module.file} answers /health/live and /health/ready",
                f'a check is registered with `@ready_when("name")` of {health}; none is registered yet',
            ),
        )
