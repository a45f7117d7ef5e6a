"""Debuggers, profilers and tracers look at the app while it is swapped."""
import contextlib
import os
import shutil
import signal
import subprocess

import pytest

from bed import await_true, returning

UNLOADS = True

MONITORING = """
import sys
seen = []
if hasattr(sys, "monitoring"):
    m = sys.monitoring
    m.use_tool_id(m.COVERAGE_ID, "test")
    def called(code, offset, function, first):
        if getattr(function, "__name__", "") == "answer":
            seen.append(function)
    m.register_callback(m.COVERAGE_ID, m.events.CALL, called)
    m.set_events(m.COVERAGE_ID, m.events.CALL | m.events.LINE)
else:
    def profile(frame, event, function):
        if event == "c_call" and function.__name__ == "answer":
            seen.append(function)
    sys.setprofile(profile)
def loop():
    for _ in range(200):
        r = hot.answer()
    return r
"""


def test_monitored_calls_run_the_new_code_of_the_same_function(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    app.do("held = hot.answer")
    app.do(MONITORING)
    for n in (1, 2, 3):
        if n > 1:
            bed.swap(peer, bed.order("hot", returning(n)))
        app.do("seen.clear()")
        assert app.ask("loop(), len(seen), set(seen) == {held}") == (
            n, 200, True)


def test_a_traced_app_swaps(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    app.do("import sys; lines = []\n"
           "def trace(frame, event, arg):\n"
           "    lines.append(event)\n"
           "    return trace\n"
           "def call():\n"
           "    return hot.answer()\n"
           "sys.settrace(trace)")
    for n in (2, 3):
        bed.swap(peer, bed.order("hot", returning(n)))
        assert app.ask("call()") == n
    app.do("sys.settrace(None)")
    assert app.ask("'return' in lines")


@pytest.mark.parametrize("option", ["faulthandler", "dev", "perf"])
def test_an_app_under_an_option_of_python_s_swaps(bed, option):
    """With faulthandler's thread there, which dumps nothing: it reads frames
    without the GIL, and a busy CPython dies of that alone (3.9, 3.11, 3.13)."""
    bed.module("hot", returning(1))
    app = bed.app("-X", option)
    app.do("import hot, faulthandler, os\n"
           "dumps = open(os.devnull, 'w')\n"
           "faulthandler.dump_traceback_later(3600, False, dumps)\n"
           "def call():\n"
           "    faulthandler.dump_traceback(dumps)\n"
           "    return hot.answer()\n")
    peer = bed.accept()
    peer.await_module("hot")
    for n in (2, 3, 4):
        bed.swap(peer, bed.order("hot", returning(n)))
        assert app.ask("call()") == n
    peer.await_retired(2)
    app.do("faulthandler.cancel_dump_traceback_later()")
    assert app.end() == 0


def test_an_app_that_starts_and_stops_tracemalloc_swaps(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    app.do("import threading, tracemalloc\n"
           "over = False\n"
           "def trace():\n"
           "    while not over:\n"
           "        tracemalloc.start()\n"
           "        tracemalloc.stop()\n"
           "thread = threading.Thread(target=trace)\n"
           "thread.start()")
    for n in range(2, 22):
        bed.swap(peer, bed.order("hot", returning(n)))
        assert app.ask("hot.answer()") == n
    app.do("over = True; thread.join()")
    assert app.end() == 0


COUNTING = """
import gc, sys, threading, weakref
gc.disable()
counts, rounds, over = set(), [0], False
def is_counted(o):
    kind = type(o)
    if kind is dict:
        o = o.get('answer') # the bed's own namespace has another
    return (kind in (weakref.ref, type(sys))
            or type(o) is type(len) and o.__name__ == 'answer')
def count():
    while not over:
        counts.add(sum(map(is_counted, gc.get_objects())))
        rounds[0] += 1
def wait():
    seen = rounds[0]
    while rounds[0] < seen + 2:
        pass
"""


def test_the_garbage_collectors_count_of_what_a_swap_makes_stays(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    app.do(COUNTING)
    app.do("first = hot\nothers = []\n"
           "for _ in range(3):\n"
           "    del sys.modules['hot']\n"
           "    import hot\n"
           "    others.append(hot)\n"
           "del others[0]\n"
           "gc.collect()\n"
           "thread = threading.Thread(target=count)\n"
           "thread.start()\nwait()")
    assert app.ask("len(counts)") == 1
    for n in range(2, 12):
        bed.swap(peer, bed.order("hot", returning(n)))
        assert app.ask("first.answer(), others[-1].answer()") == (n, n)
    app.do("wait(); over = True; thread.join()")
    assert app.ask("len(counts)") == 1, app.ask("counts")


def tracer_of(pid):
    with open("/proc/%d/status" % pid) as status:
        return [int(line.split()[1]) for line in status
                if line.startswith("TracerPid")][0]


def state_of(pid):
    with open("/proc/%d/stat" % pid) as stat:
        return stat.read().rpartition(")")[2].split()[0]


def test_gdb_knows_the_code_that_serves_and_holds_nothing_up(bed):
    if shutil.which("gdb") is None:
        pytest.skip("no gdb")
    bed.module("hot", returning(1), "-O1", "-g")
    app, peer = bed.start("hot")
    pid = app.process.pid
    gdb = subprocess.Popen(
        ["gdb", "-nx", "-batch", "-p", str(pid), "-ex",
         "set auto-load off", "-ex", "continue",
         "-ex", "info line c_answer", "-ex", "info sharedlibrary hot-",
         "-ex", "detach"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        stdin=subprocess.DEVNULL, env=dict(os.environ, DEBUGINFOD_URLS=""))
    try:
        await_true(lambda: gdb.poll() is not None
                   or (tracer_of(pid) == gdb.pid and state_of(pid) == "S"))
        if gdb.poll() is not None:
            pytest.skip("gdb may not attach here: "
                        + gdb.stdout.read().strip().splitlines()[-1])
        for n in (2, 3):
            newest = bed.order("hot", returning(n), "-O1", "-g")
            bed.swap(peer, newest)
            assert app.ask("hot.answer()") == n
        peer.await_retired(1)
        os.kill(pid, signal.SIGINT)
        said = gdb.communicate(timeout=120)[0]
    finally:
        if gdb.poll() is None:
            gdb.kill()
            gdb.wait()
    assert "hot.c" in said, said
    assert os.path.basename(newest["artefact"]) in said, said
    assert tracer_of(pid) == 0
    bed.swap(peer, bed.order("hot", returning(4)))
    assert app.ask("hot.answer()") == 4


SPIN = """
static int c_spin(int n)
{ volatile int i = 0; while (i < n) i++; return i; }
"""


def spinning(n):
    return returning(n).replace("PyLong_FromLong(", "PyLong_FromLong(c_spin("
                                "3000000) * 0 + ", 1).replace(
        "static PyObject", SPIN + "static PyObject", 1)


@contextlib.contextmanager
def recorded(pid, data):
    """While perf records; a counted skip where it may not."""
    told, tell = os.pipe()
    acked, ack = os.pipe()
    perf = subprocess.Popen(
        ["perf", "record", "-q", "-e", "cpu-clock", "-o", str(data), "-D",
         "-1", "--control=fd:%d,%d" % (told, ack), "-p", str(pid)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        stdin=subprocess.DEVNULL, pass_fds=(told, ack))
    os.close(told)
    os.close(ack)
    try:
        os.write(tell, b"enable\n")
        if os.read(acked, 4) != b"ack\n":  # it has ended
            said = perf.communicate(timeout=120)[0]
            assert "ermi" in said, said  # permission, permitted
            pytest.skip("perf may not record here")
        yield
        perf.send_signal(signal.SIGINT)
        said = perf.communicate(timeout=120)[0]
        assert perf.returncode in (0, -signal.SIGINT), said
    finally:
        if perf.poll() is None:
            perf.kill()
            perf.wait()
        os.close(tell)
        os.close(acked)


def test_perf_names_the_functions_of_each_generation(bed):
    if shutil.which("perf") is None:
        pytest.skip("no perf")
    flags = ["-O1", "-g", "-fno-inline"]
    bed.module("hot", spinning(1), *flags)
    served = [bed.modules["hot"][2]]
    app, peer = bed.start("hot")
    data = bed.folder / "perf.data"
    with recorded(app.process.pid, data):
        for n in (1, 2, 3):
            if n > 1:
                order = bed.order("hot", spinning(n), *flags)
                served.append(order["artefact"])
                bed.swap(peer, order)
            assert app.ask("[hot.answer() for n in range(50)][0]") == n
    script = subprocess.run(
        ["perf", "script", "-i", str(data), "-F", "ip,sym,dso"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        stdin=subprocess.DEVNULL, timeout=120)
    assert script.returncode == 0, script.stdout
    for path in served:
        name = os.path.basename(path)
        assert any("c_spin" in line and name in line
                   for line in script.stdout.splitlines()), name
