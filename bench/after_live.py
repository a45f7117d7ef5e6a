#!/usr/bin/env python3
"""What follows the first answer by new code: that of the other worker, and the
optimised build of a file of 300 lines.

Two workers of uvicorn are asked in turns on a connection each, from the save
until both answer by new code. The optimised tier is timed from the save to the
event that says that it serves; the app is one process, and idle. One edit is
inside a function, as most are; another adds a line ahead of all functions.
Beside both, in turns: cc's own time for the same file and nothing else. The
file is a plain module, and a raw one.
"""
import functools
import random
import subprocess
import time

from ask import Connection
from figures import SPREAD, spread, table
from place import APPS, HERE, folder, has, options
from session import PATIENCE, Session, lay_out
from steady import WORDS

INCLUDE = HERE.parent / "runtime" / "include"
LINES = 300
MORE = """
double
part_%(n)d(const double *x, size_t n)
{
    double sum = %(n)d;
    for (size_t i = 1; i < n; i++) {
        sum += (x[i] - x[i - 1]) * (x[i] + %(n)d.5);
    }
    return n == 0 ? 0 : sum / (double)n;
}
"""


RAW_MORE = """
static PyObject *
part_%(n)d(PyObject *self, PyObject *arg)
{
    (void)self;
    Py_buffer b;
    if (PyObject_GetBuffer(arg, &b, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    const unsigned char *x = b.buf;
    double sum = %(n)d;
    for (Py_ssize_t i = 1; i < b.len; i++) {
        sum += (x[i] - x[i - 1]) * (x[i] + %(n)d.5);
    }
    PyBuffer_Release(&b);
    return PyFloat_FromDouble(sum);
}
"""
ENTRY = """    {"part_%(n)d", part_%(n)d, METH_O, NULL},
"""


def long_plain():
    """The plain module with as many more functions as make LINES lines."""
    text = (APPS / "hot_plain.c").read_text()
    n = 0
    while text.count("\n") < LINES:
        n += 1
        text += MORE % {"n": n}
    return text


def long_raw():
    """The same of the raw one, whose table has them all; the line that an
    edit changes is inside its function, too."""
    line = "enum { VALUE = 1000 };\n"
    text = (APPS / "hot.c").read_text().replace(line, "").replace(
        "    return PyLong_FromLong(VALUE)",
        "    %s    return PyLong_FromLong(VALUE)" % line)
    at, entry = (text.index(words) for words in ("static PyMethodDef",
                                                 "    {NULL"))
    parts, entries, n = "", "", 0
    while text.count("\n") + parts.count("\n") + n < LINES:
        n += 1
        parts += RAW_MORE.lstrip() % {"n": n} + "\n"
        entries += ENTRY % {"n": n}
    return text[:at] + parts + text[at:entry] + entries + text[entry:]


def pause(seconds):
    """Edits must not fall into step with anything periodic."""
    time.sleep(seconds + 0.05 * random.random())


def connections_of_both(session):
    """{pid: a connection to it}, of two workers."""
    found, others = {}, []
    end = time.monotonic() + PATIENCE
    while len(found) < 2:
        if time.monotonic() > end:
            session.fail("one worker takes all connections")
        connection = Connection(session.port)
        pid = connection.ask("/value").split()[1]
        if pid in found:
            others.append(connection)
        else:
            found[pid] = connection
    for connection in others:
        connection.close()
    return found


def answers_of_both(session, found):
    """Seconds from a save to each worker's first answer by new code."""
    number, began = session.edit()
    wanted, took = b"%d" % number, {}
    while len(took) < len(found):
        for pid, connection in found.items():
            if (pid not in took
                    and connection.ask("/value").split()[0] == wanted):
                took[pid] = time.perf_counter() - began
        if time.perf_counter() - began > PATIENCE:
            session.fail("%d does not go live in both workers" % number)
    return sorted(took.values())


def both_workers(o, edits):
    """Milliseconds to the first worker's answer, and from it to the second's."""
    first, between = [], []
    with folder() as (project, environment):
        lay_out(project, "hot.c", "many.py")
        with Session(o.program, o.python, project, environment,
                     WORDS) as session:
            session.await_answer()
            found = connections_of_both(session)
            for one in range(edits + 3):
                pause(0.2)
                early, late = answers_of_both(session, found)
                if one >= 3:  # the first ones warm the machine's caches
                    first.append(1000 * early)
                    between.append(1000 * (late - early))
    return first, between


def await_tier(session, number, began):
    """Seconds from the save to the event of its optimised build."""
    while time.perf_counter() - began < PATIENCE:
        now = time.perf_counter()
        if any(event["event"] == "tier" for event in session.events()):
            return now - began
        time.sleep(0.001)
    return session.fail("%d is not optimised" % number)


@functools.lru_cache
def python_include(python):
    return subprocess.run(
        [python, "-c", "import sysconfig; "
                       "print(sysconfig.get_path('include'))"],
        check=True, capture_output=True, text=True).stdout.strip()


def cc_alone(project, python):
    """Seconds that the compiler takes for the file by itself."""
    include = python_include(python)
    began = time.perf_counter()
    subprocess.run(["cc", "-O2", "-g", "-fPIC", "-I", INCLUDE, "-I", include,
                    "-c", "hot.c", "-o", "alone.o"], cwd=project, check=True)
    return time.perf_counter() - began


def with_a_line_more(text):
    """All functions stand a line further down."""
    return text.replace("\n\n", "\n\n\n", 1)


def tiers(o, edits, text):
    """Milliseconds from a save to its optimised build's going live: of edits
    inside a function and of those that move all; and those of cc alone."""
    took, moved, alone = [], [], []
    with folder() as (project, environment):
        lay_out(project, "one.py")
        (project / "hot.c").write_text(text)
        with Session(o.program, o.python, project, environment,
                     ["one.py", "{port}"]) as session:
            session.await_answer()
            for one in range(edits + 3):
                pause(1.1)  # saves that come faster are waited out
                session.events()
                seconds = await_tier(session, *session.edit())
                alone_ms = 1000 * cc_alone(project, o.python)
                pause(1.1)
                session.events()
                all_of_it = await_tier(session, *session.edit(
                    change=with_a_line_more))
                if one >= 3:
                    took.append(1000 * seconds)
                    moved.append(1000 * all_of_it)
                    alone.append(alone_ms)
    return took, moved, alone


def main(argv=None):
    parser = options(__doc__.split("\n")[0])
    parser.add_argument("--edits", type=int)
    o = parser.parse_args(argv)
    edits = o.edits or (200 if o.full else 30)
    rows = []
    for kind, text in (("plain", long_plain()), ("raw", long_raw())):
        took, moved, alone = tiers(o, edits, text)
        rows += [["%s, %d lines: save to the optimised tier" % (kind, LINES),
                  *spread(took)],
                 ["the same, all lines moved", *spread(moved)],
                 ["cc -O2 -g -c of that file, alone", *spread(alone)]]
    if has(o.python, "uvicorn"):
        first, between = both_workers(o, edits)
        rows += [["save to the first worker's answer", *spread(first)],
                 ["from it to the second's", *spread(between)]]
    print("After the first answer, ms; %d edits\n" % edits)
    print(table(["what", *SPREAD], rows))


if __name__ == "__main__":
    main()
