"""Client: asks as a browser does: on a connection that is kept, and once more
on a fresh one when a kept one turns out to be closed. Run as a program it is
the background load: four of them at forty requests a second each.
"""
import json
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from ask import Connection  # noqa: E402

CLIENTS, PACE = 4, 40
PATIENCE = 30  # seconds


class Client:
    def __init__(self, port, patience=PATIENCE):
        self.port, self.patience = port, patience
        self.connection = None

    def ask(self, path="/value"):
        """The body of a complete answer; OSError for anything else."""
        if self.connection is not None:
            try:
                return self._on_the_kept(path)
            except socket.timeout:
                raise
            except OSError:
                pass  # it may have been closed while nobody asked
        self.connection = Connection(self.port)
        self.connection.socket.settimeout(self.patience)
        return self._on_the_kept(path)

    def _on_the_kept(self, path):
        connection = self.connection
        try:
            body = connection.ask(path)
        except OSError:
            self.close()
            raise
        if connection.is_last:
            self.close()
        return body

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class Load:
    """The background clients, in a process of their own."""

    def __init__(self, port):
        self.process = subprocess.Popen(
            [sys.executable, __file__, str(port)],
            stdout=subprocess.PIPE, text=True)

    def end(self):
        """{"answered", "failed", "longest"}, the last in seconds."""
        self.process.send_signal(signal.SIGINT)
        try:
            said = self.process.communicate(timeout=3 * PATIENCE)[0]
        finally:
            self.process.kill()
        return json.loads(said)


def main(port):
    over, lock = threading.Event(), threading.Lock()
    tally = {"answered": 0, "failed": 0, "longest": 0.0}

    def ask():
        client = Client(port)
        while not over.is_set():
            began = time.monotonic()
            try:
                client.ask()
                what = "answered"
            except OSError:
                what = "failed"
            took = time.monotonic() - began
            with lock:
                tally[what] += 1
                tally["longest"] = max(tally["longest"], took)
            over.wait(max(0.0, 1 / PACE - took))

    signal.signal(signal.SIGINT, lambda *unused: over.set())
    threads = [threading.Thread(target=ask) for one in range(CLIENTS)]
    for one in threads:
        one.start()
    over.wait()
    for one in threads:
        one.join()
    print(json.dumps(tally))


if __name__ == "__main__":
    main(int(sys.argv[1]))
