"""sitecustomize: how the guest gets into every Python that a session starts.

Its folder stands first on PYTHONPATH. It takes that folder off sys.path (the
environment stays, for children), loads hook.py once, and then does what would
have happened without it: the next sitecustomize on the path runs.
"""
import os
import sys


def _leave_path():
    here = os.path.dirname(os.path.abspath(__file__))
    for index, entry in enumerate(sys.path):
        if entry and os.path.abspath(entry) == here:
            del sys.path[index]
            break
    return here


def _load_hook(folder):
    if not os.environ.get("COWBIRD_SESSION") or "_cowbird_hook" in sys.modules:
        return
    from _frozen_importlib import ModuleSpec, _load
    from _frozen_importlib_external import SourceFileLoader
    path = os.path.join(folder, "hook.py")
    spec = ModuleSpec("_cowbird_hook", SourceFileLoader("_cowbird_hook", path),
                      origin=path)
    spec.has_location = True
    _load(spec)


def _run_next():
    """An exception in it is reported by `site`, as it would be without us."""
    for finder in sys.meta_path:
        spec = finder.find_spec("sitecustomize", None)
        if spec is not None and spec.loader is not None:
            break
    else:
        return
    if spec.origin and os.path.abspath(spec.origin) == os.path.abspath(
            __file__):
        return
    from _frozen_importlib import module_from_spec
    module = module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


try:
    _load_hook(os.path.dirname(_leave_path()))
finally:
    _run_next()
