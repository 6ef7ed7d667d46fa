"""The trial: a program that runs in the interpreter of the code under test and tries changes of it by its tests.

It stands alone: it imports only the standard library, pytest and its own files, because that interpreter has none of
our packages. `LAUNCH` starts it with its folder as argument; requests and answers are lines of JSON on its standard
streams.
"""

LAUNCH = """
import importlib.util, sys
folder = sys.argv[1]
place = folder + "/__init__.py"
spec = importlib.util.spec_from_file_location("grace_trial", place, submodule_search_locations=[folder])
sys.modules["grace_trial"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules["grace_trial"])
from grace_trial.program import main
sys.argv[:] = ["pytest"]
main()
"""
