"""Uses what the other modules of tests/plain offer, as a user's code would,
for type checkers."""
import errno
from typing import Optional

import numpy

import callbacks
import calls
import handles
import objects
import tasks
import waves
from handles import store

# defaults, several results, enumerations
size: float = calls.scale(numpy.ones(2)) + calls.scale(b"12345678", by=3)
low, high = calls.spread(numpy.ones(4))
span: float = high - low
five: int = calls.numbers(c=False, b=calls.speed.FAST) + calls.FAST
said: Optional[str] = calls.say("x", None)
quick: calls.speed = calls.everything(1)[4]

# buffers as results
first: float = calls.count_up(10)[0]
items, limit = calls.table(2)
total: int = sum(items.tolist()) + limit
whole: bytes = calls.raw(3)

# handles
with handles.store_must(2) as kept:
    count: int = handles.store_count(kept, 1)
opened: Optional[store] = handles.store_open("name", errno.ENOENT)
if opened is not None:
    handles.either(opened, b=None)
    opened.close()


# callbacks
def double(turn: int) -> int:
    return 2 * turn


turns: int = callbacks.each(3, double) + callbacks.each(3, lambda n: n + 1)
area: float = callbacks.sum(lambda x, n, far: x * n if far else 0.0, 3)
callbacks.tell(print)
callbacks.tell()


# coroutines
async def wait() -> float:
    await tasks.fill(bytearray(8))
    return await tasks.mean(numpy.ones(2)) + await tasks.endless(answer=1)


# objects, complex numbers
pairs = objects.pair("a", times=2)
z: complex = waves.turn(1j) + waves.turn(2, by=-1)
circle, radius = waves.circle(4)
real: float = circle[0].real + radius.imag
