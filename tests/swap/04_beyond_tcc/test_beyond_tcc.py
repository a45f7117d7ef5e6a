"""Case 4: what tcc cannot do goes to cc by itself: one line says why, and the
next save does not try it all over."""
import pytest

from live import source

BEYOND = {
    "static __thread int own = 5;": "own",
    "static _Thread_local int own = 6;": "own",
    "static __int128 wide = 7;": "(long)wide",
    "#include <complex.h>\nstatic double _Complex turn = 8;":
        "(long)creal(turn)",
}


@pytest.mark.usefixtures("tcc")
@pytest.mark.parametrize("code", BEYOND)
def test_what_tcc_cannot_do_is_built_by_cc_with_one_line_of_reason(live, code):
    start, at = len(live.seen), len(live.err)
    text = source(BEYOND[code]).replace("static PyObject", code
                                        + "\nstatic PyObject", 1)
    for more in ("", "\n"):
        live.save("scoring.c", text + more)
        event = live.event("swap", module="scoring")
        assert event["compiler"] != "tcc", code
        assert (event["compile_tcc_ms"] > 0) == (more == "")
    live.said("gen 2\n      = note: tcc: ")
    live.said("gen 3")
    told = [e["event"] for e in live.seen[start:] if e["event"] != "setup"]
    assert told == ["swap", "swap"]
    assert "".join(live.err[at:]).count("tcc: ") == 1, live.words()
