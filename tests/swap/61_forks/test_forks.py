"""Case 61: forks in a tight loop while images are loaded and unloaded: a child
that forked inside the loader would hang in its first import."""
import os

from bed import returning

UNLOADS = True
SWAPS = int(os.environ.get("COWBIRD_TEST_FORK_SWAPS", "30"))

FORKS = r"""
import multiprocessing, os, subprocess, sys, threading
sys.stdin = None  # a child would close it, and the main thread is reading it
stop, ends = threading.Event(), {"fork": [], "process": [], "command": []}
def fork():
    before = hot.answer()
    pid = os.fork()
    if pid == 0:
        import _lsprof
        os._exit(0 if before <= hot.answer() <= before + 9 else 1)
    return os.waitpid(pid, 0)[1]
def process():
    p = context.Process(target=child)
    p.start()
    p.join()
    return p.exitcode
def child():
    import _lsprof
    os._exit(0 if hot.answer() >= 0 else 1)
def command():
    return subprocess.run([sys.executable, "-IS", "-c", ""]).returncode
context = multiprocessing.get_context("fork")
def loop(way):
    while not stop.is_set():
        ends[way.__name__].append(way())
threads = [threading.Thread(target=loop, args=(way,))
           for way in (fork, process, command)]
for t in threads:
    t.start()
"""


def test_forks_beside_swaps_and_unloading_do_not_hang(one_bed):
    bed = one_bed
    bed.module("hot", returning(0))
    app, peer = bed.start("hot")
    app.do(FORKS)
    for n in range(1, SWAPS + 1):
        bed.swap(peer, bed.order("hot", returning(n)))
        if n % 10 == 0 and os.environ.get("COWBIRD_TEST_SANITIZE") != "thread":
            peer.await_retired(n - 5)
    app.do("stop.set(); [t.join() for t in threads]")
    assert app.ask("{way: set(seen) for way, seen in ends.items()}") == {
        "fork": {0}, "process": {0}, "command": {0}}
    assert app.ask("min(map(len, ends.values()))") > 0
    assert app.ask("hot.answer()") == SWAPS
    assert app.end() == 0
