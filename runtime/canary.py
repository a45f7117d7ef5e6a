"""canary: python canary.py GUEST FD PATH FOLDER

The bench's warm interpreter: loads the guest, puts PATH first on sys.path as
it is in the app, and serves tries on the socket FD until it closes. A try
that crashes leaves its record in FOLDER. It is no worker: the guest's agent is not started.
"""
import os
import sys
from _frozen_importlib import ModuleSpec, _load
from _frozen_importlib_external import ExtensionFileLoader, SourceFileLoader


def _load_as(name, loader, path):
    spec = ModuleSpec(name, loader(name, path), origin=path)
    spec.has_location = True
    return _load(spec)


if __name__ == "__main__":
    here = sys.path[0]
    guest, fd, first, folder = sys.argv[1:5]
    sys.path[0] = first
    sys.argv[:] = [""]
    engine = _load_as("_cowbird", ExtensionFileLoader, guest)
    if "_cowbird_hook" not in sys.modules:
        _load_as("_cowbird_hook", SourceFileLoader,
                 os.path.join(here, "hook.py"))
    engine.canary(int(fd), folder)
