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
# long in the end. It is asked beside one that starts then, turn by turn: what
# else the machine does slows both. Of each the least counts.
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


class Swapped:
    """An app whose module is swapped again and again, and what that took."""

    def __init__(self, bed, name, built):
        self.bed, self.name, self.built = bed, name, built
        self.app, self.peer = bed.start("hot")
        self.held, self.worked, self.prepared = [], [], []
        self.preempted = self.swaps = 0

    def swap(self):
        self.swaps += 1
        n = self.swaps
        artefact = str(self.bed.folder / ("%s-%d.so" % (self.name, n)))
        shutil.copy(self.built[n % 2], artefact)
        order = {"name": "hot", "stem": "hot", "generation": n + 1,
                 "artefact": artefact, "source": self.bed.source("hot")}
        began = time.perf_counter()
        assert self.peer.prepare(n, [order]).verdict == beds.READY
        self.prepared.append(1e6 * (time.perf_counter() - began))
        done = self.peer.commit(n)
        self.held.append(done.hold.held_ns / 1000)
        self.worked.append(done.hold.worked_ns / 1000)
        self.preempted += done.hold.preempted
        if n % 100 == 0:
            assert self.app.ask("hot.answer(), hot.c") == (n % 2, n % 2)
        if n % BATCH == 0:
            self.peer.await_retired(n - STRAYS)
        os.unlink(artefact)


def test_thousands_of_swaps_leave_nothing_behind(plain_bed):
    bed = plain_bed
    bed.module("hot", returning(0, exec='PyModule_AddIntConstant(m, "c", 1);'))
    built = [bed.build("hot", returning(
        n, exec='PyModule_AddIntConstant(m, "c", %d);' % n)) for n in (0, 1)]
    old, marks = Swapped(bed, "old", built), []
    for batches in (2, 8):
        for _ in range(batches * BATCH):
            old.swap()
        marks.append(figures(old.app.process.pid))
    first, last = marks
    print("\nover %d swaps: %+d KiB and %+d mappings in all; a commit holds "
          "the GIL for %.1f us (median), %.0f at most; of it works %.1f and "
          "%.0f; preempted %d times"
          % (8 * BATCH, last["KiB"] - first["KiB"],
             last["mappings"] - first["mappings"], median(old.held),
             max(old.held), median(old.worked), max(old.worked),
             old.preempted))
    assert last["descriptors"] == first["descriptors"]
    assert last["threads"] == first["threads"] == 2
    assert last["mappings"] - first["mappings"] <= STRAYS * MAPPINGS
    assert last["KiB"] - first["KiB"] <= 1024
    no_slower_than_a_new_one(old, Swapped(bed, "new", built))


def no_slower_than_a_new_one(old, new):
    for _ in range(BATCH):
        old.swap()
        new.swap()
    for what in ("worked", "prepared"):
        after, fresh = (getattr(app, what)[-BATCH:] for app in (old, new))
        print("%s after %d swaps %.1f us, beside a new app's %.1f (median)"
              % (what, old.swaps, median(after), median(fresh)))
        assert min(after) <= SLOWER * min(fresh), what
