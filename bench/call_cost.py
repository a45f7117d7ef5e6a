#!/usr/bin/env python3
"""Nanoseconds of a call: a function that a session has swapped against the
same function in an ordinary extension, gcc -O2 -g both, on every CPython.

In one process and in turns. `noise` is the difference between two ordinary
copies of the extension: a difference below it means nothing. Placement of
code moves such figures by up to a nanosecond, so several sessions are
started, each with addresses of its own, and the medians' median is shown.
"""
import json
import statistics
import subprocess

from extension import build
from figures import table
from place import APPS, first_line, folder, options, pythons
from session import Session, lay_out

CONVENTIONS = {"one": "METH_O", "fast": "METH_FASTCALL",
               "noargs": "METH_NOARGS", "varargs": "METH_VARARGS"}


def one_session(o, python, rounds, calls):
    """{shape: {module: median ns}} of one session."""
    with folder() as (project, environment):
        lay_out(project, "calls.c", "call_rounds.py")
        plain = build_ordinary(python, project.parent)
        result = project.parent / "result.json"
        with Session(o.program, python, project, environment,
                     ["call_rounds.py", str(plain), "1001", str(result),
                      str(rounds), str(calls)], ["--cc=gcc"]) as session:
            session.await_file(str(result) + ".ready")
            session.edit("calls.c")
            session.await_file(str(result))
        took = json.loads(result.read_text())
    return {shape: {name: statistics.median(all_)
                    for name, all_ in of.items()}
            for shape, of in took.items()}


def build_ordinary(python, place):
    """A folder with the ordinary extensions `plain` and `again`."""
    plain = place / "plain"
    plain.mkdir()
    text = (APPS / "calls.c").read_text()
    for name in ("plain", "again"):
        source = plain / (name + ".c")
        source.write_text(text.replace("PyInit_calls", "PyInit_" + name))
        build(python, source, plain)
    return plain


def rows_of(python, sessions):
    version = first_line(python, "-V").split()[1]
    for shape, convention in CONVENTIONS.items():
        taken = [one[shape] for one in sessions]
        added = [one["swapped"] - one["plain"] for one in taken]
        noise = [abs(one["again"] - one["plain"]) for one in taken]
        yield [version, convention,
               *("%.1f" % statistics.median(one[name] for one in taken)
                 for name in ("plain", "swapped")),
               "%+.2f" % statistics.median(added),
               "%+.2f to %+.2f" % (min(added), max(added)),
               "%.2f" % statistics.median(noise)]


def main(argv=None):
    parser = options(__doc__.split("\n")[0])
    parser.add_argument("--sessions", type=int)
    o = parser.parse_args(argv)
    count = o.sessions or (5 if o.full else 2)
    rounds, calls = (300, 10000) if o.full else (60, 5000)
    rows = []
    for python in pythons():
        try:
            sessions = [one_session(o, python, rounds, calls)
                        for one in range(count)]
        except subprocess.CalledProcessError as error:
            print("call_cost: skipped %s: %s" % (python, error))
            continue
        rows += rows_of(python, sessions)
    print("Cost of a call, ns, loop subtracted, %d sessions of %d rounds of "
          "%d calls\n" % (count, rounds, calls))
    print(table(["CPython", "convention", "ordinary", "swapped", "added",
                 "added, min to max", "noise"], rows))


if __name__ == "__main__":
    main()
