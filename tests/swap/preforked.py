"""Apps that fork their workers; each worker has a server of its own, so that
each can be asked."""
import http.client

from live import PATIENCE

HEAD = """\
import http.server, os, scoring, signal

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = str(scoring.answer()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass

def fork(*unused):
    if os.fork() == 0:
        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        # one write: eight of them speak at once
        os.write(1, b"worker %d %d\\n" % (os.getpid(),
                                          server.server_address[1]))
        server.serve_forever()

"""

# The master waits for its workers.
EIGHT = HEAD + """\
for _ in range(8):
    fork()
while True:
    try:
        os.wait()
    except ChildProcessError:
        break
"""

# One more worker for each SIGUSR1.
ON_DEMAND = HEAD + """\
signal.signal(signal.SIGUSR1, fork)
print("master", os.getpid(), scoring.answer(), flush=True)
while True:
    signal.pause()
"""


def ask_words(port, path="/"):
    connection = http.client.HTTPConnection("127.0.0.1", port,
                                            timeout=PATIENCE)
    connection.request("GET", path)
    answer = connection.getresponse().read().decode()
    connection.close()
    return answer


def ask(port, path="/"):
    return int(ask_words(port, path))
