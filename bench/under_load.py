#!/usr/bin/env python3
"""What saves cost those who use the app: requests at full load, with a save
every 100 ms and without, in turns.

A FastAPI app under `uvicorn --workers 2` is asked as fast as it answers, for
segments of some seconds, every other one with saves (in the order ABBA), so that
both meet the same machine. With --check a failed request, or a p99 with
saves that is more than a tenth above the one without, is exit status 1.
"""
import statistics
import sys
import time

from ask import Load
from figures import table
from place import folder, has, options
from session import Session, lay_out
from steady import CONNECTIONS, WORDS, server_pids

EVERY_S = 0.1
WARM_UP = 3
MOST = 1.10  # of the p99 without saves


def segment(session, seconds, has_saves):
    """The load, ended, and how many saves were made beside it."""
    load = Load(session.port, connections=CONNECTIONS)
    end = time.monotonic() + seconds
    saves = 0
    while time.monotonic() < end:
        if has_saves:
            session.edit()
            saves += 1
        time.sleep(min(EVERY_S, max(0.0, end - time.monotonic())))
    return load.end(), saves


def swapped(session):
    return sum(event["event"] == "swap" for event in session.events())


def measure(o):
    """[(has_saves, load, saves, swaps)] and the pids that changed."""
    seen = []
    with folder() as (project, environment):
        lay_out(project, "hot.c", "many.py")
        with Session(o.program, o.python, project, environment,
                     WORDS) as session:
            session.await_answer()
            for one in range(WARM_UP):
                session.edit()
                time.sleep(1)
            before = server_pids(session)
            swapped(session)
            for one in range(max(1, round(o.seconds / o.segment))):
                for has_saves in ((False, True), (True, False))[one % 2]:
                    load, saves = segment(session, o.segment, has_saves)
                    seen.append((has_saves, load, saves, swapped(session)))
            changed = before ^ server_pids(session)
    return seen, changed


def row(name, seen):
    loads = [load for _, load, _, _ in seen]
    return [name, len(loads), sum(saves for _, _, saves, _ in seen),
            sum(swaps for _, _, _, swaps in seen),
            sum(load.answered for load in loads),
            sum(load.failed for load in loads),
            "%.0f" % statistics.median(load.per_second for load in loads),
            "%.1f" % statistics.median(load.p99_ms for load in loads),
            "%.1f" % max(load.p99_ms for load in loads)]


def main(argv=None):
    parser = options(__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float,
                        help="with saves in all; as many without")
    parser.add_argument("--segment", type=float, default=20)
    parser.add_argument("--check", action="store_true")
    o = parser.parse_args(argv)
    o.seconds = o.seconds or (300 if o.full else 20)
    if not has(o.python, "uvicorn, fastapi"):
        print("under_load: skipped, %s has no uvicorn and fastapi" % o.python)
        return 0
    seen, changed = measure(o)
    without = [one for one in seen if not one[0]]
    beside = [one for one in seen if one[0]]
    ratio = (statistics.median(load.p99_ms for _, load, _, _ in beside)
             / statistics.median(load.p99_ms for _, load, _, _ in without))
    failed = sum(load.failed for _, load, _, _ in seen)
    print("Full load on two workers, segments of %g s\n" % o.segment)
    print(table(["what", "segments", "saves", "swaps", "answered", "failed",
                 "per second", "p99, ms", "worst p99, ms"],
                [row("no saves", without),
                 row("a save every 100 ms", beside)]))
    print("\np99 with saves: %.2f of that without (medians); %d pids changed"
          % (ratio, len(changed)))
    is_bad = failed or changed or (o.check and ratio > MOST)
    return 1 if is_bad else 0


if __name__ == "__main__":
    sys.exit(main())
