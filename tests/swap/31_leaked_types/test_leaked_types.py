"""Case 31: an init that leaks a reference to its type, again and again."""
from points import point

UNLOADS = True  # see conftest.py

LEAK = dict(after="Py_INCREF(type);")


def test_a_thousand_leaks_keep_neither_types_nor_images(one_bed):
    """A newer init is given the type that is there: what it leaks is a
    reference to that one, not a type of its own."""
    bed = one_bed
    bed.module("hot", point("self->x", **LEAK))
    app, peer = bed.start("hot")
    app.do("import gc; kept = hot.Point; p = kept(2)")
    orders = [bed.order("hot", point("self->x * %d" % n, **LEAK))
              for n in (2, 3)]
    start = peer.retired
    for n in range(1000):
        order = bed.again(orders[n % 2], n + 2)
        bed.swap(peer, order)
    assert app.ask("p.norm(), hot.Point is kept") == (6, True)
    assert app.ask("sum(1 for t in object.__subclasses__()"
                   " if t.__name__ == 'Point')") == 1
    # a few may be kept by what earlier calls have left in freed memory
    peer.await_retired(start + 950)
