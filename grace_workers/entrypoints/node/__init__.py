"""A running node's signals and output: `run` keeps one in the foreground, `control` is its control process."""
