"""Case 2: a warning goes live, and is shown once."""
from live import source

# The one that every compiler gives without being asked.
DOUBTFUL = source(2).replace(
    "    return PyLong", "    int *p = 5;\n    (void)p;\n    return PyLong")


def test_code_with_a_warning_goes_live_and_is_warned_of_once(live):
    live.save("scoring.c", DOUBTFUL)
    event = live.event("swap", module="scoring")
    assert live.get("/scoring/answer") == (200, "2")
    live.said("scoring.c:6:")
    if event["compiler"] == "tcc":
        live.event("tier", module="scoring", generation=2)
    live.save("scoring.c", DOUBTFUL)
    live.event("same", module="scoring")
    live.save("scoring.c", source(3))
    live.event("swap", module="scoring")
    live.said("gen 3")
    assert live.words().count("warning:") == 1, live.words()
