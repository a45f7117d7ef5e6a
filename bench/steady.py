#!/usr/bin/env python3
"""What 200 swaps cost the users of an app: failed requests, changed pids,
lost state.

A FastAPI app under `uvicorn --workers 2` is asked as fast as it answers. One
connection per worker looks on: every answer carries the worker's pid, a count
kept in a Python dict, one kept in the C module's state, and whether the
function object is the one that was imported. A stream of server-sent events
is read throughout.
"""
import sys
import time

from ask import Connection, Load, Stream
from figures import SPREAD, spread, table
from place import folder, has, options
from session import PATIENCE, Session, children, command_line, lay_out

WORDS = ["--", "uvicorn", "many:app", "--workers", "2", "--log-level",
         "warning", "--port", "{port}"]
# So many, because each answer of uvicorn's workers waits for a timer of the
# kernel (see ask.py), which wrk does not get around.
CONNECTIONS = 128


class Worker:
    """One of the server's processes, through a connection that it has
    accepted."""

    def __init__(self, connection, answer):
        self.connection = connection
        self.pid, self.asked = answer[1], answer[2]
        self.offset = answer[3] - answer[2]
        self.faults = []

    def ask(self):
        """VALUE; what does not follow from the last answer is a fault."""
        value, pid, asked, counted, is_same = numbers(
            self.connection.ask("/value"))
        if pid != self.pid:
            self.faults.append("pid %d became %d" % (self.pid, pid))
        if asked <= self.asked or counted - asked != self.offset:
            self.faults.append("counts were lost: %d, %d"
                               % (asked, counted))
        if not is_same:
            self.faults.append("the function object changed")
        self.asked = asked
        return value


def numbers(body):
    return [int(word) for word in body.split()]


def find_workers(session, count):
    """One connection to each; the kernel chooses who accepts."""
    found, spare = {}, []
    end = time.monotonic() + PATIENCE
    while len(found) < count:
        connection = Connection(session.port)
        answer = numbers(connection.ask("/value"))
        if answer[1] in found:
            spare.append(connection)
        else:
            found[answer[1]] = Worker(connection, answer)
        if time.monotonic() > end:
            session.fail("%d of %d workers answer" % (len(found), count))
    for connection in spare:
        connection.close()
    return list(found.values())


def swap_once(session, workers):
    """Milliseconds from the save until every worker answered by new code."""
    number, began = session.edit()
    waiting = list(workers)
    while waiting:
        waiting = [one for one in waiting if one.ask() != number]
        if time.perf_counter() - began > PATIENCE:
            session.fail("%d does not go live everywhere" % number)
        time.sleep(0.001)
    return 1000 * (time.perf_counter() - began)


def server_pids(session):
    """The server's own processes: cowbird's other children are its canary and
    its warm compilers, which come and go."""
    return {pid for child in children(session.pid)
            if b"--dev" not in command_line(child)  # its own forks have that
            and b"uvicorn" in command_line(child)
            for pid in [child] + children(child)}


def measure(o, swaps):
    with folder() as (project, environment):
        lay_out(project, "hot.c", "many.py")
        with Session(o.program, o.python, project, environment,
                     WORDS) as session:
            session.await_answer()
            workers = find_workers(session, 2)
            # Everything is loaded and the canary is warm after one swap.
            swap_once(session, workers)
            before = server_pids(session)
            stream = Stream(session.port)
            load = Load(session.port, connections=CONNECTIONS)
            took = []
            for one in range(swaps):
                took.append(swap_once(session, workers))
                time.sleep(0.02)
            load.end()
            faults = [fault for one in workers for fault in one.faults]
            broken = stream.end()
            changed = before ^ server_pids(session)
            seen = [event["event"] for event in session.events()]
            for one in workers:
                one.connection.close()
    return took, load, faults, stream, broken, changed, seen


def main(argv=None):
    parser = options(__doc__.split("\n")[0])
    parser.add_argument("--swaps", type=int)
    o = parser.parse_args(argv)
    if not has(o.python, "uvicorn, fastapi"):
        print("steady: skipped, %s has no uvicorn and fastapi" % o.python)
        return 0
    swaps = o.swaps or (200 if o.full else 50)
    took, load, faults, stream, broken, changed, seen = measure(o, swaps)
    print("Swaps under constant load, uvicorn --workers 2, FastAPI\n")
    print(table(["what", "figure"], [
        ["swaps that both workers answered by", len(took)],
        ["save to both, ms (%s)" % " / ".join(SPREAD),
         " / ".join(spread(took))],
        ["load", load.name],
        ["requests answered (per second)",
         "%d (%.0f)" % (load.answered, load.per_second)],
        ["requests failed", load.failed],
        ["pids that changed", len(changed)],
        ["faults in counts, pid, identity", len(faults)],
        ["ticks on the event stream", stream.ticks],
        ["different values on it", len(stream.values)],
        ["faults of the event stream", len(broken)],
        ["events", ", ".join("%d %s" % (seen.count(verb), verb)
                             for verb in sorted(set(seen)))],
    ]))
    for fault in sorted(set(faults + broken))[:10]:
        print("  " + fault)
    return 1 if load.failed or faults or broken or changed else 0


if __name__ == "__main__":
    sys.exit(main())
