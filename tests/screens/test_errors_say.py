"""The most common errors as a user reads them: the same text whether tcc is
the only compiler or gcc refuses, for libclang lends its words to both."""
import json
import re
import shutil
import subprocess

import pytest

from screen import needs

INT = "#include <cowbird.h>\n\nint\none(int x)\n{\n%s}\n"

MISSING_SEMICOLON = INT % "    int y = x * 2\n\n    return y;\n"
SAYS_SEMICOLON = """\
m.c:6:18: error: expected ';' at end of declaration
    6 |     int y = x * 2
      |                  ^
      |                  ;
"""

UNDECLARED = INT % """\
    int total = x;
    total += totl;
    return total;
"""
SAYS_UNDECLARED = """\
m.c:7:14: error: use of undeclared identifier 'totl'
    7 |     total += totl;
      |              ^~~~
      |              total
      = help: did you mean 'total'?
m.c:6:9: note: 'total' declared here
    6 |     int total = x;
      |         ^~~~~
"""

WRONG_TYPE = INT % """\
    struct pair { int a, b; } p = {x, x};
    x = p;
    return x;
"""
SAYS_WRONG_TYPE = """\
m.c:7:7: error: assigning to 'int' from incompatible type 'struct pair'
    7 |     x = p;
      |       ^ ~
"""

MISSING_HEADER = "#include <strin.h>\n" + INT % "    return x;\n"
SAYS_MISSING_HEADER = """\
m.c:1:10: error: 'strin.h' file not found
    1 | #include <strin.h>
      |          ^~~~~~~~~
      = help: did you mean <string.h>?
"""

UNUSED = INT % "    int left = 3;\n    return x;\n"
SAYS_UNUSED = """\
m.c:6:9: warning: unused variable 'left' [-Wunused-variable]
    6 |     int left = 3;
      |         ^~~~
"""

RAW = """\
#include <Python.h>

static struct PyModuleDef scoring = {PyModuleDef_HEAD_INIT, .m_name = "m"};

PyMODINIT_FUNC
PyInit_m(void)
{
    return PyModuleDef_Init(&scorin);
}
"""
SAYS_RAW = """\
m.c:8:30: error: use of undeclared identifier 'scorin'
    8 |     return PyModuleDef_Init(&scorin);
      |                              ^~~~~~
      |                              scoring
      = help: did you mean 'scoring'?
m.c:3:27: note: 'scoring' declared here
    3 | static struct PyModuleDef scoring = {PyModuleDef_HEAD_INIT, .m_name = \
"m"};
      |                           ^~~~~~~
"""


@pytest.mark.parametrize("source, says", [
    (MISSING_SEMICOLON, SAYS_SEMICOLON), (UNDECLARED, SAYS_UNDECLARED),
    (WRONG_TYPE, SAYS_WRONG_TYPE), (MISSING_HEADER, SAYS_MISSING_HEADER),
    (RAW, SAYS_RAW)], ids="semicolon undeclared type header raw".split())
def test_an_error_reads_the_same_with_each_compiler(check, project, source,
                                                    says):
    project.write("m.c", source)
    screen = check()
    errors = re.sub(r"m\.c:\d+:\d+: warning: .*\n.*\n.*\n", "", screen.said)
    assert re.sub("^  python .*\n", "", errors) == (
        says + "  checked  1 module: 1 error, %s\n"
        % screen.said.rpartition("error, ")[2].strip())
    assert screen.status == 1


def test_a_warning_reads_the_same_with_each_compiler(check, project):
    project.write("m.c", UNUSED)
    screen = check()
    assert re.sub("^  python .*\n", "", screen.said) == (
        SAYS_UNUSED + "  checked  1 module: 0 errors, 1 warning\n")
    assert screen.status == 0


def test_programs_get_places_ranges_and_fixits(check, project):
    project.write("m.c", UNDECLARED)
    [module] = json.loads(check("--json").out)["modules"]
    error, note = [d for d in module["diagnostics"]
                   if d["severity"] != "warning"]
    assert (error["line"], error["column"], error["width"]) == (7, 14, 4)
    assert error["help"] == "did you mean 'total'?"
    assert error["fixits"] == [{
        "line": 7, "column": 14, "end_line": 7, "end_column": 18,
        "path": str(project.folder / "m.c"), "text": "total"}]
    assert (note["is_child"], note["line"]) == (True, 6)


def test_what_a_shared_header_breaks_is_said_once(check, project):
    project.write("shared.h", "int broken = nonsense;\n")
    for name in ("a", "b"):
        project.write(name + ".c", '#include "shared.h"\n'
                      + INT % "    return x;\n")
    said = check().said
    assert said.count("shared.h:1:14: error: ") == 1, said
    assert "  checked  2 modules: 1 error, " in said


def test_a_libclang_that_crashes_costs_no_word(project, python, tmp_path):
    needs("gcc", shutil.which("gcc"))
    project.write("crash.txt", "__attribute__((constructor)) static void\n"
                  "c(void) { __builtin_trap(); }\n")
    library = str(tmp_path / "crash.so")
    project.write("m.c", RAW)
    subprocess.run(["gcc", "-xc", "-shared", "-fPIC", "-o", library,
                    str(project.folder / "crash.txt")], check=True)
    screen = project.run("check", "--cc=gcc", env={
        "COWBIRD_PYTHON": python, "COWBIRD_LIBCLANG": library})
    assert "m.c:8:30: error: 'scorin' undeclared" in screen.said
    assert screen.status == 1
