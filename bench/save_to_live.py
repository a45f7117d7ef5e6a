#!/usr/bin/env python3
"""Milliseconds from a save to the first complete HTTP answer by new code.

A raw module with Python.h, a plain one, and a plain one whose signature
changes each time are edited by rename, as editors do; a keep-alive connection
asks about every millisecond; the clock runs from just before the save. With
--compiler tcc (the default of a session) and gcc; nobody else asking, four
clients at forty requests a second each, and two connections that ask as fast
as they are answered. The phases are cowbird's own, from --json. On a virtual
machine also the same of those edits during which its host took nothing from
it.
"""
import itertools
import random
import shutil
import time

from ask import Connection, Load
from figures import SPREAD, spread, table
from machine import Watch, stolen
from place import APPS as SOURCES, folder, has, options
from session import Session, lay_out

APPS = {
    "one process": (["one.py"], ["one.py", "{port}"]),
    "uvicorn": (["asgi.py"], ["--", "uvicorn", "asgi:app", "--log-level",
                              "warning", "--port", "{port}"]),
}
LOADS = {"idle": None, "4 x 40/s": {"connections": 4, "pace": 40},
         "full": {"connections": 2}}
MODULES = {"raw": "hot.c", "plain": "hot_plain.c",
           "signature": "hot_plain.c"}
PHASES = ["settle_ms", "compile_ms", "compile_order_ms", "compile_binding_ms",
          "compile_tcc_ms", "compile_cc_ms", "compile_link_ms",
          "compile_symbols_ms", "canary_ms", "prepare_ms", "commit_ms",
          "took_ms", "gil_held_us", "gil_waited_us", "init_us"]


def other_signature(text):
    """The plain module whose value() has one parameter more, or less."""
    short, long_ = "value(void)", "value(CB_DEFAULT(0) int more)"
    return (text.replace(short, long_) if short in text
            else text.replace(long_, short))


def measure(o, module, app, compiler, load, edits):
    """(milliseconds per edit, those of edits that the host left alone, events
    per edit, the ended load or None)."""
    files, words = APPS[app]
    with folder() as (project, environment):
        lay_out(project, *files)
        shutil.copy(SOURCES / MODULES[module], project / "hot.c")
        change = other_signature if module == "signature" else str
        with Session(o.program, o.python, project, environment, words,
                     ["--cc=" + compiler]) as session:
            session.await_answer()
            connection = Connection(session.port)
            settle_in(session, connection, change)
            under = (Load(session.port, **LOADS[load]) if LOADS[load]
                     else None)
            took, alone = [], []
            for one in range(edits):
                # Edits must not fall into step with anything periodic.
                time.sleep(0.1 + 0.05 * random.random())
                watch = Watch()
                number, began = session.edit(change=change)
                took.append(1000 * session.await_value(connection, number,
                                                       began))
                if watch.was_undisturbed():
                    alone.append(took[-1])
            if under:
                under.end()
            time.sleep(0.1)
            events = [event for event in session.events()
                      if event["event"] == "swap"]
            connection.close()
    return took, alone, events, under


def settle_in(session, connection, change):
    """The first edits warm caches of the machine that no figure is about."""
    for one in range(3):
        number, began = session.edit(change=change)
        session.await_value(connection, number, began)
        time.sleep(0.1)
    session.events()


def main(argv=None):
    parser = options(__doc__.split("\n")[0])
    parser.add_argument("--edits", type=int)
    parser.add_argument("--module", choices=list(MODULES), action="append")
    parser.add_argument("--app", choices=list(APPS), action="append")
    parser.add_argument("--compiler", action="append")
    parser.add_argument("--load", choices=list(LOADS), action="append")
    o = parser.parse_args(argv)
    edits = o.edits or (200 if o.full else 30)
    apps = o.app or [app for app in APPS
                     if app == "one process" or has(o.python, app)]
    rows, undisturbed, phases = [], [], []
    for compiler in o.compiler or ["tcc", "gcc"]:
        for module, app, load in itertools.product(
                o.module or MODULES, apps, o.load or LOADS):
            took, alone, events, under = measure(o, module, app, compiler,
                                                 load, edits)
            heads = [compiler, module, app, load]
            rows.append([*heads, len(took), *spread(took),
                         under.answered if under else "-",
                         under.failed if under else "-"])
            undisturbed.append([*heads, len(alone), *spread(alone)])
            phases += phase_rows(heads, events)
    print("Save to first answer by new code, ms\n")
    heads = ["compiler", "module", "app", "load"]
    print(table([*heads, "edits", *SPREAD, "answered", "failed"], rows))
    if stolen() > 0:
        print("\nOf these, with no time taken by the host\n")
        print(table([*heads, "edits", *SPREAD], undisturbed))
    print("\nWhere it goes, from cowbird's events\n")
    print(table([*heads, "phase", *SPREAD], phases))


def phase_rows(heads, events):
    return [heads + [phase] + spread([event[phase] for event in events
                                      if phase in event], 2)
            for phase in PHASES]


if __name__ == "__main__":
    main()
