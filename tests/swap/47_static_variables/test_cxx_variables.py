"""Variables of C++: a class is another one when its template's arguments, a
base or its virtual functions change, though its fields stay."""
import pytest

from live import APP, Live, source

MAP = """\
#include <map>
#include <string>
struct point { %(fields)s };
static std::map<int, %(value)s> table;
"""
SHAPES = """\
struct base { %(base)s };
struct shape : base { %(virtuals)s virtual int area() { return %(area)d; }
                      int edges = 4; };
static shape *kept = new shape;
"""


def module(head, answer):
    return head + source(answer)


def mapped(value, fields="int x; int y;"):
    return module(MAP % {"value": value, "fields": fields},
                  "(table[1], (long)table.size())")


def shaped(area=3, virtuals="", base="int a = 1; int b = 2;"):
    return module(SHAPES % {"area": area, "virtuals": virtuals, "base": base},
                  "kept->area() * 100 + kept->a * 10 + kept->edges")


@pytest.fixture
def project(tmp_path):
    (tmp_path / "app.py").write_text(APP)
    return tmp_path


def begin(live):
    live.port()
    live.get("/scoring/answer")
    live.meet()


def noted(live, text):
    live.save("scoring.cpp", text)
    return "\n".join(live.event("swap", module="scoring")["state"])


@pytest.mark.parametrize("newer", [
    mapped("short"), mapped("std::string"),
    mapped("point", "int y; int x;")])
def test_a_container_of_something_else_begins_anew(program, project, newer):
    (project / "scoring.cpp").write_text(mapped(
        "point" if "y; int x" in newer else "long"))
    with Live(program, project) as live:
        begin(live)
        assert "table reset" in noted(live, newer)
        assert live.get("/scoring/answer") == (200, "1")


def test_a_container_of_the_same_is_kept(program, project):
    (project / "scoring.cpp").write_text(mapped("long"))
    with Live(program, project) as live:
        begin(live)
        assert noted(live, mapped("long").replace("size())", "size() + 1)")
                     ) == ""
        assert live.get("/scoring/answer") == (200, "2")


@pytest.mark.parametrize("newer", [
    shaped(virtuals="virtual int first() { return 7; }"),
    shaped(virtuals="virtual ~shape() {}"),
    shaped(base="int b = 2; int a = 1;")])
def test_another_table_of_virtual_functions_or_base_is_another_class(
        program, project, newer):
    (project / "scoring.cpp").write_text(shaped())
    with Live(program, project) as live:
        begin(live)
        assert "kept reset: the layout of struct shape * changed" in noted(live, newer)
        assert live.get("/scoring/answer") == (200, "314")
