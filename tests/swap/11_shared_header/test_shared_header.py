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
