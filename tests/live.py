"""A running `cowbird run` as a test sees it: started, asked over HTTP, saved
into, and ended by pid. Every wait has a deadline and waits for an event."""
import http.client
import json
import os
import pathlib
import queue
import re
import signal
import subprocess
import threading
import time

# seconds for anything to happen at all; never a measure
PATIENCE = int(os.environ.get("COWBIRD_TEST_WAIT_S", "90"))

# Answers /NAME/FUNCTION?ARG by calling it; the module is imported once.
APP = '''\
import http.server, importlib, os, sys, threading

state = {"requests": 0}

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        state["requests"] += 1
        path, _, argument = self.path.partition("?")
        _, module, function = path.split("/")
        try:
            if module == "pid":
                answer = os.getpid()
            elif module == "requests":
                answer = state["requests"]
            else:
                f = getattr(importlib.import_module(module), function)
                answer = f(int(argument)) if argument else f()
            code, body = 200, str(answer).encode()
        except BaseException as error:
            code, body = 500, f"{type(error).__name__}: {error}".encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print("port", server.server_address[1], flush=True)
server.serve_forever()
'''

# A raw module with one function that returns what its source says.
MODULE = '''\
#include <Python.h>

static PyObject *
answer(PyObject *self, PyObject *unused)
{{
    return PyLong_FromLong({value});
}}

static PyMethodDef methods[] = {{
    {{"answer", answer, METH_NOARGS, "the answer"}},
    {{NULL, NULL, 0, NULL}},
}};

static struct PyModuleDef definition = {{
    PyModuleDef_HEAD_INIT, "{name}", NULL, 0, methods, NULL,
    NULL, NULL, NULL}};

PyMODINIT_FUNC
PyInit_{name}(void)
{{
    return PyModuleDef_Init(&definition);
}}
'''


def source(value, name="scoring"):
    """C of a module whose answer() returns `value`."""
    return MODULE.format(value=value, name=name)


def save(path, text):
    """As most editors do: a sibling, then a rename."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    sibling = path.with_name(f".{path.name}.saving.tmp")
    sibling.write_text(text)
    os.replace(sibling, path)



class Live:
    """One `cowbird run`. `words` follow the options; `dev` adds --dev and an
    event stream; `through` are words of a program that becomes it. stdout and
    stderr are kept in .out and .err."""

    def __init__(self, program, folder, *words, dev=True, options=(),
                 python=None, env=None, through=(), compile_path="."):
        self.program = program
        self.folder = pathlib.Path(folder)
        argv = [*through, program, "run", f"--compile-path={compile_path}"]
        if python:
            argv.append(f"--python={python}")
        kept = []
        self.events = queue.Queue()
        self.seen = []
        self._has_called = False
        self._has_met = not dev
        if dev:
            read, write = os.pipe()
            kept = [write]
            argv += ["--dev", f"--json=fd:{write}"]
        argv += [*options, *(words or ("app.py",))]
        self.process = subprocess.Popen(
            argv, cwd=self.folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            pass_fds=kept, env={**os.environ, **(env or {})},
            start_new_session=True)
        self.pid = self.process.pid
        self.out, self.err = [], []
        self._lines = queue.Queue()
        self._follow(self.process.stdout, self._take_out)
        self._spoke = threading.Condition()
        self._follow(self.process.stderr, self._take_err)
        if dev:
            os.close(write)
            self._follow(os.fdopen(read), self._take_event)

    def _follow(self, stream, take):
        def run():
            for line in stream:
                take(line)
        threading.Thread(target=run, daemon=True).start()

    def _take_out(self, line):
        self.out.append(line)
        self._lines.put(line)

    def _take_err(self, line):
        with self._spoke:
            self.err.append(line)
            self._spoke.notify_all()

    def said(self, text):
        """Waits until its speech on stderr holds `text`, or what a compiled
        pattern finds; an event may be read before the line that says the
        same."""
        pattern = (re.compile(re.escape(text)) if isinstance(text, str)
                   else text)
        with self._spoke:
            assert self._spoke.wait_for(
                lambda: pattern.search("".join(self.err)), PATIENCE), (
                    f"never said '{pattern.pattern}':\n{self.words()}")

    def _take_event(self, line):
        self.events.put(json.loads(line))

    def words(self):
        """Everything it said, for the message of a failure."""
        return "".join(self.err) + "".join(self.out)

    def line(self, start):
        """The next line on stdout that begins so."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                line = self._lines.get(timeout=end - time.monotonic())
            except (queue.Empty, ValueError):
                raise AssertionError(
                    f"no line '{start}':\n{self.words()}") from None
            if line.startswith(start):
                return line.strip()

    def port(self):
        """Of the app that started last."""
        self._port = int(self.line("port ").split()[1])
        return self._port

    def event(self, verb, **fields):
        """The next event with this verb and these fields; those before it
        are in .seen."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                found = self.events.get(timeout=end - time.monotonic())
            except (queue.Empty, ValueError):
                raise AssertionError(
                    f"no event '{verb}' {fields}; seen {self.seen}\n"
                    f"{self.words()}") from None
            self.seen.append(found)
            if found["event"] == verb and all(
                    found.get(key) == value
                    for key, value in fields.items()):
                return found

    def get(self, path):
        """(status, body) of one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port,
                                                timeout=PATIENCE)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            self._has_called |= response.status == 200 and any(
                self.folder.rglob(path.split("/")[1] + ".c*"))
            return response.status, response.read().decode()
        finally:
            connection.close()

    def status(self):
        """What `cowbird status` says of it."""
        return json.loads(self.status_text("--json"))

    def status_text(self, *words):
        """The same as people read it."""
        done = subprocess.run([self.program, "status",
                               f"--session={self.session()}", *words],
                              cwd=self.folder, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, timeout=PATIENCE)
        assert done.returncode == 0
        return done.stdout.decode()

    def session(self):
        """Its id: the folder whose info names its pid."""
        sessions = pathlib.Path(os.environ["XDG_RUNTIME_DIR"]) / "cowbird"
        mine, = (info.parent.name for info in sessions.glob("*/info")
                 if info.read_text().split()[0] == str(self.pid))
        return mine

    def meet(self, count=1):
        """Waits until so many workers have said hello: that may come after
        their first answer, and who has not is moved by no save."""
        self._has_met = True
        end = time.monotonic() + PATIENCE
        while len(self.status()["workers"]) < count:
            assert time.monotonic() < end, f"no hello:\n{self.words()}"

    def save(self, name, text):
        """Who has called native code has a worker; it is to be met, or this
        save would move nobody."""
        if self._has_called and not self._has_met:
            self.meet()
        save(self.folder / name, text)

    def end(self, number=signal.SIGINT):
        """Ends it by a signal to its own pid; the exit status."""
        if self.process.poll() is None:
            os.kill(self.pid, number)
        return self.wait()

    def wait(self):
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"does not end:\n{self.words()}") from None

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.process.poll() is None:
            os.kill(self.pid, signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def processes_of(folder):
    """Pids of living processes that were started in this folder."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                cwd = os.readlink(f"/proc/{entry}/cwd")
                state = open(f"/proc/{entry}/stat").read().split(") ")[1][0]
            except OSError:
                continue
            if cwd == str(folder) and state != "Z":
                found.append(int(entry))
    return found
