"""The load generator of bench/ counts what its figures are about: a request
that was not answered is a failed one."""
import pathlib
import socket
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))

import ask  # noqa: E402

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server(threading.Thread):
    """Answers `good` requests of each connection and closes it."""

    def __init__(self, good):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.good = good
        self.closed = threading.Event()
        self.start()

    def run(self):
        while True:
            connection, _ = self.listener.accept()
            for one in range(self.good):
                connection.recv(65536)
                connection.sendall(ANSWER)
            connection.recv(65536)
            connection.close()
            self.closed.set()


def test_a_request_on_a_closed_connection_counts_as_failed():
    server = Server(good=3)
    load = ask.Load(server.port, connections=1, pace=500)
    assert server.closed.wait(30)
    load.end()
    assert load.answered >= 3
    assert load.failed >= 1


def test_a_complete_answer_is_its_body():
    server = Server(good=1)
    connection = ask.Connection(server.port)
    assert connection.ask("/") == b"ok"
    connection.close()
