"""Case 3: a builtin that tcc leaves undefined: cc builds it, and that is
said."""
import re

import pytest

from live import Live, source

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


# No tcc up to 0.9.28 has these.
UNKNOWN = {"(__sync_synchronize(), 3)", "(__builtin_prefetch(&unused), 4)",
           "__builtin_object_size(&unused, 0) > 0",
           "__builtin_add_overflow(1, 2, &(int){0})"}
# A module each: one that tcc could not compile goes without it for a while.
NAMES = {"b%d" % n: builtin for n, builtin in enumerate(BUILTINS)}


@pytest.fixture
def modules(program, python, project):
    """A session with a module for each builtin, all imported."""
    for name in NAMES:
        (project / (name + ".c")).write_text(source(1, name))
    with Live(program, project, python=python) as running:
        running.port()
        for name in NAMES:
            assert running.get("/%s/answer" % name) == (200, "1")
        running.meet()
        yield running


@pytest.mark.usefixtures("tcc")
def test_a_builtin_that_tcc_does_not_know_is_built_by_cc(modules):
    by_cc = set()
    for name, builtin in NAMES.items():
        modules.save(name + ".c", source(builtin, name))
        event = modules.event("swap", module=name)
        assert modules.get("/%s/answer" % name) == (
            200, str(BUILTINS[builtin]))
        if event["compiler"] != "tcc":
            by_cc.add(builtin)
            modules.said(re.compile(r"swap +%s .* gen 2\n +=? note: tcc: "
                                    % name))
    assert UNKNOWN <= by_cc


@pytest.mark.usefixtures("tcc")
def test_tcc_is_tried_again_now_and_then(live):
    live.save("scoring.c", source("(long)(__int128)1"))
    assert live.event("swap", module="scoring")["compiler"] != "tcc"
    compilers = []
    for value in range(2, 20):
        live.save("scoring.c", source(value))
        compilers.append(live.event("swap", module="scoring")["compiler"])
    assert compilers[0] != "tcc" and "tcc" in compilers
