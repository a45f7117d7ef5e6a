#!/usr/bin/env python3
"""What `cowbird run` adds to the start of an app.

Whole processes, from start to exit, in turns: `python app.py` with the
ordinary extension beside it, and `cowbird run app.py` with the source and a
warm cache. The app imports the module, calls it once and ends. Then, for a
session, from the command to the app's first HTTP answer: cold (an empty
cache: the module is compiled, and the guest unless the program came with a
build for this Python) and warm.
"""
import statistics
import subprocess
import time

from extension import build
from figures import SPREAD, spread, table
from place import APPS, folder, options
from session import Session, lay_out

APP = "from hot import value\nassert value() == 1000\n"


def wall(argv, project, environment):
    began = time.perf_counter()
    subprocess.run(argv, cwd=project, env=environment, check=True,
                   stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return 1000 * (time.perf_counter() - began)


def whole_runs(o, rounds):
    """{name: milliseconds}: both in each round, in alternating order."""
    with folder() as (project, environment):
        plain = project.parent / "plain"
        plain.mkdir()
        build(o.python, APPS / "hot.c", plain)
        lay_out(project, "hot.c")
        for place in (plain, project):
            (place / "app.py").write_text(APP)
        ways = {
            "python app.py": ([o.python, "app.py"], plain),
            "cowbird run app.py": ([o.program, "run", "app.py",
                                    "--compile-path=.",
                                    "--python=" + o.python], project)}
        took = {name: [] for name in ways}
        for argv, place in ways.values():
            wall(argv, place, environment)
        for one in range(rounds):
            for name in list(ways)[::1 if one % 2 else -1]:
                argv, place = ways[name]
                took[name].append(wall(argv, place, environment))
    return took


def first_answers(o, rounds):
    """{name: milliseconds} of `run --dev`, command to first answer."""
    took = {"cold cache": [], "warm cache": []}
    for one in range(rounds):
        with folder() as (project, environment):
            lay_out(project, "hot.c", "one.py")
            for name in took:
                began = time.perf_counter()
                with Session(o.program, o.python, project, environment,
                             ["one.py", "{port}"]) as session:
                    session.await_answer()
                    took[name].append(1000 * (time.perf_counter() - began))
    return took


def main(argv=None):
    parser = options(__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int)
    o = parser.parse_args(argv)
    rounds = o.rounds or (100 if o.full else 20)
    took = whole_runs(o, rounds)
    plain, ours = took.values()
    print("Start to exit of an app that imports one module, ms\n")
    print(table(["way", "runs", *SPREAD],
                [[name, len(one), *spread(one)]
                 for name, one in took.items()]))
    print("\nadded: %.1f ms, ratio %.2f (medians; each round ran both)" % (
        statistics.median(b - a for a, b in zip(plain, ours)),
        statistics.median(b / a for a, b in zip(plain, ours))))
    answers = first_answers(o, max(3, rounds // 10))
    print("\n`cowbird run --dev` to the first HTTP answer, ms\n")
    print(table(["cache", "runs", *SPREAD],
                [[name, len(one), *spread(one)]
                 for name, one in answers.items()]))


if __name__ == "__main__":
    main()
