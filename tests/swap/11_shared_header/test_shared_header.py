"""Case 11: what several modules share, or what is saved together, goes live
in one commit or not at all."""
from bed import READY, returning
from live import Live, source
from watched import values


def test_a_header_moves_all_that_include_it_or_none(program, project):
    header = "#define ANSWER {}\n"
    for name in ("left", "right"):
        text = '#include "both.h"\n' + source("ANSWER", name)
        (project / f"{name}.c").write_text(text)
    (project / "both.h").write_text(header.format(1))
    with Live(program, project) as live:
        live.port()
        both = [f"/{name}/answer" for name in ("left", "right")]
        assert [live.get(path)[1] for path in both] == ["1", "1"]
        live.save("both.h", header.format(2))
        live.event("swap", module="right")
        assert [live.get(path)[1] for path in both] == ["2", "2"]
        broken = '#include "both.h"\n' + source("ANSWER + nonsense", "right")
        live.save("right.c", broken)
        live.event("error", module="right")
        live.save("both.h", header.format(3))
        live.event("error", module="right")
        assert [live.get(path)[1] for path in both] == ["2", "2"]
        # left was good and waited for right: its save is not lost
        live.save("right.c", broken.replace(" + nonsense", ""))
        live.event("swap", module="right")
        assert [live.get(path)[1] for path in both] == ["3", "3"]


def test_no_caller_sees_one_of_three_modules_before_another(bed):
    """Calls one after the other, while all three move: old ones and then new
    ones, never the reverse."""
    names = ["a", "b", "c"]

    def orders(value, listed):
        return [bed.order(name, returning(value).replace(
            "PyInit_hot", "PyInit_" + name)) for name in listed]
    for name in names:
        bed.module(name, returning(1).replace("PyInit_hot",
                                              "PyInit_" + name))
    app = bed.app()
    app.do("import a, b, c")
    peer = bed.accept()
    for name in names:
        peer.await_module(name)
    app.do("""
import threading
seen, is_over = set(), False
def look():
    while not is_over:
        seen.add((a.answer(), b.answer(), c.answer()))
threads = [threading.Thread(target=look) for _ in range(2)]
for thread in threads:
    thread.start()
""")
    for value in range(2, 8):
        listed = names if value % 2 else names[::-1]
        asked = orders(value, listed)
        assert peer.prepare(value, asked).verdict == READY
        peer.commit(value)
        bed.committed(*asked)
        app.do("while (%d, %d, %d) not in seen: pass" % ((value,) * 3))
    app.do("is_over = True\nfor thread in threads: thread.join()")
    seen = app.ask("sorted(seen)")
    assert len(seen) >= 6
    assert [one for one in seen if not one[0] <= one[1] <= one[2]] == []


def test_a_header_goes_on_waiting_for_all_that_include_it(program, project):
    """Whoever saves one of them alone, or something else, does not split
    it."""
    header = "#define ANSWER {}\n"
    for name in ("left", "right"):
        text = '#include "both.h"\n' + source("ANSWER", name)
        (project / f"{name}.c").write_text(text)
    (project / "both.h").write_text(header.format(1))
    both = ["/left/answer", "/right/answer"]
    with Live(program, project) as live:
        live.port()
        assert [live.get(path)[1] for path in both] == ["1", "1"]
        assert live.get("/scoring/answer") == (200, "1")
        right = (project / "right.c").read_text()
        live.save("right.c", right + "#if ANSWER == 2\n#error no\n#endif\n")
        live.event("swap", module="right")
        live.save("both.h", header.format(2))
        live.event("error", module="right")
        held = live.event("error", module="left")
        assert held["reason"] == "held back, as right does not compile"
        live.save("scoring.c", source(5))
        live.event("swap", module="scoring")
        live.save("left.c", '#include "both.h"\n/* */\n'
                  + source("ANSWER", "left"))
        live.event("error", module="left")
        assert [live.get(path)[1] for path in both] == ["1", "1"]
        live.save("right.c", right)
        live.event("swap", module="right")
        assert [live.get(path)[1] for path in both] == ["2", "2"]


def test_a_header_saved_by_rename_is_live_in_all_that_include_it(
        program, python, project):
    body = '#include "factor.h"\n' + source("FACTOR")
    (project / "factor.h").write_text("#define FACTOR 3\n")
    (project / "scoring.c").write_text(body)
    (project / "geo.c").write_text(body.replace("scoring", "geo"))
    with Live(program, project, python=python) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "3")
        assert live.get("/geo/answer") == (200, "3")
        live.save("factor.h", "#define FACTOR 4\n")
        live.event("swap")
        live.event("swap")
        assert live.get("/scoring/answer") == (200, "4")
        assert live.get("/geo/answer") == (200, "4")


def test_two_files_saved_together_are_one_transaction(watched):
    start, new = len(watched.seen), next(values)
    watched.save("scoring.c", source(new))
    watched.save("marker.c", source(new, "marker"))
    watched.event("swap", module="scoring")
    while watched.value("marker") != new:
        watched.event("swap", module="marker")
    assert watched.value() == new
    assert "error" not in [e["event"] for e in watched.seen[start:]]


def test_a_good_file_saved_with_a_bad_one_goes_live_when_saved_again(watched):
    bad = source("nonsense", "marker")
    watched.save("marker.c", bad)
    watched.event("error", module="marker")
    new = next(values)
    watched.save("scoring.c", source(new))
    watched.event("swap", module="scoring")
    assert watched.value() == new
    watched.save("marker.c", source(new, "marker"))
    watched.event("swap", module="marker")
