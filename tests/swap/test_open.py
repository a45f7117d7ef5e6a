"""Images that a worker opens while they are still tried elsewhere."""
import os

from bed import FAILED, READY, await_true, returning

UNLOADS = True
OPEN = 31


def maps_of(app, order):
    with open("/proc/%d/maps" % app.process.pid) as lines:
        return sum(order["artefact"] in line for line in lines)


def answer(app):
    return app.ask("hot.answer()")


def other(value):
    return returning(value).replace('"hot"', '"other"').replace(
        "PyInit_hot", "PyInit_other")


def open_ahead(peer, txn, orders):
    """It is not answered."""
    peer.send_prepare(txn, orders, OPEN)


def await_read(peer):
    """Until the guest has read all that was sent: what it answers to comes
    last."""
    assert peer.prepare(999, []).verdict == READY
    peer.abort(999)


def test_what_was_opened_ahead_is_what_goes_live(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    order = bed.order("hot", returning(2))
    open_ahead(peer, 1, [order])
    assert answer(app) == 1
    assert peer.prepare(1, [order]).verdict == READY
    assert answer(app) == 1
    peer.commit(1)
    assert answer(app) == 2
    assert maps_of(app, order) > 0
    peer.await_retired(1)


def test_what_was_opened_and_is_not_wanted_is_closed(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    order = bed.order("hot", returning(2))
    open_ahead(peer, 1, [order])
    peer.abort(1)
    await_read(peer)
    assert answer(app) == 1
    assert maps_of(app, order) == 0


def test_another_change_lets_go_of_what_was_opened(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    first = bed.order("hot", returning(2))
    second = bed.order("hot", returning(3))
    open_ahead(peer, 1, [first])
    open_ahead(peer, 2, [second])
    await_true(lambda: maps_of(app, second) > 0)
    assert maps_of(app, first) == 0
    third = bed.order("hot", returning(4))
    assert peer.prepare(3, [third]).verdict == READY
    peer.commit(3)
    assert answer(app) == 4
    peer.await_retired(1)
    assert maps_of(app, second) == 0


def test_what_runs_code_when_it_is_loaded_is_not_opened_ahead(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    order = bed.order("hot", returning(2) + """
#include <stdlib.h>
__attribute__((constructor)) static void early(void)
{ setenv("COWBIRD_TEST_EARLY", "1", 1); }
""")
    open_ahead(peer, 1, [order])
    await_read(peer)
    assert maps_of(app, order) == 0
    assert peer.prepare(2, [order]).verdict == READY
    peer.commit(2)
    assert maps_of(app, order) > 0
    assert answer(app) == 2


def test_a_file_that_cannot_be_opened_is_told_at_prepare(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    order = bed.order("hot", returning(2))
    with open(order["artefact"], "wb") as artefact:
        artefact.write(b"no library")
    open_ahead(peer, 1, [order])
    done = peer.prepare(1, [order])
    assert done.verdict == FAILED
    assert "hot.c" in done.reason
    assert answer(app) == 1


def test_what_could_not_be_opened_ahead_is_opened_at_prepare(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    order = bed.order("hot", returning(2))
    aside = order["artefact"] + ".aside"
    os.rename(order["artefact"], aside)
    open_ahead(peer, 1, [order])
    assert answer(app) == 1
    os.rename(aside, order["artefact"])
    assert peer.prepare(1, [order]).verdict == READY
    peer.commit(1)
    assert answer(app) == 2


def test_an_opened_image_serves_though_an_import_came_in_between(bed):
    bed.module("hot", returning(1))
    bed.module("other", other(1))
    app, peer = bed.start("hot")
    order = bed.order("hot", returning(2))
    later = bed.order("other", other(5))
    open_ahead(peer, 1, [order, later])
    app.do("import other")
    peer.await_module("other")
    assert peer.prepare(1, [order, later]).verdict == READY
    peer.commit(1)
    assert (answer(app), app.ask("other.answer()")) == (2, 5)
