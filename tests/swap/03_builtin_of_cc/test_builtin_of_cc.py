"""Case 3: a builtin that tcc leaves undefined: cc builds it, and that is
said."""
import pytest

from live import source

BUILTINS = {
    "__builtin_popcountll(255)": 8,
    "__builtin_clz(1)": 31,
    "__builtin_bswap32(1)": 16777216,
    "__builtin_parity(7)": 1,
    "__builtin_ffs(8)": 4,
    "(__sync_synchronize(), 3)": 3,
    "__sync_fetch_and_add(&(int){5}, 1)": 5,
    "(__builtin_prefetch(&unused), 4)": 4,
    "__builtin_object_size(&unused, 0) > 0": 1,
    "__builtin_add_overflow(1, 2, &(int){0})": 0,
}


@pytest.mark.usefixtures("tcc")
def test_a_builtin_that_tcc_does_not_know_is_built_by_cc(live):
    is_told = False
    for generation, (builtin, value) in enumerate(BUILTINS.items(), 2):
        live.save("scoring.c", source(builtin))
        event = live.event("swap", module="scoring", generation=generation)
        assert live.get("/scoring/answer") == (200, str(value))
        if event["compiler"] != "tcc" and not is_told:
            live.said(f"gen {generation}\n      = note: tcc: ")
            is_told = True  # and tcc is left out for a while


@pytest.mark.usefixtures("tcc")
def test_tcc_is_tried_again_now_and_then(live):
    live.save("scoring.c", source("(long)(__int128)1"))
    assert live.event("swap", module="scoring")["compiler"] != "tcc"
    compilers = []
    for value in range(2, 20):
        live.save("scoring.c", source(value))
        compilers.append(live.event("swap", module="scoring")["compiler"])
    assert compilers[0] != "tcc" and "tcc" in compilers
