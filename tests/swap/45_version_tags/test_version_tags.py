"""Case 45: shape-changing saves use up a type's version tags (3.13+)."""
from bed import TAGS
from points import point

SWAPS = 560


def test_the_meter_tells_long_before_a_type_has_used_them_all(bed):
    more = dict(extra="static Py_ssize_t len(Point *s) { return 1; }",
                slots="{Py_sq_length, len},")
    bed.module("hot", point())
    app, peer = bed.start("hot")
    app.do("class Sub(hot.Point): pass\np, s = hot.Point(3), Sub(4)")
    orders = [bed.order("hot", point(**parts)) for parts in ({}, more)]
    for n in range(1, SWAPS + 1):
        bed.swap(peer, bed.again(orders[n % 2], n + 1))
        if n % 20 == 0:
            assert app.ask("p.norm(), s.norm(), hasattr(s, '__len__')") == (
                3, 4, n % 2 == 1)
        else:
            app.do("p.norm(), s.norm()")
    if bed.facts.version < (3, 13):
        assert peer.tags == {}
        return
    while peer.tags.get("hot.Point", (0, 0))[0] < SWAPS - 100:
        peer._take(TAGS)
    used, most = peer.tags["hot.Point"]
    # a tag a swap, not one a slot or name
    assert used <= SWAPS + 5 and most == 1000


def test_body_edits_use_none(bed):
    bed.module("hot", point())
    app, peer = bed.start("hot")
    app.do("p = hot.Point(3)")
    orders = [bed.order("hot", point("self->x * %d" % n)) for n in (1, 2)]
    for n in range(1, 201):
        bed.swap(peer, bed.again(orders[n % 2], n + 1))
        assert app.ask("p.norm()") == 3 * (n % 2 + 1)
    assert peer.tags == {}
