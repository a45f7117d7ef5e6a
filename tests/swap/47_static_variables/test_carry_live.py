"""47, through the whole program: what a plain module wants carried."""
from live import APP, Live

SOURCE = """\
#include <cowbird.h>
static long hits = %(start)d;
CB_CARRY(hits, always);
long answer(void)
{
    static long calls;
    CB_CARRY(calls, never);
    return ++hits * 100 + ++calls;
}
"""


def test_a_plain_module_says_it_too(program, tmp_path):
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "scoring.c").write_text(SOURCE % {"start": 1})
    with Live(program, tmp_path) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "201")
        assert live.get("/scoring/answer") == (200, "302")
        live.meet()
        live.save("scoring.c", SOURCE % {"start": 50})
        assert live.event("swap", module="scoring")["state"] == []
        assert live.get("/scoring/answer") == (200, "401")
