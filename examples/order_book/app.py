"""An order book over HTTP: /plain is made by Python, /fast by C, /compare
says how long each takes."""
import os
import time
from wsgiref.simple_server import make_server

import fast_book
import plain_book

BIDS = [(100 - i / 100, 1 + i % 7 / 4) for i in range(500)]
ASKS = [(100.01 + i / 100, 1 + i % 5 / 4) for i in range(500)]


def levels(pairs):
    """The same in C's memory: where a book lives that C works on."""
    level = fast_book.level
    return level.array([level(price, size) for price, size in pairs])


FAST_BIDS, FAST_ASKS = levels(BIDS), levels(ASKS)


def micros_of(dump_book, bids, asks, rounds=50):
    started = time.perf_counter()
    for _ in range(rounds):
        dump_book("BTC-EUR", bids, asks)
    return (time.perf_counter() - started) / rounds * 1e6


def answer(path):
    if path == "/plain":
        return plain_book.dump_book("BTC-EUR", BIDS, ASKS)
    if path == "/fast":
        return fast_book.dump_book("BTC-EUR", FAST_BIDS, FAST_ASKS)
    plain = micros_of(plain_book.dump_book, BIDS, ASKS)
    fast = micros_of(fast_book.dump_book, FAST_BIDS, FAST_ASKS)
    return b"plain %.0f us, fast %.0f us, pid %d\n" % (plain, fast,
                                                       os.getpid())


def app(environ, start_response):
    body = answer(environ["PATH_INFO"])
    start_response("200 OK", [("Content-Type", "application/json"),
                              ("Content-Length", str(len(body)))])
    return [body]


if __name__ == "__main__":
    server = make_server("127.0.0.1", int(os.environ.get("PORT", 8000)), app)
    print("http://127.0.0.1:%d/compare" % server.server_port, flush=True)
    server.serve_forever()
