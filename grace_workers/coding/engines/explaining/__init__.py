"""Explaining a symbol, a module or a traceback from the index and the history, and by a model in prose."""
