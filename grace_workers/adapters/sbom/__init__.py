"""Bills of materials: the packages that a product or an environment consists of."""
