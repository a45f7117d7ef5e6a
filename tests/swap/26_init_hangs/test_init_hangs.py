"""Case 26: an init that never ends meets the canary's limit."""
from live import source


def test_an_init_that_hangs_is_stopped_in_the_canary(live):
    live.save("scoring.c", source(2).replace(
        "return PyModuleDef_Init", "for (;;) { } return PyModuleDef_Init"))
    event = live.event("error", module="scoring")
    assert "did not end" in event["reason"] or "hung" in event["reason"]
    assert live.get("/scoring/answer") == (200, "1")
    live.save("scoring.c", source(5))
    live.event("swap", module="scoring")
    assert live.get("/scoring/answer") == (200, "5")
