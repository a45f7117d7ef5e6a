"""The same through artefacts that tcc has made, and from tcc to cc."""
import test_types
from bed import returning
from tiers import needs_tcc, tcc

pytestmark = needs_tcc


def test_functions_swap_between_tcc_artefacts_and_to_cc_s(bed):
    bed.module("hot", returning(1), compiler=tcc)
    app, peer = bed.start("hot")
    app.do("from hot import answer; there = id(answer)")
    bed.swap(peer, bed.order("hot", returning(2), compiler=tcc))
    assert app.ask("answer(), id(answer) == there") == (2, True)
    bed.swap(peer, bed.order("hot", returning(3), "-O2"))
    assert app.ask("answer(), id(answer) == there") == (3, True)


def test_types_keep_their_objects_from_tcc_to_cc_and_back(bed):
    bed.module("hot", test_types.point(), compiler=tcc)
    app, peer = bed.start("hot")
    app.do("kept = hot.Point; p = kept(3)")
    for n, kind in ((2, {}), (3, {"compiler": tcc})):
        bed.swap(peer, bed.order("hot", test_types.point(
            "self->x * %d" % n, repr_text="r%d" % n), **kind))
        assert app.ask("p.norm(), repr(p), hot.Point is kept") == (
            3 * n, "r%d(3)" % n, True)
