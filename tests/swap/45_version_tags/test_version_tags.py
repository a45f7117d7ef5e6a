"""Case 45: shape-changing saves use up a type's version tags (3.13+)."""
import subprocess

import pytest

from bed import TAGS
from live import APP, Live
from points import point

SWAPS = 560
SHAPES = [{}, dict(extra="static Py_ssize_t len(Point *s) { return 1; }",
                   slots="{Py_sq_length, len},")]
# A look at an attribute takes a tag, where there are any left.
ASK = """
def tag():
    import hot, _testcapi
    hot.Point(1).norm()
    return _testcapi.type_get_version(hot.Point)
"""
HAS_METER = "import sys, _testcapi; sys.exit(sys.version_info < (3, 13))"


def test_the_meter_tells_long_before_a_type_has_used_them_all(bed):
    bed.module("hot", point())
    app, peer = bed.start("hot")
    app.do("class Sub(hot.Point): pass\np, s = hot.Point(3), Sub(4)")
    orders = [bed.order("hot", point(**parts)) for parts in SHAPES]
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


def test_the_session_warns_at_half_and_shows_what_is_used(program, project,
                                                          any_python):
    """Attributes are as quick as ever up to there: the type has a tag, which
    is what Python's cache of attributes goes by."""
    if subprocess.run([any_python, "-c", HAS_METER]).returncode != 0:
        pytest.skip("no limit before CPython 3.13, or no _testcapi to see it")
    (project / "ask.py").write_text(ASK)
    (project / "hot.c").write_text(point())
    with Live(program, project, python=any_python) as live:
        live.port()
        assert int(live.get("/ask/tag")[1]) > 0
        live.meet()
        used = 0
        while used < 500:
            used += 1
            live.save("hot.c", point(**SHAPES[used % 2]))
            live.event("swap", module="hot")
            assert int(live.get("/ask/tag")[1]) > 0
        live.said("warning: type hot.Point has used 500 of its 1000 version "
                  "tags in worker %s" % live.get("/pid/")[1])
        tags, = [one for w in live.status()["workers"] for one in w["tags"]]
        assert tags["type"] == "hot.Point" and tags["of"] == 1000
        assert 500 <= tags["used"] <= used + 5
        assert ("hot.Point has used %d of 1000 version tags" % tags["used"]
                in live.status_text())


def test_body_edits_use_none(bed):
    bed.module("hot", point())
    app, peer = bed.start("hot")
    app.do("p = hot.Point(3)")
    orders = [bed.order("hot", point("self->x * %d" % n)) for n in (1, 2)]
    for n in range(1, 201):
        bed.swap(peer, bed.again(orders[n % 2], n + 1))
        assert app.ask("p.norm()") == 3 * (n % 2 + 1)
    assert peer.tags == {}
