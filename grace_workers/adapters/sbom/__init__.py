"""Bills of materials: what a product or an environment is made of."""
