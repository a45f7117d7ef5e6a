"""A FastAPI app that remembers: a count in Python, one in C, and a stream
that must not break. uvicorn many:app --workers 2"""
import asyncio
import os

import hot
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse, StreamingResponse
from hot import count, value

app = FastAPI()
state = {"asked": 0}
identity = id(value), hash(value)


@app.get("/value")
async def answer():
    """VALUE PID ASKED COUNTED SAME: both counts go up together, or one of
    them was lost; SAME is 1 while the function object is the one imported."""
    state["asked"] += 1
    is_same = hot.value is value and identity == (id(value), hash(value))
    return PlainTextResponse("%d %d %d %d %d" % (
        value(), os.getpid(), state["asked"], count(), is_same))


@app.get("/ticks")
async def ticks():
    async def each():
        number = 0
        while True:
            yield "data: %d %d\n\n" % (number, value())
            number += 1
            await asyncio.sleep(0.02)
    return StreamingResponse(each(), media_type="text/event-stream")
