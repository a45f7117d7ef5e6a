"""Case 1: code that does not compile: the old serves on, file and line are
shown, the next good save goes live."""
from live import source


def test_code_that_does_not_compile_leaves_the_old_serving(live):
    live.save("scoring.c", source("nonsense"))
    live.event("error", module="scoring", generation=1)
    assert live.get("/scoring/answer") == (200, "1")
    live.said("scoring.c:6:")
    live.said("nonsense")
    live.said("gen 1 still serves")
    live.save("scoring.c", source(3))
    live.event("swap", module="scoring")
    assert live.get("/scoring/answer") == (200, "3")
