"""Case 37: a name that was a function becomes a type, or the reverse."""
import pytest

from bed import Raised, returning
from points import point


def test_a_function_becomes_a_type_and_a_type_a_function(bed):
    bed.module("hot", returning(5, name="Point"))
    app, peer = bed.start("hot")
    app.do("from hot import Point as held")
    assert app.ask("held()") == 5
    done = bed.swap(peer, bed.order("hot", point()))
    assert done.names["hot"] == [[], ["Point"], ["Point"]]
    with pytest.raises(Raised) as caught:
        app.do("held()")
    gone = "hot.Point() was removed by the save of %s at 14:02:11"
    assert caught.value.words == gone % bed.source("hot")
    app.do("kept = hot.Point; p = kept(3)")
    assert app.ask("p.norm(), isinstance(kept, type)") == (3, True)
    done = bed.swap(peer, bed.order("hot", returning(6, name="Point")))
    assert done.names["hot"] == [[], ["Point"], ["Point"]]
    assert app.ask("hot.Point(), held(), hot.Point is held") == (6, 6, True)
    # who has the type has its last code
    assert app.ask("p.norm(), kept(8).norm()") == (3, 8)
    bed.swap(peer, bed.order("hot", point("self->x * 2")))
    assert app.ask("p.norm(), hot.Point is kept") == (6, True)
