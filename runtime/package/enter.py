"""enter: the second way into a Python that a session starts, for one that
ignores PYTHONPATH (-I, -E) or was started without it. cowbird.pth imports it,
in a virtual environment maybe twice.

Leaves everything to sitecustomize when that is on its way: its hook is the
one that belongs to the running program.
"""
import os
import sys


def _sitecustomize_comes():
    ours = os.path.join("runtime", "site")
    return any(entry.endswith(ours) for entry in sys.path)


def _load_hook():
    from _frozen_importlib import ModuleSpec, _load
    from _frozen_importlib_external import SourceFileLoader
    here = os.path.dirname(os.path.abspath(__file__))
    path = os.path.join(here, "runtime", "hook.py")
    spec = ModuleSpec("_cowbird_hook", SourceFileLoader("_cowbird_hook", path),
                      origin=path)
    spec.has_location = True
    _load(spec)


if "_cowbird_hook" not in sys.modules and not _sitecustomize_comes():
    _load_hook()
