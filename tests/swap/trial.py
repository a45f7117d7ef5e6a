"""An edit of edits.py under a guest whose steps can be made to fail."""
import os
import subprocess

from bed import COMMIT, COMMITTED, IMAGES, PREPARED, READY
from edits import USER
from frames import send_frame, u64

STRAY = 6  # 3.14 keeps more freed objects than others


EVERY = "COWBIRD_TEST_EVERY_STEP" in os.environ  # make soak


def following(step):
    """Each of the first hundred; then loops repeat themselves, and it is one
    of eleven. On 3.11 a prepare has 82 to 169 steps, with objects to move
    976; a commit 5 to 69 and 473."""
    return step + (1 if step < 100 or EVERY else 11)


# Freed memory keeps addresses until somebody else has it.
WASH = ("[object() for many in range(20000)], "
        "[bytes(n) for n in range(1, 2000, 8) for many in range(300)]")


class Trial:
    """The app serves `were`; both sides are built once."""

    def __init__(self, bed, edit):
        self.bed, self.faults, self.edit = bed, bed.faults, edit
        for name, code in edit.were.items():
            bed.module(name, code, *edit.flags)
        bed.module("user", USER)
        self.orders = [[bed.order(name, code, *edit.flags)
                        for name, code in side.items()]
                       for side in (edit.were, edit.are)]
        self.generation, self.made = 1, 1
        self.failed = {}  # generation: what failed while it was prepared
        self.app = bed.app()
        self.app.do("import gc, hot, sys")
        self.app.do(edit.setup)
        self.peer = bed.accept()
        for name in edit.were:
            self.peer.await_module(name)
        self.shown = [self.seen(), None]
        self.move(1)
        self.move(0)
        self.move(1)
        self.move(0)

    def seen(self):
        return self.app.ask(self.edit.seen)

    def _orders(self, side):
        """Each in a file of its own: one that was loaded is never written."""
        self.made += 1
        return [self.bed.again(order, self.made)
                for order in self.orders[side]]

    def prepare(self, side):
        self.bed.txn += 1
        return self._tell(self.peer.prepare, self._orders(side))

    def _tell(self, order, *words):
        try:
            return order(self.bed.txn, *words)
        except (AssertionError, OSError) as error:
            raise AssertionError("%s (status %s) when step %d failed: %s" % (
                error, self.status(), self.faults.page.at,
                self.faults.where()))

    def status(self):
        """Of an app that may be ending; None: it is not."""
        try:
            return self.app.process.wait(5)
        except subprocess.TimeoutExpired:
            return None

    def _try_commit(self, txn):
        send_frame(self.peer.line, COMMIT, u64(txn))
        m = self.peer._take(PREPARED, COMMITTED)
        assert m.u64() == txn
        return None if self.peer.kind == COMMITTED else (m.u64(), m.text())

    def commit(self):
        """None when it went live, else why not."""
        why = self._tell(self._try_commit)
        if why is None:
            self.generation = self.made
        return why

    def ready(self, side):
        """Prepared, and undecided."""
        done = self.prepare(side)
        if "only C code holds" in done.reason:
            self.app.do(WASH)
            done = self.prepare(side)
        assert done.verdict == READY, done.reason

    def move(self, side):
        """Where nothing fails. Freed objects may seem to be live ones that
        only C code holds: then others are laid over them."""
        for trying in range(9):
            done = self.prepare(side)
            why = done.reason
            if done.verdict == READY:
                why = self.commit()
            if not why or "only C code holds" not in str(why):
                break
            self.app.do(WASH)
        assert not why, why
        self.serves(side)

    def serves(self, side):
        seen = self.seen()
        if self.shown[side] is None:
            self.shown[side] = seen
        assert seen == self.shown[side], "step %d failed: %s" % (
            self.faults.page.at, self.faults.where())
        generation = {self.app.ask("%s.__cowbird__['generation']" % name)
                      for name in self.edit.were}
        assert generation == {self.generation}

    def _mapped(self):
        """Artefacts that are loaded."""
        with open("/proc/%d/maps" % self.peer.pid) as maps:
            found = {line.split()[-1] for line in maps}
        return sum(path.startswith(str(self.bed.folder)) and ".so" in path
                   and not path.endswith("/faults.so") for path in found)

    def tell(self, generation):
        """What failed in its prepare, be it that it went live."""
        trace = self.failed.get(generation)
        return self.faults.where(trace) if trace else "nothing failed"

    def live(self):
        """Blocks of memory that nobody has freed; CPython's cache of types
        holds the names it was asked for."""
        self.app.do("(getattr(sys, '_clear_internal_caches', None)"
                    " or sys._clear_type_cache)()\n"
                    "gc.collect()")
        return self.faults.page.live

    def loose(self):
        """Shadows that were let go of but kept."""
        return self.app.ask("sys.modules['_cowbird'].stats()")["loose"]

    def rest(self):
        """Until the images that nothing needs have gone, but for a few that
        a stray word keeps. What there is then: (images that are kept for no
        reason, descriptors)."""
        p = self.peer
        while (self._mapped() > len(p.modules) + len(p.images)
               or sum(not is_pinned for is_pinned, why in p.images.values())
               > STRAY):
            self.app.do("gc.collect(); " + WASH)
            try:
                p._take(IMAGES)
            except AssertionError:
                kept = ["%s: %s: %s" % (key, why, self.tell(key[1]))
                        for key, (is_pinned, why) in p.images.items()
                        if not is_pinned]
                raise AssertionError("\n".join(kept)) from None
        return (self._mapped() - len(p.images),
                len(os.listdir("/proc/%d/fd" % p.pid)))
