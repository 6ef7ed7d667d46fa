"""The kinds of model files that teams keep, by the ends of their names."""

MODEL_FILES = frozenset({".joblib", ".onnx", ".pt"})
"""joblib, ONNX and torch. Reading a joblib file runs what is in it, so one is opened in the sandbox alone."""
