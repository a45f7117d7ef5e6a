"""What new code does to the process that runs it first."""
import os
import signal
import socket
import subprocess
import time

import pytest

import bed as beds
from bed import CRASHED, FAILED, HUNG, READY, returning, stretch


class Canary:
    def __init__(self, bed, first):
        ours, theirs = socket.socketpair()
        env = dict(bed.env, COWBIRD_SESSION=str(bed.session))
        self.process = subprocess.Popen(
            [bed.python, str(beds.RUNTIME / "canary.py"), bed.guest,
             str(theirs.fileno()), str(first), str(bed.folder)],
            env=env, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        theirs.close()
        self.line = ours
        self.tries = 0

    def ask(self, bed, name, code, deadline_ms=20000):
        stem = name.rpartition(".")[2]
        return self.ask_of(name, bed.build(stem, code), deadline_ms)

    def ask_of(self, name, artefact, deadline_ms=20000):
        self.send(name, artefact, deadline_ms)
        return self.answer()

    def send(self, name, artefact, deadline_ms):
        stem = name.rpartition(".")[2]
        self.tries += 1
        beds.send_frame(self.line, beds.TRY, beds.u64(self.tries)
                        + beds.u64(deadline_ms) + beds.text(name)
                        + beds.text(stem) + beds.text(artefact)
                        + beds.text(stem + ".c"))

    def answer(self):
        kind, m = beds.read_frame(self.line)
        assert (kind, m.u64()) == (beds.TRIED, self.tries)
        verdict, reason, self.fork = m.u64(), m.text(), m.u64()
        m.end()
        return verdict, reason

    def end(self):
        self.line.close()
        return self.process.wait(beds.WAIT_S)


@pytest.fixture
def canary(bed):
    (bed.folder / "app").mkdir()
    (bed.folder / "app" / "helper.py").write_text("value = 41\n")
    made = Canary(bed, bed.folder / "app")
    yield made
    if made.process.poll() is None:
        made.process.kill()
        made.process.wait()


def fork_of(canary, other_than=0):
    """The process that waits for the next try."""
    pid = canary.process.pid
    children = f"/proc/{pid}/task/{pid}/children"
    end = time.monotonic() + beds.WAIT_S
    while time.monotonic() < end:
        with open(children) as listed:
            found = [int(word) for word in listed.read().split()]
        if found and other_than not in found:
            return found[0]
        time.sleep(0.01)  # between looks at what the kernel lists
    raise AssertionError("the canary has forked nothing ahead")


def test_a_good_init_is_ready_and_a_bad_one_says_why_again_and_again(
        bed, canary):
    bad = stretch(exec='PyErr_SetString(PyExc_ValueError, "no\\nluck"); '
                       'return -1;')
    for _ in range(3):
        assert canary.ask(bed, "hot", returning(1)) == (READY, "")
        verdict, reason = canary.ask(bed, "hot", bad)
        assert (verdict, reason.splitlines()[0]) == (
            FAILED, "init of hot.c raised ValueError: no luck")
    assert canary.end() == 0


def test_a_crash_names_the_signal_and_the_place(bed, canary):
    fault = "*(volatile int *)8 = 1;"
    assert canary.ask(bed, "hot", stretch(exec=fault)) == (
        CRASHED, "SIGSEGV in an exec slot of hot.c")
    in_init = stretch().replace("{ return PyModuleDef_Init",
                                "{ __builtin_trap(); return PyModuleDef_Init")
    assert canary.ask(bed, "pkg.hot", in_init) == (
        CRASHED, "SIGILL in PyInit_hot")
    constructor = stretch(before="#include <stdlib.h>\n"
                          "__attribute__((constructor)) static void c(void)"
                          "{ abort(); }")
    assert canary.ask(bed, "hot", constructor) == (
        CRASHED, "SIGABRT in a constructor of hot.c")
    assert canary.ask(bed, "hot", returning(1)) == (READY, "")


def test_what_makes_a_module_is_imported_before_the_fork(bed, canary):
    """Each try would import it from the disk while a save waits."""
    looks = stretch().replace(
        "{ return PyModuleDef_Init",
        "{ if (PyDict_GetItemString(PyImport_GetModuleDict(),"
        ' "importlib.machinery") == NULL) __builtin_trap();'
        " return PyModuleDef_Init")
    assert canary.ask(bed, "hot", looks) == (READY, "")


def test_an_exit_is_told_with_its_status(bed, canary):
    assert canary.ask(bed, "hot", stretch(
        before="#include <stdlib.h>", exec="exit(3);")) == (
            CRASHED, "exited with status 3 during init")


def test_an_init_that_does_not_end_is_killed_with_its_children(bed, canary):
    pid_file = bed.folder / "pid"
    code = stretch(before="#include <unistd.h>\n#include <stdio.h>",
                   exec='if (fork() == 0) { FILE *f = fopen("%s", "w"); '
                        'fprintf(f, "%%d", getpid()); fclose(f); } '
                        "for (;;) pause();" % pid_file)
    assert canary.ask(bed, "hot", code, deadline_ms=1500) == (
        HUNG, "init of hot.c did not end within 1500 ms")
    child = int(pid_file.read_text())

    def is_gone():
        try:
            return "Z" in open("/proc/%d/stat" % child).read().split()[2]
        except OSError:
            return True
    beds.await_true(is_gone)
    assert canary.ask(bed, "hot", returning(1)) == (READY, "")


def test_a_try_is_given_up_for_the_next_one(bed, canary):
    """A save that comes while the code of the one before it still hangs."""
    begun = bed.folder / "begun"
    hangs = bed.build("hot", stretch(
        before="#include <unistd.h>\n#include <fcntl.h>",
        exec='close(open("%s", O_CREAT | O_WRONLY, 0600)); '
             "for (;;) pause();" % begun))
    good = bed.build("hot", returning(1))
    for _ in range(2):
        canary.send("hot", hangs, 600000)
        beds.await_true(begun.exists)
        assert canary.ask_of("hot", good) == (READY, "")
        begun.unlink()
    for _ in range(20):  # some are read together
        canary.send("hot", hangs, 600000)
    assert canary.ask_of("hot", good) == (READY, "")


def test_an_init_that_closes_everything_and_runs_on_is_killed(bed, canary):
    code = stretch(before="#include <unistd.h>",
                   exec="for (int i = 3; i < 64; i++) close(i); "
                        "for (;;) pause();")
    assert canary.ask(bed, "hot", code, deadline_ms=500)[0] == HUNG


def test_an_init_imports_what_the_app_could(bed, canary):
    bed.module("other", returning(1, name="answer", **{}).replace(
        "PyInit_hot", "PyInit_other"))
    code = stretch(exec="""
        PyObject *helper = PyImport_ImportModule("helper");
        PyObject *other = PyImport_ImportModule("other");
        if (helper == NULL || other == NULL) return -1;
        PyModule_AddObject(m, "value",
                           PyObject_GetAttrString(helper, "value"));
        Py_DECREF(helper); Py_DECREF(other);""")
    verdict, reason = canary.ask(bed, "hot", code)
    assert (verdict, reason) == (READY, "")
    with pytest.raises(socket.timeout):
        bed.door.settimeout(0.05)
        bed.door.accept()  # the canary is no worker


def test_an_undefined_symbol_and_a_missing_init_are_named(bed, canary):
    verdict, reason = canary.ask(bed, "hot", stretch(
        before="int nowhere(void);", exec="return nowhere();"))
    assert (verdict, reason) == (
        FAILED, "undefined symbol 'nowhere' in hot.c: no library that the "
        "module is linked with has it")
    verdict, reason = canary.ask(bed, "cold", stretch())
    assert (verdict, reason) == (
        FAILED, "no function PyInit_cold in cold.c: it must bear the name of "
        "the module")


def test_single_phase_init_is_no_failure_of_the_code(bed, canary):
    code = ("#include <Python.h>\nstatic struct PyModuleDef d = {"
            "PyModuleDef_HEAD_INIT, \"hot\", NULL, -1, NULL};"
            "PyMODINIT_FUNC PyInit_hot(void) { return PyModule_Create(&d); }")
    assert canary.ask(bed, "hot", code) == (READY, "")


def test_nothing_is_left_open_by_a_hundred_tries(bed, canary):
    artefact = bed.build("hot", returning(1))
    first = fork_of(canary)
    assert canary.ask_of("hot", artefact) == (READY, "")
    fds = "/proc/%d/fd" % canary.process.pid
    last = fork_of(canary, other_than=first)
    before = len(os.listdir(fds))
    for _ in range(100):
        assert canary.ask_of("hot", artefact) == (READY, "")
        last = fork_of(canary, other_than=last)
    # the fork made last may not have been all told yet
    end = time.monotonic() + beds.WAIT_S
    while len(os.listdir(fds)) > before and time.monotonic() < end:
        time.sleep(0.01)  # a closed descriptor tells nobody
    assert len(os.listdir(fds)) <= before


def test_each_try_has_a_fork_of_its_own_and_a_lost_one_is_replaced(
        bed, canary):
    first = fork_of(canary)
    assert canary.ask(bed, "hot", returning(1)) == (READY, "")
    second = fork_of(canary, other_than=first)
    os.kill(second, signal.SIGKILL)
    assert canary.ask(bed, "hot", returning(2)) == (READY, "")
    fork_of(canary, other_than=second)
