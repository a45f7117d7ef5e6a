#!/usr/bin/env python3
"""What a big tree costs: start, idle time, memory, and an edit's way.

A thousand plain modules and a hundred thousand files in all, beside the same
app with its one module. 200 of the modules include one header, and the app
imports those and hot.c. Edits go to hot.c in both trees, in turns; then the
header is edited: the time until the app sees it in every module, and how many
modules and transactions that was. `run` is `cowbird run` of an app that
imports hot alone, warm, beside `python app.py`.
"""
import os
import shutil
import statistics
import sys
import time

from ask import Connection
from extension import build
from figures import SPREAD, spread, table
from place import APPS, folder, options
from session import PATIENCE, Session, lay_out
from start import wall

COLD_PATIENCE = 1200  # seconds for a tree whose every module is compiled

HEADER = "enum { SHARED = %d };\n"
SHARING = """\
#include <cowbird.h>
#include "../shared.h"
int value%d(void) { return SHARED; }
"""
ALONE = """\
#include <cowbird.h>
int value%d(int more) { return %d + more; }
"""

def tick():
    return os.sysconf("SC_CLK_TCK")


def cpu_s(pid):
    with open("/proc/%d/stat" % pid) as stat:
        words = stat.read().rpartition(") ")[2].split()
    return (int(words[11]) + int(words[12])) / tick()


def rss_mb(pid):
    with open("/proc/%d/status" % pid) as lines:
        return next(int(line.split()[1]) for line in lines
                    if line.startswith("VmRSS")) / 1024


def lay_tree(project, modules, sharing, files):
    """Packages of 50 modules; the other files in folders of 200."""
    (project / "shared.h").write_text(HEADER % 1)
    names = []
    for one in range(modules):
        package = project / ("part%02d" % (one // 50))
        if one % 50 == 0:
            package.mkdir()
            (package / "__init__.py").touch()
        name = "m%04d" % one
        shares = one % (modules // sharing) == 0
        (package / (name + ".c")).write_text(
            SHARING % one if shares else ALONE % (one, one))
        if shares:
            names.append(("%s.%s" % (package.name, name), "value%d" % one))
    for one in range(files - modules):
        place = project / "assets" / ("d%04d" % (one // 200))
        if one % 200 == 0:
            place.mkdir(parents=True)
        (place / ("f%d.txt" % one)).touch()
    return names


def lay_app(project, names):
    lay_out(project, "one.py")
    shutil.copy(APPS / "hot_plain.c", project / "hot.c")
    text = (project / "one.py").read_text()
    (project / "all_of_them.py").write_text(
        "import importlib\n"
        "FUNCTIONS = [getattr(importlib.import_module(name), function)\n"
        "             for name, function in %r]\n"
        "def shared():\n"
        "    return {function() for function in FUNCTIONS}\n" % (names,))
    # The first word of an answer is hot's; the third what the others say.
    (project / "one.py").write_text(
        text.replace("from hot import value\n",
                     "from all_of_them import shared\nfrom hot import value\n")
        .replace('b"%d %d" % (value(), os.getpid())',
                 'b"%d %d %s" % (value(), os.getpid(),'
                 ' b",".join(b"%d" % one for one in sorted(shared())))'))


def start(o, project, environment):
    """(session, seconds to the first answer)"""
    began = time.perf_counter()
    session = Session(o.program, o.python, project, environment,
                      ["one.py", "{port}"])
    session.await_answer(patience=COLD_PATIENCE)
    return session, time.perf_counter() - began


def idle(session, seconds):
    """CPU seconds of the program in that time, and its megabytes."""
    before = cpu_s(session.pid)
    time.sleep(seconds)
    return cpu_s(session.pid) - before, rss_mb(session.pid)


def edit(session, connection):
    time.sleep(0.15)
    number, began = session.edit()
    return 1000 * session.await_value(connection, number, began)


def edit_header(session, connection, value):
    """(seconds until every module says so, modules, transactions)"""
    session.events()
    wanted = b"%d" % value
    sibling = session.project / ".shared.h.tmp"
    began = time.perf_counter()
    sibling.write_text(HEADER % value)
    os.replace(sibling, session.project / "shared.h")
    seen = set()
    while True:
        said = connection.ask("/value").split()[2]
        if said not in seen:
            seen.add(said)
        if said == wanted:
            break
        if time.perf_counter() - began > PATIENCE:
            session.fail("the header does not go live")
        time.sleep(0.002)
    took = time.perf_counter() - began
    time.sleep(0.2)
    swaps = [event for event in session.events() if event["event"] == "swap"]
    mixed = sum(b"," in one for one in seen)
    return took, len(swaps), mixed


def runs(o, project, environment, plain, rounds):
    """Milliseconds of `python app.py` and of `cowbird run app.py`, in turns."""
    ways = [([o.python, "app.py"], plain),
            ([o.program, "run", "app.py", "--compile-path=.",
              "--python=" + o.python], project)]
    took = [[], []]
    for argv, place in ways:
        wall(argv, place, environment)
    for one in range(rounds):
        for i in (0, 1) if one % 2 else (1, 0):
            took[i].append(wall(*ways[i], environment))
    return took


def one_tree(o, names_of, edits):
    with folder() as (project, environment):
        names = names_of(project)
        lay_app(project, names)
        cold_session, cold = start(o, project, environment)
        cold_session.end()
        session, warm = start(o, project, environment)
        with session:
            connection = Connection(session.port)
            for one in range(3):
                edit(session, connection)
            took = [edit(session, connection) for one in range(edits)]
            used, memory = idle(session, o.idle)
            headers = ([edit_header(session, connection, 2 + one)
                        for one in range(o.headers)] if names else [])
            connection.close()
        (project / "app.py").write_text(
            "from hot import value\nassert value() >= 1000\n")
        plain = project.parent / "plain"
        plain.mkdir()
        (plain / "app.py").write_text(
            "from hot import value\nassert value() >= 1000\n")
        build(o.python, APPS / "hot.c", plain)
        both = runs(o, project, environment, plain, o.rounds)
    return cold, warm, took, used, memory, headers, both


def main(argv=None):
    parser = options(__doc__.split("\n")[0])
    parser.add_argument("--modules", type=int, default=1000)
    parser.add_argument("--sharing", type=int, default=200)
    parser.add_argument("--files", type=int, default=100000)
    parser.add_argument("--idle", type=float, default=10,
                        help="seconds that the idle program is looked at")
    parser.add_argument("--headers", type=int, default=5)
    o = parser.parse_args(argv)
    edits, o.rounds = (100, 40) if o.full else (30, 10)
    trees = {
        "one module": lambda project: [],
        "%d modules, %d files" % (o.modules, o.files):
            lambda project: lay_tree(project, o.modules, o.sharing, o.files),
    }
    seen = {name: one_tree(o, make, edits) for name, make in trees.items()}
    print("Edit of one module, save to first new answer, ms\n")
    print(table(["tree", "edits", *SPREAD],
                [[name, len(one[2]), *spread(one[2])]
                 for name, one in seen.items()]))
    print("\nThe rest\n")
    print(table(
        ["tree", "cold start, s", "warm start, s", "idle CPU, s in %g" % o.idle,
         "memory, MB", "run adds, ms"],
        [[name, "%.2f" % cold, "%.2f" % warm, "%.2f" % used, "%.0f" % memory,
          "%.1f" % (statistics.median(both[1]) - statistics.median(both[0]))]
         for name, (cold, warm, _, used, memory, _, both) in seen.items()]))
    headers = list(seen.values())[1][5]
    print("\nA header of %d modules: %s s until all say so; modules swapped: "
          "%s; answers that mixed old and new: %d"
          % (o.sharing, ", ".join("%.2f" % one[0] for one in headers),
             ", ".join(str(one[1]) for one in headers),
             sum(one[2] for one in headers)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
