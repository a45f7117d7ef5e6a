"""The same answer as one.py for an ASGI server: uvicorn asgi:app"""
import os

from hot import value


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    body = b"%d %d" % (value(), os.getpid())
    await send({"type": "http.response.start", "status": 200,
                "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})
