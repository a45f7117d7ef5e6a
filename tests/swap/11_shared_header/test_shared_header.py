"""Case 11: what several modules share, or what is saved together, goes live
in one commit or not at all."""
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
