"""The answer for uvicorn: what the module says, the pid, and a count of the
answers, which is the state that a restart loses. `hook` is the one line that
a contestant asks an app for."""
import itertools
import os

import hook  # noqa: F401
import hot

counter = itertools.count(1)


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    body = b"%d %d %d" % (hot.value(), os.getpid(), next(counter))
    await send({"type": "http.response.start", "status": 200,
                "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})
