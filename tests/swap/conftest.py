"""The guest, built for each Python once, and sessions to try it in."""
import os
import pathlib
import subprocess
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


def sanitized():
    """What the build's preset asks for, for the guest as for the program."""
    kinds = os.environ.get("COWBIRD_TEST_SANITIZE", "")
    if not kinds:
        return [], {}
    library = {"thread": "libtsan.so"}.get(kinds, "libasan.so")
    path = subprocess.run(["cc", "-print-file-name=" + library], text=True,
                          stdout=subprocess.PIPE, check=True).stdout.strip()
    return (["-fsanitize=" + kinds, "-fno-omit-frame-pointer",
             "-Wno-format-truncation"],
            {"LD_PRELOAD": path, "ASAN_OPTIONS": "detect_leaks=0:"
             "handle_segv=0:handle_sigill=0",
             "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"})


@pytest.fixture
def bed(any_python, guest_of):
    flags, env = sanitized()
    made = beds.Bed(any_python, guest_of(any_python, *flags))
    made.env.update(env)
    made.listen()
    yield made
    made.close()
