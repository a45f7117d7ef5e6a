"""The same answer for Flask. `flask run --reload` would take its watchdog
reloader where watchdog is installed, which sees no change of a `.so`."""
import itertools
import os

import flask
import hot

app = flask.Flask(__name__)
counter = itertools.count(1)


@app.get("/value")
def value():
    return "%d %d %d" % (hot.value(), os.getpid(), next(counter))


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(os.environ["RACE_PORT"]),
            use_reloader=True, reloader_type="stat", threaded=True)
