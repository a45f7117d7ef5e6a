"""Session: one `cowbird run --dev` that is being measured, and saves made
into it. Waits have deadlines; what went wrong is shown with its log."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time

from ask import Connection
from place import APPS

PATIENCE = 60  # seconds until a wait is given up; never part of a figure


GRACE = 2  # seconds that a process may still need to end after cowbird has


class Broken(Exception):
    """What was to be measured does not work."""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def children(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as list_:
            return [int(word) for word in list_.read().split()]
    except OSError:
        return []


def command_line(pid):
    """Its words in bytes, a zero after each; empty for a process that is gone."""
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as words:
            return words.read()
    except OSError:
        return b""


def lives(pid):
    try:
        with open("/proc/%d/stat" % pid) as stat:
            return stat.read().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def descendants(pid):
    found = []
    for child in children(pid):
        found += [child] + descendants(child)
    return found


class Session:
    """`words` is what follows the options: an app or `--` and a command; in
    them {port} stands for a free port."""

    def __init__(self, program, python, project, environment, words,
                 options=()):
        self.project = project
        self.port = free_port()
        self.events_path = project.parent / "events.json"
        self.log_path = project.parent / "log"
        self._read = 0
        self._count = 0
        self.is_pinned = any(option.startswith("--cc=")
                             and option != "--cc=auto" for option in options)
        argv = [program, "run", "--dev", "--compile-path=.",
                "--python=" + python, "--json=%s" % self.events_path,
                *options, *(word.format(port=self.port) for word in words)]
        with open(self.log_path, "w") as log:
            self.process = subprocess.Popen(
                argv, cwd=project, env=environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log)
        self.pid = self.process.pid

    def fail(self, what):
        raise Broken("%s; the session said:\n%s" % (
            what, self.log_path.read_text()[-4000:]))

    def await_file(self, path):
        """Until the app has written it."""
        end = time.monotonic() + PATIENCE
        while not os.path.exists(path):
            if time.monotonic() > end or (self.process.poll() is not None
                                          and not os.path.exists(path)):
                self.fail("%s does not appear" % path)
            time.sleep(0.01)

    def await_answer(self, path="/value", patience=PATIENCE):
        """Until the app answers; the seconds since its start are the
        caller's to take."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if self.process.poll() is not None:
                self.fail("cowbird ended with %d" % self.process.returncode)
            try:
                connection = Connection(self.port)
                try:
                    return connection.ask(path)
                finally:
                    connection.close()
            except OSError:
                time.sleep(0.005)
        return self.fail("the app does not answer")

    def events(self):
        """Those since the last call, in order."""
        if not self.events_path.exists():
            return []
        with open(self.events_path) as stream:
            stream.seek(self._read)
            text = stream.read()
        whole = text[:text.rfind("\n") + 1]
        self._read += len(whole)
        return [json.loads(line) for line in whole.splitlines()]

    def edit(self, name="hot.c", change=lambda text: text):
        """Saves a source whose value() answers the number returned, by
        rename, as editors do; also when: (number, seconds). `change` may do
        more to the text."""
        self._count += 1
        number = 1000 + self._count
        text = change(with_value((self.project / name).read_text(), number))
        sibling = self.project / (".%s.saving.tmp" % name)
        began = time.perf_counter()
        with open(sibling, "w") as out:
            out.write(text)
        os.replace(sibling, self.project / name)
        return number, began

    def await_value(self, connection, number, began, every=0.001):
        """Asks about every millisecond until `number` is the answer; the
        seconds from `began` to the first complete one."""
        wanted = b"%d" % number
        while True:
            asked = time.perf_counter()
            if connection.ask("/value").split()[0] == wanted:
                return time.perf_counter() - began
            now = time.perf_counter()
            if now - began > PATIENCE:
                self.fail("%d does not go live" % number)
            time.sleep(max(0.0, asked + every - now))

    def end(self):
        """Ctrl-C; an app that outlives it is a fault."""
        below = descendants(self.pid)
        if self.process.poll() is None:
            os.kill(self.pid, signal.SIGINT)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            self.fail("cowbird does not end")
        end = time.monotonic() + GRACE
        left = [pid for pid in below if lives(pid)]
        while left and time.monotonic() < end:
            time.sleep(0.01)
            left = [pid for pid in left if lives(pid)]
        if left:
            self.fail("processes outlived the session: %s" % left)

    def __enter__(self):
        return self

    def __exit__(self, kind, *unused):
        try:
            self.end()
        except Broken:
            if kind is None:
                raise


def with_value(text, number):
    return re.sub(r"enum \{ VALUE = \d+ \}", "enum { VALUE = %d }" % number,
                  text)


def lay_out(project, *names):
    """Copies of our apps' files."""
    for name in names:
        shutil.copy(APPS / name, project / name)
