"""A web app on the standard library: what scoring.total says, over HTTP."""
import os
from wsgiref.simple_server import WSGIRequestHandler, make_server

from scoring import total

requests = 0


def app(environ, start_response):
    global requests
    requests += 1
    body = "total([1, 2, 3]) = %s\npid %d, request %d\n" % (
        total([1, 2, 3]), os.getpid(), requests)
    start_response("200 OK", [("Content-Type", "text/plain"),
                              ("Content-Length", str(len(body)))])
    return [body.encode()]


class QuietHandler(WSGIRequestHandler):
    def log_message(self, *words):
        pass


server = make_server("127.0.0.1", int(os.environ.get("PORT", 0)), app,
                     handler_class=QuietHandler)
print("http://127.0.0.1:%d/" % server.server_port, flush=True)
server.serve_forever()
