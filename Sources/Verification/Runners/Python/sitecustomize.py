"""Loaded by each Python that a run starts: makes unittest report, if that Python ever runs it.

The machine's own `sitecustomize`, which this file hides, is not run inside a sandbox.
"""

import os
import sys


def _watch_for(name, package):
    import importlib.abc
    import importlib.util

    class Finder(importlib.abc.MetaPathFinder):
        def find_spec(self, wanted, path=None, target=None):
            if wanted != name:
                return None
            sys.meta_path.remove(self)
            spec = importlib.util.find_spec(name)
            load = spec.loader.exec_module

            def exec_module(module):
                load(module)
                importlib.import_module(package + ".unittest_recorder").patch(module)

            spec.loader.exec_module = exec_module
            return spec

    sys.meta_path.insert(0, Finder())


_PACKAGE = os.environ.get("BATON_PACKAGE")
if _PACKAGE:
    _watch_for("unittest.runner", _PACKAGE)
