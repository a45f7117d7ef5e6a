"""An example under `cowbird run`, as its visitors and its terminal see it."""
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import threading
import time

from live import PATIENCE, Live, processes_of, save

EXAMPLES = pathlib.Path(__file__).resolve().parents[1] / "examples"
ADDRESS = r"http://127\.0\.0\.1:(\d+)"


class Served(Live):
    """A copy of examples/`name`, running; `words` as in Live."""

    def __init__(self, program, folder, name, *words, **options):
        self._lines_heard = []
        self._heard = threading.Condition()
        self.place = folder / name
        self.is_dev = options.get("dev", True)
        shutil.copytree(EXAMPLES / name, self.place)
        super().__init__(program, self.place, *words, **options)

    def _follow(self, stream, take):
        def hear(line):
            take(line)
            with self._heard:
                self._lines_heard.append(line)
                self._heard.notify_all()
        super()._follow(stream, hear)

    def hear(self, pattern, times=1):
        """The match of the `times`-th line with this pattern, on stdout or
        stderr."""
        def matches():
            found = (re.search(pattern, line) for line in self._lines_heard)
            return [match for match in found if match]

        with self._heard:
            if not self._heard.wait_for(lambda: len(matches()) >= times,
                                        PATIENCE):
                raise AssertionError(f"not {times} times '{pattern}':\n"
                                     f"{self.words()}")
            return matches()[times - 1]

    def listen(self, startups=0):
        """Waits until it serves; `startups` is the number of workers that
        say when they have started."""
        self._port = int(self.hear(ADDRESS).group(1))
        if startups:
            self.hear("Application startup complete", startups)
        while not self.is_listening():
            time.sleep(0.01)  # servers say it a moment too early

    def ask(self, path):
        status, body = self.get(path)
        assert status == 200, (status, body, self.words())
        return body

    def ask_json(self, path):
        return json.loads(self.ask(path))

    def ask_all(self, path, pids):
        """Answers to `path` until each of these processes gave one; with a
        number for `pids`, until as many did."""
        answers = {}
        for attempt in range(3000):
            # An idle kernel may hand every connection to the same worker:
            # now and then those that have answered are held back.
            held = list(answers) if attempt % 100 == 99 else []
            for pid in held:
                os.kill(pid, signal.SIGSTOP)
            try:
                answer = self.ask_json(path)
            finally:
                for pid in held:
                    os.kill(pid, signal.SIGCONT)
            answers.setdefault(answer["pid"], []).append(answer)
            if len(answers) == pids or set(answers) == pids:
                return answers
        raise AssertionError(f"wanted {pids}, answered {set(answers)}")

    def edit(self, name, old, new):
        text = (self.place / name).read_text()
        assert text.count(old) == 1
        save(self.place / name, text.replace(old, new))

    def end_cleanly(self):
        """Ends it; no process of it is left and nobody holds the port. An
        app alone gets SIGTERM: wsgiref swallows a KeyboardInterrupt that
        comes while it answers."""
        self.end(signal.SIGINT if self.is_dev else signal.SIGTERM)
        end = time.monotonic() + (0 if self.is_dev else PATIENCE)
        while processes_of(self.place) and time.monotonic() < end:
            time.sleep(0.01)  # an app's own helpers outlive it by a moment
        assert processes_of(self.place) == [], self.words()
        assert not self.is_listening()

    def is_listening(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0


class Stream:
    """An event stream that is read as it comes."""

    def __init__(self, port, path):
        self.connection = http.client.HTTPConnection("127.0.0.1", port,
                                                     timeout=PATIENCE)
        self.connection.request("GET", path)
        self.response = self.connection.getresponse()
        assert self.response.status == 200

    def next(self):
        """The words of the next event."""
        while True:
            line = self.response.readline().decode()
            assert line, "the stream was cut"
            if line.startswith("data: "):
                return line.split()[1:]

    def close(self):
        self.connection.close()
