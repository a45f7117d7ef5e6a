"""Ask: how a measured app is spoken to: one keep-alive connection, a stream
of events, a load."""
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

from figures import p99

PATIENCE = 30


class Connection:
    """HTTP/1.1 on one connection, one request at a time."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.requests = {}
        self.is_last = False  # the server closes after this answer

    def ask(self, path):
        """The body of a complete answer; OSError for anything else."""
        request = self.requests.get(path)
        if request is None:
            request = self.requests[path] = (
                "GET %s HTTP/1.1\r\nHost: bench\r\n\r\n" % path).encode()
        self.socket.sendall(request)
        # uvicorn's workers leave Nagle's algorithm on and write head and
        # body apart: without this every answer waits for a 40 ms timer. After
        # the request, because to send ends it (tcp(7), TCP_QUICKACK).
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        return self.answer()

    def answer(self):
        got = b""
        while b"\r\n\r\n" not in got:
            got += self.more()
        head, body = got.split(b"\r\n\r\n", 1)
        if not head.startswith(b"HTTP/1.1 200"):
            raise OSError("answered %r" % head.split(b"\r\n")[0])
        self.is_last = b"\r\nconnection: close" in head.lower()
        length = int(re.search(rb"(?i)content-length: *(\d+)", head).group(1))
        while len(body) < length:
            body += self.more()
        return body

    def more(self):
        more = self.socket.recv(65536)
        if not more:
            raise OSError("connection closed")
        return more

    def close(self):
        self.socket.close()


class Stream(threading.Thread):
    """Reads /ticks, whose events are numbered lines `data: N VALUE`, until
    it is closed by one side. `faults` says what was not in order."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.connection = Connection(port)
        self.ticks = 0
        self.values = set()
        self.faults = []
        self.is_ending = False
        self.start()

    def run(self):
        lines = self.connection.socket.makefile("rb")
        try:
            self.connection.socket.sendall(
                b"GET /ticks HTTP/1.1\r\nHost: bench\r\n\r\n")
            for line in lines:
                if line.startswith(b"data:"):
                    self.take(line.split())
        except OSError as error:
            self.faults.append(str(error))
        if not self.is_ending:
            self.faults.append("the stream ended")

    def take(self, words):
        if int(words[1]) != self.ticks:
            self.faults.append("tick %s after %d" % (words[1], self.ticks))
        self.ticks = int(words[1]) + 1
        self.values.add(int(words[2]))

    def end(self):
        faults = list(self.faults)
        self.is_ending = True
        self.connection.socket.shutdown(socket.SHUT_RDWR)
        self.join(PATIENCE)
        self.connection.close()
        return faults


class Load:
    """Constant requests from a process of its own: wrk, which asks as fast
    as it is answered, or this file, which can also keep a pace. After end():
    `answered`, `failed`, `per_second`, `p99_ms`, and `said`, the generator's
    words."""

    def __init__(self, port, path="/value", connections=2, pace=0):
        url = "http://127.0.0.1:%d%s" % (port, path)
        wrk = shutil.which("wrk") if not pace else None
        if wrk:
            self.name = "wrk -t1 -c%d" % connections
            argv = [wrk, "-t1", "-c%d" % connections, "-d3600s", "--latency",
                    url]
        else:
            self.name = "bench/ask.py, %d connections" % connections
            if pace:
                self.name += ", %d requests a second each" % pace
            argv = [sys.executable, __file__, str(port), path,
                    str(connections), str(pace)]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE,
                                        text=True)

    def end(self):
        self.process.send_signal(signal.SIGINT)
        self.said = self.process.communicate(timeout=PATIENCE)[0]
        self.answered = self._number(r"(\d+) requests in")
        self.per_second = float(
            re.search(r"Requests/sec: *([\d.]+)", self.said).group(1))
        number, unit = re.search(r" 99(?:\.0+)?% +([\d.]+)(us|ms|s|m)\b",
                                 self.said).groups()
        self.p99_ms = float(number) * {"us": 0.001, "ms": 1, "s": 1000,
                                       "m": 60000}[unit]
        errors = re.search(r"Socket errors: connect (\d+), read (\d+), "
                           r"write (\d+), timeout (\d+)", self.said)
        self.failed = self._number(r"Non-2xx or 3xx responses: (\d+)")
        if errors:
            self.failed += sum(int(count) for count in errors.groups())
        return self

    def _number(self, pattern):
        found = re.search(pattern, self.said)
        return int(found.group(1)) if found else 0


def generate(port, path, count, pace):
    """What stands in for wrk, and says it in wrk's words. A connection that
    breaks is a failed request and is made again."""
    over = threading.Event()
    tally = {"answered": 0, "read": 0, "connect": 0}
    took_ms = []
    lock = threading.Lock()

    def add(what):
        with lock:
            tally[what] += 1

    def ask():
        connection = None
        while not over.is_set():
            began = time.monotonic()
            what = "connect" if connection is None else "read"
            try:
                connection = connection or Connection(port)
                what = "read"
                asked = time.monotonic()
                connection.ask(path)
                took_ms.append(1000 * (time.monotonic() - asked))
                add("answered")
            except OSError:
                connection = None
                add(what)
            if pace:
                over.wait(max(0.0, began + 1 / pace - time.monotonic()))

    signal.signal(signal.SIGINT, lambda *unused: over.set())
    began = time.monotonic()
    threads = [threading.Thread(target=ask) for one in range(count)]
    for one in threads:
        one.start()
    over.wait()
    for one in threads:
        one.join()
    took = time.monotonic() - began
    print("     99%%  %.2fms" % (p99(took_ms) if took_ms else 0))
    print("%d requests in %.2fs" % (tally["answered"], took))
    if tally["connect"] + tally["read"]:
        print("Socket errors: connect %d, read %d, write 0, timeout 0"
              % (tally["connect"], tally["read"]))
    print("Requests/sec: %.2f" % (tally["answered"] / took))


if __name__ == "__main__":
    generate(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]),
             int(sys.argv[4]))
