"""Sources as they come from other editors, generators and decades: a right
result, or words at the user's own line; with gcc, and with tcc alone."""
import json
import os
import re
import subprocess

import pytest

PLAIN = "#include <cowbird.h>\n\nint\none(int x)\n{\n    return x + 1;\n}\n"
RAW = """\
#include <Python.h>

static PyObject *
one(PyObject *self, PyObject *x)
{
    return PyLong_FromLong(PyLong_AsLong(x) + 1);
}

static PyMethodDef methods[] = {{"one", one, METH_O, NULL}, {0}};
static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "m", .m_methods = methods};

PyMODINIT_FUNC
PyInit_m(void)
{
    return PyModuleDef_Init(&module);
}
"""
BOM = b"\xef\xbb\xbf"


def put(project, name, content):
    if isinstance(content, str):
        content = content.encode()
    path = project.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@pytest.fixture
def value(compilers, project, python):
    """What `expression` is, with the project's module `m` built and
    imported."""
    def evaluate(expression="m.one(41)"):
        screen = compilers("build", "--json")
        assert screen.status == 0, screen.err
        [module] = json.loads(screen.out)["modules"]
        done = subprocess.run(
            [python, "-c",
             "import importlib.machinery as i, importlib.util as u\n"
             "l = i.ExtensionFileLoader('m', %r)\n"
             "s = u.spec_from_loader('m', l)\n"
             "m = u.module_from_spec(s)\n"
             "l.exec_module(m)\n"
             "print(repr(%s))" % (module["artefact"], expression)],
            stdout=subprocess.PIPE, text=True, encoding="utf-8", check=True,
            env=dict(os.environ, PYTHONIOENCODING="utf-8"))
        return done.stdout.strip()
    return evaluate


def wrapped(before, after=""):
    return before + PLAIN + after


GOOD = {
    "a BOM": BOM + PLAIN.encode(),
    "a BOM, raw": BOM + RAW.encode(),
    "CRLF": PLAIN.replace("\n", "\r\n"),
    "CRLF, raw": RAW.replace("\n", "\r\n"),
    "Latin-1 comments": b"/* Gr\xfc\xdfe */\n" + PLAIN.encode() + b"// \xe4",
    "Latin-1 comments, raw": b"/* Gr\xfc\xdfe */\n" + RAW.encode(),
    "no newline at the end": PLAIN.rstrip("\n"),
    "#pragma once": wrapped("#pragma once\n"),
    "a #line": wrapped('#line 100 "grammar.y"\n'),
    "a trigraph in a comment": wrapped("/* what??/\n*/\n"),
    "_Pragma in a function": PLAIN.replace(
        "return x", '_Pragma("GCC diagnostic push") return x'),
    "a line of 100 kB": wrapped("static const char table[] = {%s0};\n"
                                % ("7," * 50000),
                                "int use(int i) { return table[i]; }\n"),
    "K&R beside it": wrapped("static int f(a, b) int a, b; "
                             "{ return a + b; }\n",
                             "int g(int x) { return f(x, x); }\n"),
    "a macro that makes functions": """\
#include <cowbird.h>
#define ADDER(name, n) int name(int x) { return x + n; }
ADDER(one, 1)
ADDER(two, 2)
""",
}


@pytest.mark.parametrize("source", GOOD.values(), ids=GOOD.keys())
def test_it_builds_and_is_right(value, project, compilers, source):
    if compilers.name == "tcc" and b"_Pragma" in (
            source if isinstance(source, bytes) else source.encode()):
        pytest.skip("tcc has no _Pragma; where cc is there, cc builds it")
    put(project, "m.c", source)
    assert value() == "42"


def test_docstrings_of_other_encodings_are_read(value, project):
    put(project, "m.c", b"#include <cowbird.h>\n\n/* Gr\xfc\xdfe an alle. */"
        b"\nint\none(int x)\n{\n    return x;\n}\n")
    assert value("m.one.__doc__.splitlines()[-1]") == "'Gr??e an alle.'"


def test_names_of_other_letters_are_names(value, project):
    put(project, "m.c", "#include <cowbird.h>\n"
        "int größe(int höhe) { return höhe + 1; }\n")
    assert value("m.größe(höhe=41)") == "42"


def test_headers_with_guards_may_include_each_other(value, project):
    for mine, other in (("a", "b"), ("b", "a")):
        put(project, mine + ".h", "#ifndef H_%s\n#define H_%s\n"
            '#include "%s.h"\n#endif\n' % (mine, mine, other))
    put(project, "once.h", '#pragma once\n#include "once.h"\n')
    put(project, "m.c", '#include "a.h"\n#include "once.h"\n' + PLAIN)
    assert value() == "42"


def body(text):
    return PLAIN.replace("return x + 1;", text)


BAD = {
    "an error of its own": (
        '#include <cowbird.h>\n#error "run ./configure first"\n', """\
m.c:2:2: error: #error "run ./configure first"
    2 | #error "run ./configure first"
      |  ^~~~~
"""),
    "CRLF": (body("x = nope;").replace("\n", "\r\n"), """\
m.c:6:9: error: use of undeclared identifier 'nope'
    6 |     x = nope;
      |         ^~~~
"""),
    "a BOM": (BOM + b"int x = nope;\n" + PLAIN.encode(), """\
m.c:1:9: error: use of undeclared identifier 'nope'
    1 | int x = nope;
      |         ^~~~
"""),
    "Latin-1": (body("/* \xe4 */ x = nope;").encode("latin-1"), """\
m.c:6:17: error: use of undeclared identifier 'nope'
    6 |     /* ? */ x = nope;
      |                 ^~~~
"""),
    "a macro that makes functions": ("""\
#include <cowbird.h>
#define GETTER(name, value) int name(int x) { return x + value; }
GETTER(one, 1)

GETTER(two, nope)
""", """\
m.c:5:13: error: use of undeclared identifier 'nope'
    5 | GETTER(two, nope)
      |             ^~~~
"""),
    "the inside of a macro": ("""\
#include <cowbird.h>
#define GETTER(name) int name(int x) { return x + missing; }
GETTER(one)
""", """\
m.c:3:1: error: use of undeclared identifier 'missing'
    3 | GETTER(one)
      | ^
m.c:2:51: note: expanded from macro 'GETTER'
    2 | #define GETTER(name) int name(int x) { return x + missing; }
      |                                                   ^
"""),
    "a macro that makes what cannot be bound": ("""\
#include <cowbird.h>
#define MAKER(name) char *make_##name(int x) { return 0; }

MAKER(two)
""", "m.c:4:1: error: 'make_two' returns 'char *', and nothing says who frees "
     "it\n"),
    "K&R": ("#include <cowbird.h>\n\nint\nadd(a, b)\n    int a, b;\n"
            "{\n    return a + b;\n}\n", """\
m.c:4:1: error: 'add' cannot be called from Python: its parameters' types \
stand outside the parentheses
    4 | add(a, b)
      | ^~~
      = help: write them inside: int f(int a)
"""),
    "#line to a file that is not there": (
        '#include <cowbird.h>\n#line 100 "grammar.y"\n'
        "int one(int x) { x = nope; return x; }\n", """\
grammar.y:100:22: error: use of undeclared identifier 'nope'
  100 | int one(int x) { x = nope; return x; }
      |                      ^~~~
"""),
    "a comment without an end": (PLAIN + "/* never\n", """\
m.c:8:1: error: unterminated /* comment
    8 | /* never
      | ^
"""),
    "a brace too few": (PLAIN.rstrip("}\n") + "\n", """\
m.c:6:18: error: expected '}'
    6 |     return x + 1;
      |                  ^
m.c:5:1: note: to match this '{'
    5 | {
      | ^
"""),
}


@pytest.mark.parametrize("source, says", BAD.values(), ids=BAD.keys())
def test_the_words_stand_at_the_users_line(check, project, source, says):
    put(project, "m.c", source)
    screen = check()
    assert says in screen.said
    assert screen.status == 1


def test_what_is_meant_inside_a_macro_is_not_written_at_its_use(check,
                                                                project):
    put(project, "m.c", """\
#include <cowbird.h>
#define GETTER(name) int name(int x) { return x + nope; }
GETTER(one)
""")
    said = check().said
    assert """\
m.c:3:1: error: use of undeclared identifier 'nope'
    3 | GETTER(one)
      | ^
      = help: did you mean 'one'?
""" in said


def test_a_cycle_of_includes_says_how_to_end_it(check, project):
    put(project, "a.h", '#include "b.h"\n')
    put(project, "b.h", '#include "a.h"\n')
    put(project, "m.c", '#include "a.h"\n' + PLAIN)
    said = check().said
    assert """\
a.h:1:10: error: #include nested too deeply
    1 | #include "b.h"
      |          ^
      = help: it is included by what it includes: begin it with '#pragma once'
""" in said
    assert said.count("note: included from here") == 3


def test_a_long_line_is_shown_around_its_error(check, project):
    put(project, "m.c", "#include <cowbird.h>\nint table[] = {%snope, %s0};\n"
        % ("1234, " * 8000, "5678, " * 8000))
    said = check().said
    assert "use of undeclared identifier 'nope'" in said
    [shown] = [line for line in said.splitlines() if "2 | " in line]
    assert "nope" in shown and len(shown) < 300


def test_an_expression_without_end_is_built_or_named(check, project):
    put(project, "m.c", body("return x%s;" % (" + 1" * 60000)))
    screen = check()
    assert screen.status == 0 or ("m.c: error: libclang crashed with signal "
                                  in screen.said), screen.said


def test_bytes_of_zero_end_nothing(check, project):
    put(project, "m.c", PLAIN.encode() + b"\0\n" + b"int x = nope;\n")
    screen = check()
    assert screen.status == 1
    assert re.search(r"m\.c:[789]", screen.said), screen.said


def test_what_is_no_source_is_left_alone(check, project):
    put(project, "m.c", PLAIN)
    put(project, "empty.c", "")
    put(project, "wide.c", PLAIN.encode("utf-16"))
    put(project, "folder.c/inner.txt", "")
    (project.folder / "loop.c").symlink_to("loop.c")
    (project.folder / "gone.c").symlink_to("nowhere.c")
    os.mkfifo(project.folder / "pipe.c")
    screen = check()
    assert "  checked  1 module: 0 errors, 0 warnings\n" in screen.said
    assert screen.status == 0


@pytest.mark.parametrize("name", ["no-name", "a.b", "größe"])
def test_a_file_whose_name_is_none_for_a_module_is_named(check, project,
                                                         name):
    put(project, name + ".c", PLAIN)
    assert ("warning: %s.c is left alone: '%s' is no name of a module "
            "(letters, digits and _ make one)\n" % (name, name)
            in check().said)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_source_that_may_not_be_read_is_named(check, project):
    put(project, "m.c", PLAIN)
    (project.folder / "m.c").chmod(0)
    assert "warning: m.c cannot be read: Permission denied" in check().said


def test_a_source_that_goes_away_meanwhile_is_named(project, python):
    """The compiler is one that takes the source away before it starts."""
    put(project, "m.c", PLAIN)
    put(project, "m.h", "")
    cc = project.folder / "cc.sh"
    put(project, "cc.sh", '#!/bin/sh\nfor last; do :; done\n'
        'case $last in */m.c) rm -f "$last";; esac\nexec gcc "$@"\n')
    cc.chmod(0o755)
    screen = project.run("check", "--cc=%s" % cc,
                         env={"COWBIRD_PYTHON": python})
    assert "m.c: No such file or directory\n" in screen.said
    assert "did you mean" not in screen.said
    assert screen.status == 1


def test_diagnostics_of_any_bytes_are_json(compilers, project):
    put(project, "m.c", body("/* \xe4\x01 */ x = nope;").encode("latin-1"))
    screen = compilers("check", "--json")
    [module] = json.loads(screen.out.encode("utf-8", "strict"))["modules"]
    assert module["diagnostics"][0]["line"] == 6
