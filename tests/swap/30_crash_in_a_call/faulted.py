"""What faulting.c does to an app that goes on."""
import array
import asyncio
import ctypes
import os
import pickle
import threading
import time

import faulting


def caught(function, *args):
    try:
        function(*args)
    except Exception as error:
        return error


def facts(error):
    return (error.signal, error.function, error.file, error.line,
            error.generation)


def __getattr__(way):
    """The facts of each of the plain ways."""
    return lambda: facts(caught(getattr(faulting, way)))


def kind():
    c = type(caught(faulting.null))
    return c.__module__, c.__name__, c.__base__.__name__


def unpickled():
    error = caught(faulting.null)
    again = pickle.loads(pickle.dumps(error))
    return str(again) == str(error) and facts(again) == facts(error)


def given_back():
    x, out = array.array("d", [1, 2]), array.array("d", [0])
    thing = faulting.thing_open()
    error = caught(faulting.uses, x, out, thing, "name")
    x.append(3)  # BufferError while somebody has it
    out.append(1)
    return [len(x), "SIGSEGV in uses()" in str(error), thing.close()]


def half_a_result():
    return type(caught(faulting.half_given)).__name__


def raised_before():
    return type(caught(faulting.raises_first)).__name__


def awaited():
    return type(caught(asyncio.run, wait())).__name__


async def wait():
    await faulting.awaited()


def deep():
    return str(caught(faulting.deep)).split(" at ")[0]


def resources():
    """What a leak would add to."""
    with open("/proc/self/maps") as maps:
        return (len(maps.readlines()), len(os.listdir("/proc/self/fd")),
                len(os.listdir("/proc/self/task")))


def rss():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def settled(threads):
    """resources(), when that many threads are left: who has been joined is
    gone from the kernel's list a little later."""
    end = time.monotonic() + 30
    now = resources()
    while now[2] > threads and time.monotonic() < end:
        time.sleep(0.01)  # nobody tells
        now = resources()
    return now


def thousand():
    """What is wrong after that."""
    wrong = []
    served = 0
    over = threading.Event()

    def serve():
        nonlocal served
        while not over.is_set():
            served += faulting.works()

    # all four live at once, each time: malloc has an arena for each thread
    together = threading.Barrier(4)

    def faults(count):
        together.wait()
        for _ in range(count):
            error = caught(faulting.null)
            if facts(error)[:2] != ("SIGSEGV", "null"):
                wrong.append(repr(error))

    def many(count):
        threads = [threading.Thread(target=faults, args=(count // 4,))
                   for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    server = threading.Thread(target=serve)
    server.start()
    many(200)
    before, bytes_before = resources(), rss()
    many(1000)
    after, bytes_after = settled(before[2]), rss()
    over.set()
    server.join()
    if not served:
        wrong.append("nobody served")
    if (after[1] != before[1] or after[2] > before[2]
            or after[0] > before[0] + 8):
        wrong.append("%s became %s" % (before, after))
    if bytes_after > bytes_before + (2 << 20):
        wrong.append("%d bytes more" % (bytes_after - bytes_before))
    return wrong


def pythons_own():
    ctypes.string_at(0)
