"""Enums and structs of plain modules in a running session: what stays the same
object over a save, and what a save must not do to objects that live."""
import shutil

import pytest

from live import APP, Live

SOURCE = """\
#include <cowbird.h>
enum mode { OFF, ON };
typedef struct { double x; double y; enum mode mode; } Point;
Point turned(Point p) { return (Point){-p.y, p.x, p.mode}; }
double sum(const Point *points, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += points[i].x;
    }
    return sum;
}
"""

# what the app keeps over saves, under one module of functions
KEEP = """\
import scoring

point = scoring.Point(1, 2, scoring.ON)
items = scoring.Point.array([point, point])
view = memoryview(items)
classes = [scoring.Point, scoring.mode, scoring.ON, type(items)]
turned = scoring.turned

def same():
    now = [scoring.Point, scoring.mode, scoring.ON,
           type(scoring.Point.array(1))]
    return [a is b for a, b in zip(classes, now)]

def told():
    items[1].x = 5
    return [turned(point), point.mode, scoring.sum(items), view.format,
            scoring.sum(view)]
"""
TOLD = ("[Point(x=-2.0, y=1.0, mode=<mode.ON: 1>), <mode.ON: 1>, 6.0, "
        "'T{d:x:d:y:I:mode:4x}', 6.0]")


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "keep.py").write_text(KEEP)
    (folder / "app.py").write_text(APP)
    (folder / "scoring.c").write_text(SOURCE)
    return folder


def test_classes_and_objects_live_through_a_save(program, project,
                                                 any_python):
    with Live(program, project, python=any_python) as live:
        live.port()
        assert live.get("/keep/told") == (200, TOLD)
        live.save("scoring.c", SOURCE.replace("{-p.y", "{p.y + 100"))
        live.event("swap", module="scoring")
        assert live.get("/keep/same") == (200, str([True] * 4))
        assert live.get("/keep/told") == (200, TOLD.replace("-2.0", "102.0"))


def test_an_enum_of_a_header_is_the_module_s_and_stays_over_a_save(program,
                                                                   project):
    """Not so its members, which may be those of half a library."""
    (project / "mode.h").write_text("enum mode { OFF, ON };\n")
    source = SOURCE.replace("enum mode { OFF, ON };", '#include "mode.h"') + (
        "enum mode other(enum mode m) { return m == ON ? OFF : ON; }\n")
    (project / "scoring.c").write_text(source)
    (project / "keep.py").write_text("""\
import pickle
import scoring
mode = scoring.mode
def same():
    kept = pickle.loads(pickle.dumps(scoring.other(0)))
    return [mode is scoring.mode, kept is mode.ON, hasattr(scoring, "ON")]
""")
    with Live(program, project) as live:
        live.port()
        assert live.get("/keep/same") == (200, "[True, True, False]")
        live.save("scoring.c", source.replace("sum = 0", "sum = 1"))
        live.event("swap", module="scoring")
        assert live.get("/keep/same") == (200, "[True, True, False]")


@pytest.mark.skipif(shutil.which("clang") is None, reason="no clang here")
def test_arrays_live_through_a_save_between_clang_and_tcc(program, project):
    """clang does not write down how long a pointer is."""
    with Live(program, project, env={"CC": "clang"}) as live:
        live.port()
        assert live.get("/keep/told") == (200, TOLD)
        live.save("scoring.c", SOURCE.replace("sum = 0", "sum = 1"))
        live.event("swap", module="scoring")
        assert live.get("/keep/same") == (200, "[True, True, True, True]")


def test_a_changed_enum_is_a_new_class(program, project):
    with Live(program, project) as live:
        live.port()
        assert live.get("/keep/told") == (200, TOLD)
        live.save("scoring.c", SOURCE.replace("OFF, ON", "OFF, ON, AUTO"))
        live.event("swap", module="scoring")
        assert live.get("/keep/same") == (
            200, str([True, False, False, True]))
        assert live.get("/keep/told") == (200, TOLD)


@pytest.mark.parametrize("fields, reason", [
    ("double y; double x; enum mode mode;",
     "scoring.Point.x would go from offset 0, 8 bytes, to offset 8, 8 bytes"),
    ("double x; long y; enum mode mode;",
     "scoring.Point.y, 8 bytes at offset 8, would be of another type"),
    ("double x; double z; enum mode mode;",
     "the names or types of the fields of scoring.Point would change"),
])
def test_fields_never_move_under_live_objects(program, project, fields,
                                              reason):
    with Live(program, project) as live:
        live.port()
        assert live.get("/keep/told") == (200, TOLD)
        source = SOURCE.replace("double x; double y; enum mode mode;", fields)
        source = source.replace("{-p.y, p.x, p.mode}", "{0}")
        live.save("scoring.c", source)
        refused = live.event("refused", module="scoring")
        assert live.get("/keep/told") == (200, TOLD)
        assert refused["text"].startswith(
            reason + " under 2 live objects: let go of them and save again")


def test_a_struct_that_grows_is_refused(program, project):
    with Live(program, project) as live:
        live.port()
        assert live.get("/keep/told") == (200, TOLD)
        live.save("scoring.c", SOURCE.replace("double y; enum",
                                              "double y, z; enum"))
        live.event("refused", module="scoring")
        assert live.get("/keep/told") == (200, TOLD)


def test_a_struct_comes_and_goes(program, project):
    with Live(program, project) as live:
        live.port()
        assert live.get("/keep/told") == (200, TOLD)
        live.save("scoring.c", SOURCE + (
            "struct more { Point at; int n; };\n"
            "int count(struct more m) { return m.n + (int)m.at.x; }\n"))
        live.event("swap", module="scoring")
        assert live.get("/keep/same") == (200, str([True] * 4))
        live.save("scoring.c", SOURCE)
        live.event("swap", module="scoring")
        assert live.get("/keep/told") == (200, TOLD)
        assert live.get("/scoring/more")[0] == 500
