#!/usr/bin/env python3
"""What 10,000 swaps leave behind: memory, mappings, descriptors, threads of
the app, of cowbird and of its canary; files of the session and the cache.

With --check everything must stay as it was (see LIMITS and SLACK), and with
--full no hold of the GIL may be long (HOLDS_US), or the exit status is 1. Each
look waits until the app has unloaded the old images, which it does in its own
time.
"""
import json
import os
import statistics
import subprocess
import sys
import time

from ask import Connection
from figures import table
from machine import stolen
from place import folder, options
from session import PATIENCE, Session, children, lay_out

WARM_UP = 5
PHASES = ["compile_ms", "canary_ms", "prepare_ms", "commit_ms", "gil_held_us"]
DRAIN_S = 20  # for the old images to go before a look
# What may differ between two looks however many swaps lie between: images that
# still drain, or that a stray word in freed memory keeps (5 mappings each).
SLACK = {"app": {"maps": 60, "rss_kb": 1024}}
# Per swap, between the first and the last look, besides.
LIMITS = {
    "app": {"maps": 0, "fds": 0, "threads": 0, "rss_kb": 0},
    "cowbird": {"maps": 0.02, "fds": 0, "threads": 0, "rss_kb": 2},
    "canary": {"maps": 0.02, "fds": 0, "threads": 0, "rss_kb": 2},
}
# How long a swap, a change of tier or a look for what needs old code may keep
# the GIL: by the clock; by the thread's own time where the kernel gave the core
# to somebody else meanwhile; not at all where the host may have taken it, which
# is in both. The median is of all.
HOLDS_US = {"median": 150, "longest": 2000}
LEAST_JUDGED = 0.5


def look(pid):
    """{kind: number} of a process now."""
    status = {}
    with open("/proc/%d/status" % pid) as lines:
        for line in lines:
            key, _, value = line.partition(":")
            status[key] = value.split()
    with open("/proc/%d/maps" % pid) as lines:
        maps = sum(1 for line in lines)
    return {"rss_kb": int(status["VmRSS"][0]),
            "anonymous_kb": int(status["RssAnon"][0]),
            "maps": maps, "threads": int(status["Threads"][0]),
            "fds": len(os.listdir("/proc/%d/fd" % pid))}


def files_below(path):
    """(how many, KB) of what is on disk."""
    count = size = 0
    for folder_, _, names in os.walk(path):
        for name in names:
            try:
                size += os.lstat(os.path.join(folder_, name)).st_blocks
                count += 1
            except OSError:
                pass
    return count, size // 2


def runs(pid):
    """The program's file, by which a canary differs from warm compilers;
    empty when the process is gone."""
    try:
        return os.readlink("/proc/%d/exe" % pid)
    except OSError:
        return ""


class Watched:
    """The three processes and two folders of a session."""

    def __init__(self, session, environment, app_pid):
        self.pids = {"app": app_pid, "cowbird": session.pid}
        for pid in children(session.pid):
            if pid != app_pid and runs(pid) == runs(app_pid):
                self.pids["canary"] = pid
        self.least = None
        self.folders = {"session files": environment["XDG_RUNTIME_DIR"],
                        "cache files": environment["COWBIRD_CACHE_DIR"]}

    def await_drained(self):
        """Until the app has about as few mappings as at the start."""
        end = time.monotonic() + DRAIN_S
        while (self.least is not None and time.monotonic() < end
               and look(self.pids["app"])["maps"] > self.least + 5):
            time.sleep(0.05)

    def look(self):
        self.await_drained()
        seen = {name: look(pid) for name, pid in self.pids.items()}
        for name, path in self.folders.items():
            count, size = files_below(path)
            seen[name] = {"files": count, "disk_kb": size}
        self.least = min(self.least or 1 << 30, seen["app"]["maps"])
        return seen


def measure(o, swaps, looks):
    """({swaps so far: what was seen}, milliseconds per swap, events of swaps,
    events of tiers, what status says of the app)."""
    with folder() as (project, environment):
        lay_out(project, "hot.c", "one.py")
        with Session(o.program, o.python, project, environment,
                     ["one.py", "{port}"],
                     ["--cc=" + o.compiler]) as session:
            pid = int(session.await_answer().split()[1])
            connection = Connection(session.port)
            # The first swaps load what is loaded once.
            events, tiers = [], []
            for one in range(WARM_UP):
                swap(session, connection)
            await_events(session, events, tiers, WARM_UP)
            watched = Watched(session, environment, pid)
            seen, took, taken = {0: watched.look()}, [], []
            for one in range(1, swaps + 1):
                taken.append(stolen())
                took.append(swap(session, connection))
                if one % (swaps // looks) == 0:
                    await_events(session, events, tiers, WARM_UP + one)
                    seen[one] = watched.look()
            taken.append(stolen())
            connection.close()
            worker = status(o.program, project, environment)
    note_host(events[WARM_UP:], tiers, taken)
    return seen, took, events[WARM_UP:], tiers, worker


def note_host(events, tiers, taken):
    """Which swaps, and changes of tier that followed them, the machine's host
    may have held up; the kernel counts at its ticks, so what it took may show
    a swap later."""
    taken += taken[-1:]
    disturbed = set()
    for at, event in enumerate(events):
        event["host_took"] = taken[at + 2] > taken[at]
        if event["host_took"]:
            disturbed.add(event["generation"])
    for event in tiers:
        event["host_took"] = event["generation"] in disturbed


def status(program, project, environment):
    """What `cowbird status` says of the app's one process."""
    said = subprocess.run([program, "status", "--json"], cwd=project,
                          env=environment, stdout=subprocess.PIPE,
                          check=True).stdout
    worker, = json.loads(said)["workers"]
    return worker


def await_events(session, events, tiers, count):
    """The app answers by new code a moment before the swap is over, and long
    before the optimised build has followed; until their events are there
    cowbird may hold what belongs to them."""
    end = time.monotonic() + PATIENCE

    def is_over():
        return len(events) >= count and (
            events[-1]["compiler"] != "tcc" or session.is_pinned
            or (tiers and tiers[-1]["generation"]
                == events[-1]["generation"]))
    while not is_over():
        for event in session.events():
            if event["event"] == "swap":
                events.append(event)
            if event["event"] == "tier":
                tiers.append(event)
        if time.monotonic() > end:
            session.fail("%d of %d swaps are reported" % (len(events), count))
        time.sleep(0.001)


def swap(session, connection):
    number, began = session.edit()
    return 1000 * session.await_value(connection, number, began)


def judge(seen):
    """Sentences on what grew more than it may."""
    swaps = max(seen)
    for name, limits in LIMITS.items():
        if name not in seen[0] or name not in seen[swaps]:
            yield "%s is not there" % name
            continue
        for kind, limit in limits.items():
            grown = seen[swaps][name][kind] - seen[0][name][kind]
            slack = SLACK.get(name, {}).get(kind, 0)
            if grown > limit * swaps + slack:
                yield "%s: %s grew by %d in %d swaps, %.2f a swap" % (
                    name, kind, grown, swaps, grown / swaps)


def is_cut(event):
    """Whether somebody else had the core while a swap or a change of tier kept
    the GIL."""
    return event["gil_preempted"] > 0 or event["host_took"]


def judge_holds(events, tiers, worker):
    """Sentences on holds of the GIL that were too long, and on too few that
    can be judged."""
    judged = sum(not event["host_took"] for event in events)
    if judged < LEAST_JUDGED * len(events):
        yield "the machine's host took time in %d of %d swaps" % (
            len(events) - judged, len(events))
    for kind, of_kind in (("swap", events), ("tier", tiers)):
        for event in of_kind:
            took = event["gil_worked_us" if is_cut(event) else "gil_held_us"]
            if (not event["host_took"]
                    and took > HOLDS_US["longest"]):
                yield "a %s kept the GIL for %.0f us, gen %d" % (
                    kind, took, event["generation"])
    median = statistics.median(event["gil_held_us"] for event in events)
    if median > HOLDS_US["median"]:
        yield "swaps kept the GIL for %.0f us in the median" % median
    if worker["look_worked_us"] > HOLDS_US["longest"]:
        yield "a look worked for %.0f us with the GIL" % (
            worker["look_worked_us"])


def rows_of_holds(events, tiers, worker):
    for kind, of_kind in (("swap", events), ("tier", tiers)):
        held = [event["gil_held_us"] for event in of_kind]
        if held:
            alone = [event["gil_held_us"] for event in of_kind
                     if not is_cut(event)]
            yield [kind, len(held), "%.0f" % statistics.median(held),
                   "%.0f" % max(held), "%.0f" % max(alone, default=0),
                   "%.0f" % max((event["gil_worked_us"] for event in of_kind
                                 if not event["host_took"]), default=0),
                   len(held) - len(alone),
                   sum(event["host_took"] for event in of_kind)]
    yield ["look", "", "", "%.0f" % worker["look_held_us"], "",
           "%.0f" % worker["look_worked_us"], worker["look_preempted"], ""]


def rows_of(seen):
    swaps = sorted(seen)
    half = swaps[len(swaps) // 2]
    for name in seen[0]:
        for kind in seen[0][name]:
            values = [seen[one][name][kind] for one in swaps]
            late = seen[swaps[-1]][name][kind] - seen[half][name][kind]
            yield [name, kind, *values,
                   "%.3f" % (late / (swaps[-1] - half))]


def ends(samples, part):
    return ["%.1f" % statistics.median(some)
            for some in (samples[:part], samples[-part:])]


def main(argv=None):
    parser = options(__doc__.split("\n")[0])
    parser.add_argument("--swaps", type=int)
    parser.add_argument("--compiler", default="auto",
                        help="as --cc: auto (tcc where there is one), gcc")
    parser.add_argument("--check", action="store_true",
                        help="exit 1 when something grew beyond LIMITS")
    parser.add_argument("--sanitized", action="store_true",
                        help="memory is not judged: sanitizers keep it")
    o = parser.parse_args(argv)
    swaps = o.swaps or (10000 if o.full else 200)
    if o.sanitized:
        for limits in LIMITS.values():
            limits.pop("rss_kb")
        LIMITS["cowbird"].pop("maps")  # what is freed is kept for a while
    seen, took, events, tiers, worker = measure(o, swaps, 4)
    print("Growth over %d swaps, compiler %s\n" % (swaps, o.compiler))
    print(table(["of", "what", *sorted(seen), "per swap, second half"],
                list(rows_of(seen))))
    part = min(max(100, len(took) // 10), len(took) // 2)
    print("\nDoes a swap get slower? Medians of %d\n" % part)
    print(table(["what", "first", "last"],
                [["save to live, ms", *ends(took, part)]]
                + [[phase, *ends([event[phase] for event in events], part)]
                   for phase in PHASES]))
    print("\nHow long is the GIL held at once, us\n")
    print(table(["by", "times", "median", "longest", "longest that was not cut",
                 "longest work, but for the host's",
                 "cut by kernel or host", "by host, not judged"],
                list(rows_of_holds(events, tiers, worker))))
    print("\n%d old images are unloaded, %d are kept" % (
        worker["unloaded"], len(worker["kept"])))
    for kept in worker["kept"]:
        print("gen %d: %s" % (kept["generation"], kept["why"]))
    faults = list(judge(seen))
    if o.full:
        faults += judge_holds(events, tiers, worker)
    for fault in faults:
        print("fault: " + fault)
    return 1 if o.check and faults else 0


if __name__ == "__main__":
    sys.exit(main())
