"""How long a swap keeps the app from running Python, and why."""
from bed import returning

COLLECTIONS = """
import gc, threading
seen = []
gc.callbacks.append(lambda phase, info: seen.append(threading.get_ident()))
mine = threading.get_ident()
gc.set_threshold(1, 1, 1)
"""


def test_no_garbage_is_collected_while_a_swap_has_the_gil(bed):
    """A full collection of a large app takes longer than all of the swap."""
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    app.do(COLLECTIONS)
    bed.swap(peer, bed.order("hot", returning(2, name="other")))
    assert app.ask("gc.isenabled(), set(seen) - {mine}") == (True, set())
    app.do("gc.disable()")
    bed.swap(peer, bed.order("hot", returning(3)))
    assert app.ask("gc.isenabled(), hot.answer()") == (False, 3)


BURN = """
    struct timespec t;
    do {
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    } while (t.tv_sec == 0 && t.tv_nsec < 300000000);
"""


def test_a_hold_is_told_without_the_user_s_init_and_with_its_work(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    order = bed.order("hot", returning(2, before="#include <time.h>\n",
                                       exec=BURN))
    done = peer.prepare(1, [order])
    assert done.verdict == 0, done.reason
    assert 0 < done.hold.worked_ns < done.init_ns
    assert done.hold.held_ns > 0
    committed = peer.commit(1)
    assert committed.hold.worked_ns > 0
    assert app.ask("hot.answer()") == 2
