"""Heat: one contestant's race, from its cold start to the end of its last
process. Everything that is waited for has an end."""
import os
import random
import re
import shutil
import signal
import socket
import statistics
import subprocess
import time

from client import Client, Load
from place import folder
from session import free_port, lives
from stable import Unready, environment, lay_out, own_environment, variables

START = 120  # seconds that a first answer may take
LIVE = 25  # an edit's way into an answer
SHOWN = 3  # how long a bad save is looked at
EVERY = 0.001
GRACE = 5


class Lost(Exception):
    """The contestant does not answer as it should; the text says when."""


class Track:
    """A contestant's processes, and saves made for them."""

    def __init__(self, contestant, project, python, cowbird, variables_of):
        self.contestant, self.project = contestant, project
        self.python, self.cowbird = python, cowbird
        self.variables_of = variables_of
        self.log_path = project.parent / "log"
        self.number, self.shift = 1000, 0
        self.processes = []
        self.client = None

    def words(self, words):
        known = {"{python}": str(self.python), "{port}": str(self.port),
                 "{bin}": str(self.python.parent), "{cowbird}": self.cowbird}
        for one in words:
            for name, value in known.items():
                one = one.replace(name, value)
            yield one

    def launch(self, words):
        with open(self.log_path, "ab") as log:
            one = subprocess.Popen(
                list(self.words(words)), cwd=self.project, stdout=log,
                stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
                env=self.variables_of(self.port))
        self.processes.append(one)
        return one

    def start(self, is_cold):
        """Seconds until the first answer."""
        self.port = free_port()
        began = time.perf_counter()
        if is_cold and self.contestant.prepare:
            if ends_badly(self.launch(self.contestant.prepare)):
                raise Lost("cannot be prepared: " + self.said()[-300:])
        if self.contestant.beside:
            self.launch(self.contestant.beside)
        server = self.launch(self.contestant.start)
        self.client = Client(self.port)
        while time.perf_counter() - began < START:
            try:
                self.ask()
                return time.perf_counter() - began
            except OSError:
                time.sleep(0.005)
            if server.poll() is not None:
                break
        raise Lost("does not start: " + self.said()[-300:])

    def ask(self):
        """value, pid, count"""
        return [int(word) for word in self.client.ask().split()]

    def await_answer(self):
        """The next answer of any code."""
        until = time.monotonic() + LIVE
        while time.monotonic() < until:
            try:
                return self.ask()
            except OSError:
                time.sleep(0.05)
        raise Lost("stops answering: " + self.said()[-300:])

    def said(self):
        return self.log_path.read_text(errors="replace")

    def save(self, name, pattern, replacement):
        """As an editor does; the time just before."""
        path = self.project / name
        text = re.sub(pattern, replacement, path.read_text())
        target = path if self.contestant.in_place else path.with_name(
            ".%s.saving.tmp" % path.name)
        began = time.perf_counter()
        with open(target, "w") as out:
            out.write(text)
        if target != path:
            os.replace(target, path)
        return began

    def edit(self):
        self.number += 1
        return self.save(self.contestant.source,
                         r"(VALUE(?:: i64)? = )[\d)]+",
                         r"\g<1>%d" % self.number)

    def spoil(self):
        """A save that is no program; the number of the line."""
        self.save(self.contestant.source, r"(VALUE(?:: i64)? = )\d+",
                  r"\g<1>)")
        text = (self.project / self.contestant.source).read_text()
        return text[:re.search(r"VALUE(: i64)? = \)", text).start()].count(
            "\n") + 1

    def edit_header(self):
        self.shift = 500000
        return self.save(self.contestant.header,
                         r"(SHIFT(?:: i64)?(?: =)? )\d+",
                         r"\g<1>%d" % self.shift)

    def await_live(self, began, patience=LIVE):
        """The first answer by the saved code and when it was complete;
        None if it does not come."""
        while True:
            asked = time.perf_counter()
            if asked - began > patience:
                return None
            try:
                answer = self.ask()
                now = time.perf_counter()
                if answer[0] == self.number + self.shift:
                    return answer, now - began
            except OSError:
                pass
            time.sleep(max(0.0, asked + EVERY - time.perf_counter()))

    def end(self):
        """Ctrl-C for each, then the end of whatever is left of their
        sessions."""
        for one in self.processes:
            if one.poll() is None:
                os.kill(one.pid, signal.SIGINT)
        sessions = {one.pid for one in self.processes}
        until = time.monotonic() + GRACE
        while members(sessions) and time.monotonic() < until:
            for one in self.processes:
                one.poll()
            time.sleep(0.02)
        for pid in members(sessions):
            os.kill(pid, signal.SIGKILL)
        for one in self.processes:
            one.wait(GRACE)
        self.processes = []
        if self.client:
            self.client.close()


def ends_badly(process):
    try:
        return process.wait(START) != 0
    except subprocess.TimeoutExpired:
        return True


def members(sessions):
    """The living processes of these sessions."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                if os.getsid(int(name)) in sessions and lives(int(name)):
                    found.append(int(name))
            except OSError:
                pass
    return found


def edits(track, count, limit):
    """Seconds to live, and what became of pid, state and requests."""
    found = {"live": [], "missed": 0, "pid": 0, "state": 0}
    load = Load(track.port)
    try:
        end = time.monotonic() + limit
        while len(found["live"]) < count and time.monotonic() < end:
            # Robyn does not see a save within half a second of its last
            # restart; random, so that no edit falls into step with a poll.
            time.sleep(0.7 + 0.6 * random.random())
            before = track.await_answer()
            live = track.await_live(track.edit())
            if live is None:
                found["missed"] += 1
                continue
            answer, took = live
            found["live"].append(took)
            found["pid"] += answer[1] != before[1]
            found["state"] += answer[2] <= before[2]
    finally:
        found["load"] = load.end()
    return found


def bad_save(track, building):
    """What answers while the source is broken, once it had its time for
    building, and who is told why."""
    seen = {"old": 0, "refused": 0, "hangs": 0}
    client = Client(track.port, 1)
    said = len(track.said())
    line = track.spoil()
    built = time.monotonic() + building
    body = ""
    while time.monotonic() < built + SHOWN:
        try:
            body = client.ask().decode(errors="replace")
            what = "old"
        except socket.timeout:
            what = "hangs"
        except OSError:
            what = "refused"
        seen[what] += time.monotonic() > built
        time.sleep(0.02)
    client.close()
    return seen, line, track.said()[said:], body


def heat(contestant, cowbird, python, count, limit):
    """Everything about one contestant; Unready or Lost if it cannot run."""
    missing = [one for one in contestant.needs if shutil.which(one) is None]
    if missing:
        raise Unready("no " + missing[0])
    base = environment(contestant.environment, python)
    with folder() as (project, environment_):
        if contestant.own_packages:
            base = own_environment(project.parent / "venv", base)
        lay_out(contestant, project)
        track = Track(contestant, project, base, cowbird,
                      lambda port: variables(environment_, base, project,
                                             port))
        try:
            return laps(track, count, limit)
        finally:
            track.end()


def laps(track, count, limit):
    found = {"cold": track.start(True)}
    track.end()
    found["warm"] = track.start(False)
    time.sleep(1)
    track.await_live(track.edit())  # warms what no figure is about
    found.update(edits(track, count, limit))
    if not found["live"]:
        raise Lost("no edit goes live: " + track.said()[-300:])
    time.sleep(1)
    began = track.edit_header()
    typical = statistics.median(found["live"])
    live = track.await_live(began, min(LIVE, max(4, 2.5 * typical)))
    found["header"] = live and live[1]
    # One that was not noticed goes live with the next edit.
    time.sleep(1)
    found["bad"] = judge(track, *bad_save(track, 1.2 * typical))
    found["repaired"] = track.await_live(track.edit()) is not None
    return found


def judge(track, seen, line, said, body):
    """The bad save in words: what serves, and what is shown."""
    name = os.path.basename(track.contestant.source)
    place = r"(?<!\.rendered\.)\b%s(:|\", line |', line )%d\b" % (
        re.escape(name), line)
    shown = ("file and line" if re.search(place, said)
             else "an error, other place" if re.search("(?i)error", said)
             else "nothing")
    serves = ("hangs" if seen["hangs"] else "refused"
              if seen["refused"] else "old code")
    return {"serves": serves, "shown": shown,
            "in_answer": "error" in body.lower()}
