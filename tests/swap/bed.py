"""A bench of paper: a session's folder, socket and words, so that the guest can
be tried without the program. And an app: an interpreter that obeys."""
import ast
import collections
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from frames import WAIT_S, read_frame, send_frame, text, u64

ROOT = pathlib.Path(__file__).resolve().parents[2]
RUNTIME = ROOT / "runtime"

(HELLO, LOADED, PREPARE, PREPARED, COMMIT, COMMITTED, ABORT, FAREWELL,
 ABI_ASK, ABI_READY) = range(1, 11)
TRY, TRIED, IMAGES, DRAINED, TAGS = 15, 16, 17, 21, 22
RECORD, RECORDING, RECORDED = 23, 24, 25
READY, REFUSED, FAILED, CRASHED, HUNG, BUSY = range(6)

APP = r"""
import sys, traceback, json
out = sys.stdout
names = {"__name__": "__main__"}
deep = [(), []]
for depth in range(60):
    deep = [(deep[0],), [deep[1]]]

# Frames that a sanitizer makes large keep words of calls long gone where the
# thread waits for the next line; others are laid over them here.
def wash():
    repr(deep[0]), repr(deep[1]), json.dumps(deep)
    sorted(range(99), key=lambda n: repr(deep[n % 2]))

for line in sys.stdin:
    kind, code = json.loads(line)
    try:
        if kind == "ask":
            answer = ["is", repr(eval(code, names))]
        else:
            exec(code, names)
            answer = ["is", "None"]
    except BaseException as e:
        answer = ["raised", type(e).__name__, str(e), traceback.format_exc()]
    out.write(json.dumps(answer) + "\n")
    del answer
    wash()
    out.flush()
"""

_facts = {}


def facts(python):
    """What an interpreter is, asked once."""
    if python not in _facts:
        code = ("import sys, sysconfig, json; print(json.dumps(["
                "sysconfig.get_path('include'),"
                "sysconfig.get_config_var('SOABI'),"
                "list(sys.version_info[:2])]))")
        done = subprocess.run([python, "-I", "-c", code], check=True,
                              stdout=subprocess.PIPE, text=True)
        include, soabi, version = json.loads(done.stdout)
        _facts[python] = collections.namedtuple(
            "Facts", "include soabi version")(include, soabi, tuple(version))
    return _facts[python]


def cc(out, sources, *flags):
    command = [os.environ.get("COWBIRD_TEST_CC", "cc"), "-fPIC", "-shared",
               *flags, *map(str, sources), "-o", str(out)]
    done = subprocess.run(command, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise AssertionError("%s\n%s" % (" ".join(command), done.stdout))
    return str(out)


def sources():
    return [RUNTIME / name
            for name in (RUNTIME / "SOURCES").read_text().split()]


def build_guest(out, python, *flags):
    return cc(out, sources(), "-O2", "-g", "-Wall", "-Wextra", "-Werror",
              "-fvisibility=hidden", "-Wl,-Bsymbolic", "-pthread", *flags,
              "-I" + facts(python).include, "-I" + str(RUNTIME))


Prepared = collections.namedtuple("Prepared",
                                  "txn verdict reason hold init_ns culprit")
Committed = collections.namedtuple(
    "Committed", "txn hold waited_ns names state moved")


class Peer:
    """One guest's line."""

    def __init__(self, line):
        self.line = line
        kind, m = read_frame(line)
        assert kind == HELLO, kind
        (self.pid, self.parent, self.soabi, self.executable,
         self.version) = m.u64(), m.u64(), m.text(), m.text(), m.text()
        self.modules = dict(m.list(lambda: (m.text(), m.u64())))
        m.end()
        self.has_left = False
        self.images, self.retired, self.looks_hold = {}, 0, None
        self.drained = []
        self.tags = {}  # of types: version tags used, of how many
        self.calls = []  # recorded: see recording.py

    def await_module(self, name):
        while name not in self.modules:
            self._take(LOADED)
        return self.modules[name]

    def _take(self, *wanted):
        while True:
            try:
                frame = read_frame(self.line)
            except TimeoutError:
                raise AssertionError("no more; unloaded %d, kept %s" % (
                    self.retired, self.images))
            assert frame is not None, "the guest hung up"
            kind, m = frame
            self.kind = kind
            if kind == LOADED:
                name, generation = m.text(), m.u64()
                self.modules[name] = generation
            if kind == IMAGES:
                self._images(m)
            if kind == DRAINED:
                self.drained.append(m.text())
                m.end()
            if kind == TAGS:
                self.tags = {name: (used, most) for name, used, most in m.list(
                    lambda: (m.text(), m.u64(), m.u64()))}
                m.end()
            if kind == RECORDED:
                self.calls.append(m)
            if kind in wanted:
                return m
            assert kind in (LOADED, IMAGES, DRAINED, TAGS, RECORDED), (
                kind, m.data)

    def _images(self, m):
        """What the guest says of its old images."""
        self.retired, self.looks_hold = m.u64(), m.hold()
        self.images = {(name, generation): (bool(is_pinned), why)
                       for name, generation, is_pinned, why in m.list(
                           lambda: (m.text(), m.u64(), m.u64(), m.text()))}
        m.end()

    def await_drained(self, name):
        """Until the call has ended that the swap was put off for."""
        while name not in self.drained:
            self._take(DRAINED)
        self.drained.remove(name)

    def await_retired(self, count):
        """Until so many images have been unloaded in all."""
        while self.retired < count:
            self._take(IMAGES)

    def await_gone(self, generation, name="hot"):
        """Until that old image has been unloaded."""
        while self.retired == 0 or (name, generation) in self.images:
            self._take(IMAGES)

    def await_kept(self, generation, words, name="hot"):
        """Until the old image is kept for a reason with these words."""
        while words not in self.images.get((name, generation), (0, ""))[1]:
            self._take(IMAGES)
        return self.images[name, generation]

    def send_prepare(self, txn, orders, kind=PREPARE):
        payload = u64(txn) + u64(len(orders))
        for o in orders:
            payload += (text(o["name"]) + text(o["stem"])
                        + u64(o["generation"]) + text(o["artefact"])
                        + text(o["source"]) + text(o.get("saved", "14:02:11"))
                        + u64(o.get("shown", o["generation"]))
                        + text(o.get("tier", "fast")))
        send_frame(self.line, kind, payload)

    def prepare(self, txn, orders):
        self.send_prepare(txn, orders)
        return self._prepared(txn)

    def _prepared(self, txn):
        m = self._take(PREPARED)
        done = Prepared(m.u64(), m.u64(), m.text(), m.hold(), m.u64(),
                        m.text())
        m.end()
        assert done.txn == txn
        return done

    def commit(self, txn, verdict=READY):
        send_frame(self.line, COMMIT, u64(txn))
        if verdict != READY:
            return self._prepared(txn)
        m = self._take(COMMITTED)
        done = Committed(m.u64(), m.hold(), m.u64(), {}, {}, {})
        for _ in range(m.u64()):
            name = m.text()
            done.names[name] = [m.list(m.text) for _ in range(3)]
            done.state[name] = m.list(m.text)
            done.moved[name] = m.list(lambda: (m.text(), m.u64()))
        m.end()
        assert done.txn == txn
        return done

    def abort(self, txn):
        send_frame(self.line, ABORT, u64(txn))

    def await_end(self):
        """True when it said farewell first."""
        while True:
            frame = read_frame(self.line)
            if frame is None:
                return self.has_left
            self.has_left = frame[0] == FAREWELL


class App:
    """An interpreter that does what it is told."""

    def __init__(self, command, env):
        self.process = subprocess.Popen(command, env=env,
                                        stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def _tell(self, kind, code):
        self.process.stdin.write(json.dumps([kind, code]) + "\n")
        self.process.stdin.flush()

    def hear(self):
        line = self.process.stdout.readline()
        assert line, "the app is gone: status %r" % self.process.wait()
        answer = json.loads(line)
        if answer[0] == "raised":
            raise Raised(*answer[1:])
        return answer[1]

    def start(self, code):
        """Without waiting; `hear` does that."""
        self._tell("do", code)

    def do(self, code):
        self.start(code)
        self.hear()

    def ask(self, code):
        self._tell("ask", code)
        return ast.literal_eval(self.hear())

    def end(self):
        self.process.stdin.close()
        status = self.process.wait(WAIT_S)
        self.process.stdout.close()
        return status

    def kill(self):
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Raised(Exception):
    """The app's code raised."""

    def __init__(self, kind, words, trace):
        super().__init__(trace)
        self.kind = kind
        self.words = words


class Bed:
    """A session in a folder of its own; everything started here ends here."""

    def __init__(self, python, guest, is_dev=True):
        self.python = python
        self.guest = guest
        self.is_dev = is_dev
        self.facts = facts(python)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="cbs-"))
        self.session = self.folder / "session"
        self.session.mkdir(mode=0o700)
        self.modules = {}
        self.failed = {}
        self.txn = 0
        self.built = 0
        self.apps = []
        self.lines = []
        self.door = None
        self.env = dict(os.environ)
        self.flags = []

    def listen(self):
        self.door = socket.socket(socket.AF_UNIX)
        self.door.bind(str(self.session / "s"))
        self.door.listen(64)

    def close(self):
        for app in self.apps:
            app.kill()
        for line in self.lines:
            line.close()
        if self.door is not None:
            self.door.close()
        shutil.rmtree(self.folder)

    def hang_up(self):
        for line in self.lines:
            line.close()
        self.lines = []
        self.door.close()
        os.unlink(self.session / "s")

    def accept(self):
        self.door.settimeout(WAIT_S)
        line, _ = self.door.accept()
        self.lines.append(line)
        return Peer(line)

    def build(self, stem, code, *flags, compiler=cc):
        """An artefact of its own for each call."""
        self.built += 1
        source = self.folder / ("%s.c" % stem)
        source.write_text(code)
        out = self.folder / ("%s-%d.so" % (stem, self.built))
        return compiler(out, [source], *(flags or ("-O1",)), *self.flags,
                        "-I" + self.facts.include)

    def module(self, name, code, *flags, **kind):
        """Builds the first generation and tells of it in the manifest."""
        stem = name.rpartition(".")[2]
        artefact = self.build(stem, code, *flags, **kind)
        self.modules[name] = [stem, 1, artefact]
        self.write()

    def source(self, name):
        return str(self.folder / (name.replace(".", "/") + ".c"))

    def order(self, name, code, *flags, **kind):
        """What prepare says of a newer generation of the module."""
        stem, generation, _ = self.modules[name]
        return {"name": name, "stem": stem, "generation": generation + 1,
                "artefact": self.build(stem, code, *flags, **kind),
                "source": self.source(name)}

    def again(self, order, generation):
        """The same artefact as another generation."""
        artefact = "%s.%d" % (order["artefact"], generation)
        shutil.copy(order["artefact"], artefact)
        return dict(order, generation=generation, artefact=artefact)

    def committed(self, *orders):
        for o in orders:
            self.modules[o["name"]] = [o["stem"], o["generation"],
                                       o["artefact"]]
        self.write()

    def write(self, soabi=None):
        lines = ["cowbird\t1\t%s" % ("dev" if self.is_dev else "run")]
        if self.is_dev:
            lines.append("guest\t%s" % self.guest)
        for name, (stem, generation, image) in self.modules.items():
            origin = self.folder / (name + ".origin.so")
            lines.append("\t".join(("module", name, stem, str(generation),
                                    image, str(origin), self.source(name),
                                    str(generation), "optimised")))
        for name, words in self.failed.items():
            path = self.folder / (name + ".txt")
            path.write_text(words)
            lines.append("\t".join(("failed", name, str(path),
                                    self.source(name))))
        path = self.session / ("manifest." + (soabi or self.facts.soabi))
        fresh = path.with_suffix(".new")
        fresh.write_text("\n".join(lines) + "\n")
        os.replace(fresh, path)

    def app(self, *options, **env):
        all_env = dict(self.env, COWBIRD_SESSION=str(self.session),
                       PYTHONPATH=str(RUNTIME / "site"),
                       PYTHONDONTWRITEBYTECODE="1", **env)
        app = App([self.python, *options, "-c", APP], all_env)
        self.apps.append(app)
        return app

    def start(self, *names):
        """An app that has imported the modules, and its line."""
        app = self.app()
        for name in names:
            app.do("import " + name)
        peer = self.accept()
        for name in names:
            peer.await_module(name)
        return app, peer

    def swap(self, peer, *orders):
        """Prepare and commit; the verdict must be ready."""
        self.txn += 1
        done = peer.prepare(self.txn, orders)
        assert done.verdict == READY, done.reason
        committed = peer.commit(self.txn)
        self.committed(*orders)
        return committed

    def refuse_at_commit(self, peer, *orders):
        """Prepare that comes out ready, and a commit that does not."""
        self.txn += 1
        assert peer.prepare(self.txn, orders).verdict == READY
        return peer.commit(self.txn, FAILED)

    def refuse(self, peer, *orders):
        """Prepare that must not come out ready."""
        self.txn += 1
        done = peer.prepare(self.txn, orders)
        assert done.verdict != READY
        return done


def await_true(question, wait_s=WAIT_S):
    """Until an outside fact holds that sends no event."""
    until = time.monotonic() + wait_s
    while not question():
        assert time.monotonic() < until, "it did not come about"
        select.select([], [], [], 0.005)


sys.path.insert(0, str(ROOT / "tests"))
from stretches import returning, stretch  # noqa: E402, F401
