"""Case 52: a coroutine is suspended between two native calls: the second runs
the new code, as each call does. (There is no mode that keeps a request on one
generation; tests/frameworks/test_async.py has calls that are in flight.)"""
from bed import returning

HANDLERS = """
import asyncio, threading
from hot import answer

loop = asyncio.new_event_loop()
threading.Thread(target=loop.run_forever, daemon=True).start()

async def handler(gate):
    first = answer()
    await gate.wait()
    # a sleep of 0 lets the loop run once
    return first, answer(), await asyncio.sleep(0, answer())

async def stream(gate):
    yield answer()
    await gate.wait()
    yield answer()

async def read(gate):
    return [value async for value in stream(gate)]

async def begin():
    gate = asyncio.Event()
    tasks = [asyncio.ensure_future(f(gate)) for f in (handler, read)]
    await asyncio.sleep(0)  # both have made their first call
    return gate, tasks

async def end(gate, tasks):
    gate.set()
    return await asyncio.gather(*tasks)

def run(coroutine):
    return asyncio.run_coroutine_threadsafe(coroutine, loop).result()
"""


def test_the_second_call_of_a_suspended_handler_is_new(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    app.do(HANDLERS)
    for old, new in ((1, 2), (2, 3)):
        app.do("gate, tasks = run(begin())")
        bed.swap(peer, bed.order("hot", returning(new)))
        assert app.ask("run(end(gate, tasks))") == [
            (old, new, new), [old, new]]
