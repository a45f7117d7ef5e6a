"""Case 25: SIGSEGV, abort() and exit() in an init end the canary, never the
worker."""
import re

import pytest

from live import source

WAYS = {
    "*(volatile int *)16 = 1;": "SIGSEGV",
    "abort();": "SIGABRT",
    "exit(3);": "exited with status 3",
    "_exit(0);": "exited with status 0",
    "raise(SIGKILL);": "SIGKILL",
}
HEAD = """\
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
"""


def test_an_init_that_ends_its_process_never_reaches_the_app(live):
    before = live.get("/pid/")
    for body, words in WAYS.items():
        live.save("scoring.c", HEAD + source(2).replace(
            "    return PyModuleDef_Init",
            f"    {body}\n    return PyModuleDef_Init"))
        event = live.event("error", module="scoring")
        assert words in event["reason"], body
        assert (live.get("/scoring/answer"), live.get("/pid/")) == (
            (200, "1"), before)
    live.save("scoring.c", source(4))
    live.event("swap", module="scoring")
    assert live.get("/scoring/answer") == (200, "4")


@pytest.mark.parametrize("compiler", ["tcc", "gcc"])
def test_the_place_in_the_source_is_named(live, compiler):
    begin = "#pragma GCC optimize \"O0\"\n" if compiler == "gcc" else ""
    text = begin + source(2).replace(
        "PyMODINIT_FUNC", """\
static int
set_up(void)
{
    return *(volatile int *)16; /* here */
}

PyMODINIT_FUNC""").replace("    return PyModuleDef_Init",
                           "    set_up();\n    return PyModuleDef_Init")
    if compiler == "gcc":
        text += "_Static_assert(__builtin_clz(1) == 31, \"\");\n"
    live.save("scoring.c", text)
    event = live.event("error", module="scoring")
    line = text[:text.index("/* here */")].count("\n") + 1
    assert (f"SIGSEGV in PyInit_scoring, in set_up() at scoring.c:{line}"
            in event["reason"])
    live.save("scoring.c", source(2).replace(
        "    return PyModuleDef_Init",
        "    __builtin_trap(); /* here */\n    return PyModuleDef_Init"))
    event = live.event("error", module="scoring")
    assert re.search(r"SIG\w+ in PyInit_scoring at scoring\.c:\d+",
                     event["reason"])


def test_a_constructor_that_crashes_never_reaches_the_app(live):
    live.save("scoring.c", HEAD + source(2)
              + "__attribute__((constructor)) static void\n"
                "early(void)\n{\n    abort();\n}\n")
    event = live.event("error", module="scoring")
    assert "SIGABRT in a constructor" in event["reason"]
    assert live.get("/scoring/answer") == (200, "1")


def test_what_chooses_a_function_and_crashes_never_reaches_the_app(live):
    before = live.get("/pid/")
    live.save("scoring.c", source(2) + """
int one(void) { return 1; }
static int (*choose(void))(void) { __builtin_trap(); return one; }
int chosen(void) __attribute__((ifunc("choose")));
int (*volatile asked)(void) = chosen;
""")
    event = live.event("error", module="scoring")
    assert "SIGILL" in event["reason"] or "SIGTRAP" in event["reason"]
    assert (live.get("/scoring/answer"), live.get("/pid/")) == (
        (200, "1"), before)
