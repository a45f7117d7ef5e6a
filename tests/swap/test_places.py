"""Images lie where nothing has lain, so that a word which was meant for
something else does not keep one."""
import os
import re

import pytest

from bed import returning
from leftovers import CHURN

pytestmark = pytest.mark.skipif(
    os.environ.get("COWBIRD_TEST_SANITIZE") == "thread",
    reason="ThreadSanitizer keeps a list of each image's segments: their "
    "starts are words that lead into it")

UNLOADS = True


def map_lines(app):
    """(start, end, rights, name) of each mapping."""
    found = []
    with open("/proc/%d/maps" % app.process.pid) as lines:
        for line in lines:
            start, end, rights, name = re.match(
                r"(\w+)-(\w+) (\S+) \S+ \S+ \S+ *(.*)", line).groups()
            found.append((int(start, 16), int(end, 16), rights, name))
    return found


def place(app, bed, rights=""):
    """(start, end) of the image that serves, or of the part with such
    rights. What is read of its file elsewhere is no part of it."""
    runs = []
    for start, end, has, name in map_lines(app):
        if name == bed.modules["hot"][2]:
            if not runs or runs[-1][-1][1] != start:
                runs.append([])
            runs[-1].append((start, end, has))
    run = [parts for parts in runs
           if any("x" in has for _, _, has in parts)][0]
    found = [(start, end) for start, end, has in run if rights in has]
    return found[0][0], found[-1][1]


def rights_at(app, address):
    return [rights for start, end, rights, _ in map_lines(app)
            if start <= address < end]


def test_no_image_comes_to_lie_where_one_has_lain(bed):
    bed.module("hot", returning(0))
    app, peer = bed.start("hot")
    places = [place(app, bed)]
    for n in range(1, 6):
        bed.swap(peer, bed.order("hot", returning(n)))
        peer.await_retired(n)
        places.append(place(app, bed))
    for start, end in places[:-1]:
        assert rights_at(app, start) == ["---p"]
    places.sort()
    for (_, end), (start, _) in zip(places, places[1:]):
        assert end <= start
    assert app.ask("hot.answer()") == 5


UNMAPPING = """
import ctypes, threading, time
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [
    ctypes.c_long]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
is_over = False
def unmap():
    while not is_over:
        at = libc.mmap(None, 1 << 20, 0, 0x22, -1, 0)
        time.sleep(1e-5)  # others take turns
        libc.munmap(at, 1 << 20)
threads = [threading.Thread(target=unmap) for _ in range(8)]
for one in threads: one.start()
"""


def test_images_come_to_lie_there_while_threads_unmap_memory(bed):
    bed.module("hot", returning(0))
    app, peer = bed.start("hot")
    app.do(UNMAPPING)
    places = []
    for n in range(1, 61):
        bed.swap(peer, bed.order("hot", returning(n)))
        places.append(place(app, bed)[0])
    app.do("is_over = True\nfor one in threads: one.join()")
    assert places == sorted(places)


def imported(bed, before, *names):
    """An app that has done something before it imported the modules, and its
    line."""
    app = bed.app()
    app.do(before)
    for name in names:
        app.do("import " + name)
    peer = bed.accept()
    for name in names:
        peer.await_module(name)
    return app, peer


def test_an_app_whose_addresses_are_limited_has_them_all(plain_bed):
    bed = plain_bed
    bed.module("hot", returning(1))
    app, peer = imported(
        bed, "import resource\n"
        "resource.setrlimit(resource.RLIMIT_AS, (1 << 40, 1 << 40))", "hot")
    bed.swap(peer, bed.order("hot", returning(2)))
    peer.await_retired(1)
    assert app.ask("hot.answer()") == 2
    assert max(end - start for start, end, rights, name in map_lines(app)
               if not name) < 1 << 30


ROOM = """
import array, ctypes, mmap
room = mmap.mmap(-1, %d)
at = ctypes.addressof(ctypes.c_char.from_buffer(room))
kept = array.array("Q", range(at, at + len(room), 256))
room.close()
"""


def test_no_image_comes_to_lie_where_the_app_had_memory(bed):
    """Words of its own that led there may be anywhere."""
    bed.module("hot", returning(0))
    app, peer = bed.start("hot")
    app.do(ROOM % (1 << 20))
    for n in range(1, 6):
        bed.swap(peer, bed.order("hot", returning(n)))
    # all five would lie there; a stray word may keep one or two anywhere
    peer.await_retired(3)


MANY = 130  # more than the loader's own first list has room for
LATER = 60


def test_what_the_loader_remembers_of_many_images_keeps_no_later_one(
        plain_bed):
    """Its list grows with them and is never cleared."""
    bed = plain_bed
    bed.module("hot", returning(0))
    app, peer = bed.start("hot")
    app.do("import array; kept = array.array('Q', [0]) * %d" % MANY)
    small = bed.order("hot", returning(1))
    large = bed.order("hot", returning(
        2, before="const char room[3 * 4096] = {1};"))
    for n in range(MANY):
        app.do("kept[%d] = %d" % (n, place(app, bed, "x")[0] + 64))
        bed.swap(peer, bed.again(small, n + 2))
    app.do("for n in range(len(kept)): kept[n] = 0" + CHURN)
    peer.await_retired(MANY)
    for n in range(MANY, MANY + LATER):
        bed.swap(peer, bed.again((small, large)[n % 2], n + 2))
        peer.await_retired(n - 5)
    peer.await_retired(MANY + LATER)
