"""Scores over HTTP and as a stream of events, from several workers."""
import asyncio
import os

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from scoring import score

app = FastAPI()


@app.get("/score/{points}")
def read_score(points: float):
    return {"score": score(points), "pid": os.getpid()}


@app.get("/events")
async def read_events():
    async def events():
        while True:
            yield "data: %s %d\n\n" % (score(1.0), os.getpid())
            await asyncio.sleep(0.1)

    return StreamingResponse(events(), media_type="text/event-stream")
