"""The guest, built for each Python once, and sessions to try it in."""
import os
import pathlib
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import bed as beds  # noqa: E402

_guests = {}


@pytest.fixture(scope="session")
def guest_of():
    with tempfile.TemporaryDirectory(prefix="cbg-") as folder:
        def build(python, *flags):
            key = (python,) + flags
            if key not in _guests:
                out = os.path.join(folder, "guest-%d.so" % len(_guests))
                _guests[key] = beds.build_guest(out, python, *flags)
            return _guests[key]
        yield build
        _guests.clear()


@pytest.fixture
def bed(any_python, guest_of):
    made = beds.Bed(any_python, guest_of(any_python))
    made.listen()
    yield made
    made.close()
