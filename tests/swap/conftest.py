"""The guest, built for each Python once, and sessions to try it in."""
import hashlib
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import bed as beds  # noqa: E402
from faults import Faults, guest_flags  # noqa: E402
import sanitizers  # noqa: E402
from live import APP, Live, source  # noqa: E402
from compilers import Gate  # noqa: E402
from watched import Watched  # noqa: E402


def _key(python, flags):
    """Whatever a guest is made of."""
    digest = hashlib.sha256(repr((python, flags)).encode())
    for path in sorted([beds.RUNTIME / "SOURCES",
                        *beds.RUNTIME.rglob("*.[ch]")]):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:24]


@pytest.fixture(scope="session")
def guest_of():
    """Builds each guest once, whichever test file needs it first."""
    folder = pathlib.Path(os.environ["COWBIRD_CACHE_DIR"]) / "test-guests"
    folder.mkdir(parents=True, exist_ok=True)

    def build(python, *flags):
        out = folder / (_key(python, flags) + ".so")
        if not out.exists():
            fresh = folder / ("%s.%d" % (out.name, os.getpid()))
            beds.build_guest(fresh, python, *flags)
            os.replace(fresh, out)
        return str(out)
    return build


def sanitized(kinds, forgets=False):
    """(flags of the guest, environment of the app)."""
    if not kinds:
        return [], {}
    return sanitizers.flags(kinds), sanitizers.environment(kinds, forgets)


def _lay(request, python, guest_of, kinds=None, more=()):
    """A file with UNLOADS = True waits for images to go."""
    if kinds is None:
        kinds = os.environ.get("COWBIRD_TEST_SANITIZE", "")
    flags, env = sanitized(kinds, getattr(request.module, "UNLOADS", False))
    made = beds.Bed(python, guest_of(python, *flags, *more))
    made.env.update(env)
    made.listen()
    return made


@pytest.fixture
def bed(request, any_python, guest_of):
    made = _lay(request, any_python, guest_of)
    yield made
    made.close()


@pytest.fixture
def one_bed(request, python, guest_of):
    """Where one interpreter will do."""
    made = _lay(request, python, guest_of)
    yield made
    made.close()


@pytest.fixture
def plain_bed(request, python, guest_of):
    """Without sanitizers, which keep memory and have an allocator of their
    own."""
    made = _lay(request, python, guest_of, "")
    yield made
    made.close()


@pytest.fixture
def faulty_bed(request, any_python, guest_of):
    """One step of its apps' agents can be made to fail: `faults`. Without
    sanitizers, which have an allocator of their own."""
    made = _lay(request, any_python, guest_of, "", guest_flags())
    made.faults = Faults(made)
    yield made
    made.close()


@pytest.fixture
def project(tmp_path):
    """An app that answers /MODULE/FUNCTION, and a raw module whose answer()
    is 1."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "scoring.c").write_text(source(1))
    return folder


@pytest.fixture
def live(program, python, project):
    """A session of it that has answered once."""
    with Live(program, project, python=python) as running:
        running.port()
        assert running.get("/scoring/answer") == (200, "1")
        running.meet()
        yield running


@pytest.fixture(scope="module")
def watched(program, python, tmp_path_factory):
    """One session for all the saves of a file."""
    folder = tmp_path_factory.mktemp("save") / "project"
    with Watched(program, folder, python=python) as running:
        running.open()
        yield running


@pytest.fixture
def tcc():
    """Where a save is compiled by tcc first."""
    if not os.path.exists(os.environ.get("COWBIRD_TCC", "")):
        pytest.skip("there is no libtcc")


@pytest.fixture
def gate(tmp_path):
    """A compiler that can be held up."""
    return Gate(tmp_path / "gate")


@pytest.fixture
def lay(request, python, guest_of):
    """Lays beds: lay(sanitizers, more flags of the guest)."""
    made = []

    def one(kinds, more=()):
        made.append(_lay(request, python, guest_of, kinds, more))
        return made[-1]
    yield one
    for bed in made:
        bed.close()


@pytest.fixture
def thread_bed(request, python, guest_of):
    """With ThreadSanitizer, whatever the preset: a report ends the app."""
    made = _lay(request, python, guest_of, "thread")
    yield made
    made.close()
