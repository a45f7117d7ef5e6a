"""What the module of tasks.c must do; claims.py says how it is run."""
import array
import asyncio
import contextvars
import gc
import inspect
import sys

import tasks as m
from hostile import raises

X = array.array("d", [1, 2, 3])


def it_is_awaited():
    async def main():
        assert await m.mean(X) == 2.0 == await m.mean(x=X)
        assert await asyncio.gather(m.mean(X), m.mean(X)) == [2.0, 2.0]
        assert await asyncio.create_task(m.mean(X)) == 2.0
        room = bytearray(2)
        assert await m.fill(room) is None and room == b"xx"
        room.append(1)  # nobody holds it any more
        return await m.visit(lambda i: i + 1)

    assert asyncio.run(main()) == 6
    assert str(inspect.signature(m.mean)) == "(x)"
    assert inspect.iscoroutine(task := m.mean(X))
    task.close()


def exceptions_arrive_where_it_is_awaited():
    async def main():
        for call, kind, words in (
                (m.mean(array.array("d")), ValueError, "no mean of nothing"),
                (m.mean(1), TypeError, "mean() argument 'x' must be"),
                (m.meet(2 ** 40), OverflowError, "meet() argument 'wanted'"),
                (m.visit(lambda i: 1 / 0), ZeroDivisionError, "")):
            try:
                await call
            except kind as error:
                assert words in str(error)
            else:
                raise AssertionError(words)

    asyncio.run(main())
    raises(TypeError, "mean() takes 1 argument, not 2", m.mean, X, X)
    raises(TypeError, "mean() has no parameter named 'y'", m.mean, y=X)


async def until(condition):
    while not condition():
        await asyncio.sleep(0)  # lets the loop run


def the_loop_serves_on():
    m.reset()

    async def main():
        both = asyncio.gather(m.meet(1), m.meet(2))
        await until(lambda: m.inside_now() == 2)  # at once, and we run too
        m.go()
        assert await both == [1, 2]

    asyncio.run(main())


def cancelling_waits_for_the_end():
    m.reset()

    async def main():
        task = asyncio.create_task(m.meet(1))
        await until(m.inside_now)
        for _ in range(3):
            task.cancel()
            for _ in range(10):
                await asyncio.sleep(0)  # lets the loop run
            assert not task.done()
        m.go()
        try:
            await task
        except asyncio.CancelledError:
            assert task.cancelled()
            return True

    assert asyncio.run(main())


def the_function_can_ask():
    m.reset()

    async def main():
        try:
            await asyncio.wait_for(m.endless(), 0.01)
        except asyncio.TimeoutError:
            return m.asked_now()

    assert asyncio.run(main()) == 1
    assert m.cancelled() == 0


def what_has_not_begun_is_dropped():
    from concurrent.futures import ThreadPoolExecutor
    m.reset()

    async def main():
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        first = asyncio.create_task(m.meet(1))
        second = asyncio.create_task(m.meet(2))
        await until(m.inside_now)
        second.cancel()
        await asyncio.wait([second])
        assert second.cancelled()
        m.go()
        assert await first == 1
        assert await m.mean(X) == 2.0

    asyncio.run(main())
    assert m.inside_now() == 1


def an_app_that_ends_waits():
    m.reset()

    async def main():
        asyncio.create_task(m.endless())
        await until(m.inside_now)

    asyncio.run(main())
    assert m.asked_now() == 1


def the_context_goes_along():
    name = contextvars.ContextVar("name", default=0)

    async def main():
        name.set(5)
        return await m.visit(lambda i: name.get())

    assert asyncio.run(main()) == 5


def arguments_live_until_the_end():
    m.reset()

    async def main():
        call = m.mean(array.array("d", [4, 6]))
        gc.collect()
        assert await call == 5.0

    asyncio.run(main())


def nothing_leaks():
    held = array.array("d", [1.0])

    async def rounds():
        for _ in range(2000):
            await m.mean(held)
            for wrong in (m.mean(array.array("d")), m.mean(held[:0])):
                try:
                    await wrong
                except ValueError:
                    pass
            del wrong

    asyncio.run(rounds())
    gc.collect()
    before = sys.getrefcount(held), len(gc.get_objects())
    asyncio.run(rounds())
    gc.collect()
    assert sys.getrefcount(held) == before[0]
    assert len(gc.get_objects()) <= before[1] + 20


for claim in (it_is_awaited, exceptions_arrive_where_it_is_awaited,
              the_loop_serves_on, cancelling_waits_for_the_end,
              the_function_can_ask, what_has_not_begun_is_dropped,
              an_app_that_ends_waits, the_context_goes_along,
              arguments_live_until_the_end, nothing_leaks):
    claim()
