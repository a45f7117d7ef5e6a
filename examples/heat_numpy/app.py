"""A hot plate over HTTP: /step/N lets heat spread N times, by C; /compare
does the same by numpy alone and says how long each takes."""
import os
import time
from wsgiref.simple_server import make_server

import numpy

import heat

plate = numpy.zeros((200, 300))
plate[0, :] = 100.0
spare = plate.copy()


def step_by_numpy(now, after, rate=0.2):
    after[:] = now
    after[1:-1, 1:-1] += rate * (now[:-2, 1:-1] + now[2:, 1:-1]
                                 + now[1:-1, :-2] + now[1:-1, 2:]
                                 - 4 * now[1:-1, 1:-1])


def spread(times):
    global plate, spare
    for _ in range(times):
        heat.step(plate, spare)
        plate, spare = spare, plate
    return "mean %.6f, pid %d\n" % (plate.mean(), os.getpid())


def micros_of(step, rounds=50):
    now, after = plate.copy(), plate.copy()
    started = time.perf_counter()
    for _ in range(rounds):
        step(now, after)
    return (time.perf_counter() - started) / rounds * 1e6, after


def compare():
    (c_took, by_c), (took, by_numpy) = map(micros_of,
                                           (heat.step, step_by_numpy))
    return "C %.0f us, numpy %.0f us, the same: %s\n" % (
        c_took, took, numpy.allclose(by_c, by_numpy))


def app(environ, start_response):
    path = environ["PATH_INFO"]
    body = (spread(int(path[len("/step/"):])) if path.startswith("/step/")
            else compare()).encode()
    start_response("200 OK", [("Content-Type", "text/plain"),
                              ("Content-Length", str(len(body)))])
    return [body]


if __name__ == "__main__":
    server = make_server("127.0.0.1", int(os.environ.get("PORT", 8000)), app)
    print("http://127.0.0.1:%d/compare" % server.server_port, flush=True)
    server.serve_forever()
