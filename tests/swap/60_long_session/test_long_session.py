"""What a long session costs: two thousand swaps of one module, ten thousand
in `make soak`."""
import os
import shutil
import time

import bed as beds
from bed import returning

UNLOADS = True  # see conftest.py

SWAPS = int(os.environ.get("COWBIRD_TEST_LONG_SWAPS", "2000"))
BATCH = SWAPS // 10  # then what they left is awaited
# A word in freed memory, meant for what was mapped there before, keeps the image
# that now lies there; that place is then taken, so there are never many.
STRAYS = 3
MAPPINGS = 5  # of an image
# A loader that went through all that was ever there would take many times as
# long in the end. Of a batch the least counts: a busy machine makes many slow.
SLOWER = 1.5


def figures(pid):
    proc = "/proc/%d" % pid
    with open(proc + "/status") as status:
        kib = [int(line.split()[1]) for line in status
               if line.startswith("VmRSS")][0]
    with open(proc + "/maps") as maps:
        mappings = len(maps.readlines())
    return {"KiB": kib, "mappings": mappings,
            "descriptors": len(os.listdir(proc + "/fd")),
            "threads": len(os.listdir(proc + "/task"))}


def median(numbers):
    return sorted(numbers)[len(numbers) // 2]


def test_thousands_of_swaps_leave_nothing_behind(plain_bed):
    bed = plain_bed
    bed.module("hot", returning(0, exec='PyModule_AddIntConstant(m, "c", 1);'))
    app, peer = bed.start("hot")
    built = [bed.build("hot", returning(
        n, exec='PyModule_AddIntConstant(m, "c", %d);' % n)) for n in (0, 1)]
    held, worked, prepared, preempted, marks = [], [], [], 0, {}
    for n in range(1, SWAPS + 1):
        artefact = str(bed.folder / ("gen-%d.so" % n))
        shutil.copy(built[n % 2], artefact)
        order = {"name": "hot", "stem": "hot", "generation": n + 1,
                 "artefact": artefact, "source": bed.source("hot")}
        began = time.perf_counter()
        assert peer.prepare(n, [order]).verdict == beds.READY
        prepared.append(1e6 * (time.perf_counter() - began))
        done = peer.commit(n)
        held.append(done.hold.held_ns / 1000)
        worked.append(done.hold.worked_ns / 1000)
        preempted += done.hold.preempted
        if n % 100 == 0:
            assert app.ask("hot.answer(), hot.c") == (n % 2, n % 2)
        if n % BATCH == 0:
            peer.await_retired(n - STRAYS)
        if n in (2 * BATCH, SWAPS):
            marks[n] = figures(app.process.pid)
        os.unlink(artefact)
    first, last = marks[2 * BATCH], marks[SWAPS]
    swaps = SWAPS - 2 * BATCH
    print("\nover %d swaps: %+d KiB and %+d mappings in all; a commit holds "
          "the GIL for %.1f us (median), %.0f at most; of it works %.1f and "
          "%.0f; preempted %d times; first and last %d: %.1f and %.1f us, "
          "after a prepare of %.0f and %.0f"
          % (swaps, last["KiB"] - first["KiB"],
             last["mappings"] - first["mappings"], median(held), max(held),
             median(worked), max(worked), preempted, BATCH,
             median(worked[:BATCH]), median(worked[-BATCH:]),
             median(prepared[:BATCH]), median(prepared[-BATCH:])))
    for took in (worked, prepared):
        assert min(took[-BATCH:]) <= SLOWER * min(took[:BATCH])
    assert last["descriptors"] == first["descriptors"]
    assert last["threads"] == first["threads"] == 2
    assert last["mappings"] - first["mappings"] <= STRAYS * MAPPINGS
    assert last["KiB"] - first["KiB"] <= 1024
