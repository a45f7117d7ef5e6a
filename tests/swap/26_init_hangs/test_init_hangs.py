"""Case 26: an init that never ends meets the canary's limit."""
import re

from live import source


def test_an_init_that_hangs_is_stopped_in_the_canary(live):
    hangs = source(2).replace("PyMODINIT_FUNC", """\
static void
wait_for_ever(void)
{
    for (;;) { pause(); } /* here */
}

PyMODINIT_FUNC""").replace("    return PyModuleDef_Init",
                           "    wait_for_ever();\n"
                           "    return PyModuleDef_Init")
    hangs = "#include <unistd.h>\n" + hangs
    live.save("scoring.c", hangs)
    event = live.event("error", module="scoring")
    line = hangs[:hangs.index("/* here */")].count("\n") + 1
    assert re.search(r"did not end within \d+ ms, in wait_for_ever\(\) at "
                     r"scoring\.c:%d\b" % line, event["reason"])
    assert live.get("/scoring/answer") == (200, "1")
    live.save("scoring.c", source(5))
    live.event("swap", module="scoring")
    assert live.get("/scoring/answer") == (200, "5")
