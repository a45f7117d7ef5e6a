"""Case 35: a function that is gone but held raises an error that says so;
back, it works again through the old references."""
import pytest

from bed import Raised, returning


def test_a_removed_function_names_the_save_and_works_again_when_it_is_back(
        bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    app.do("held = hot.answer; there = id(held)")
    done = bed.swap(peer, bed.order("hot", returning(2, "other")))
    assert done.names == {"hot": [[], ["other"], ["answer"]]}
    assert app.ask("hasattr(hot, 'answer'), hot.other()") == (False, 2)
    with pytest.raises(Raised) as caught:
        app.ask("held()")
    assert caught.value.kind == "RuntimeError"
    assert caught.value.words == ("hot.answer() was removed by the save of %s "
                                  "at 14:02:11" % bed.source("hot"))
    done = bed.swap(peer, bed.order("hot", returning(3)))
    assert done.names == {"hot": [[], ["answer"], ["other"]]}
    assert app.ask("held(), hot.answer(), there == id(hot.answer)") == (
        3, 3, True)
