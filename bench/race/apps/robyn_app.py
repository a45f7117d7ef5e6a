"""The same answer for Robyn: robyn robyn_app.py --compile-rust-path=. --dev"""
import itertools
import os

import hot
from robyn import Robyn

app = Robyn(__file__)
counter = itertools.count(1)


@app.get("/value")
def value():
    return "%d %d %d" % (hot.value(), os.getpid(), next(counter))


if __name__ == "__main__":
    app.start(host="127.0.0.1", port=int(os.environ["RACE_PORT"]))
