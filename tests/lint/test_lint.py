"""The repository keeps its own rules, and each rule can see a breach."""
import os
import pathlib
import shlex
import shutil
import subprocess

import pytest
import rules

ROOT = pathlib.Path(__file__).resolve().parents[2]


def exceptions():
    text = (pathlib.Path(__file__).parent / "exceptions.txt").read_text()
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            rule, path, word, reason = line.split(None, 3)
            yield rule, path, word


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda r: r.__name__)
def test_the_repository_keeps(rule):
    allowed = [e for e in exceptions() if e[0] == rule.__name__]
    used, found = set(), []
    for path, line, sentence in rule(rules.Tree(ROOT)):
        fits = [e for e in allowed if e[1] == path and e[2] in sentence]
        used.update(fits)
        if not fits:
            found.append("%s:%d: %s" % (path, line, sentence))
    assert not found, "\n" + "\n".join(found)
    assert used == set(allowed), "exceptions that nothing needs"


FUNCTION = "/* x */\nint\nlong_one(void)\n{\n%s}\n"
BAD = {
    "arrows": [
        ("cli/a.c", '#include "agent.h"\n'),
        ("cli/a.c", "#include <Python.h>\n"),
        ("runtime/a.c", '#include "report.h"\n'),
        ("runtime/wire/a.h", "#include <Python.h>\n"),
        ("runtime/wire/a.h", "#include <clang-c/Index.h>\n"),
        ("runtime/wire/a.h", '#include "agent.h"\n'),
    ],
    "file_length": [("cli/a.c", "\n" * 501)],
    "function_length": [("cli/a.c", FUNCTION % ("    x();\n" * 61))],
    "line_width": [("cli/a.h", "x" * 80)],
    "first_comment": [("runtime/a.c", "#include <stdio.h>\n")],
    "speech": [
        ("cli/a.c", 'printf("x");'),
        ("cli/a.c", "fputs(text, stderr);"),
        ("cli/a.c", "write(STDERR_FILENO, text, 1);"),
        ("cli/a.c", "write(2, text, 1);"),
    ],
    "guest_manners": [
        ("runtime/a.c", "    exit(1);"),
        ("runtime/a.c", "abort ();"),
        ("runtime/wire/a.c", 'fprintf(f, "x");'),
        ("runtime/a.c", 'setenv("A", "b", 1);'),
    ],
    "machine_paths": [
        ("tests/a.py", 'P = "/ro' + 'ot/.x"'),
        ("Makefile", "X = /wo" + "rk/main"),
    ],
    "sleeps": [
        ("tests/a/test_a.py", "    time.sleep(1)\n"),
        ("tests/unit/test_a.c", "    usleep(1);\n"),
    ],
    "unregistered": [("tests/swap/test_a.py", "")],
}
GOOD = {
    "arrows": [("cli/a.c", '#include <stdio.h>\n#include "wire/err.h"\n')],
    "function_length": [("cli/a.c", FUNCTION % ("    x();\n" * 60))],
    "speech": [
        ("cli/a.c", '/* printf( */ snprintf(t, 9, "stderr");'),
        ("cli/report.c", "fputs(text, stderr);"),
    ],
    "guest_manners": [("runtime/a.c", '/* exit( */ x = "abort()";')],
    "sleeps": [("tests/test_a.py",
                "    time.sleep(1)  # the debounce is what is tested\n")],
    "unregistered": [("tests/swap/01_syntax/test_a.py", "")],
}


def samples(table):
    return [pytest.param(rule, path, text, id="%s-%d" % (rule.__name__, i))
            for rule in rules.RULES
            for i, (path, text) in enumerate(table.get(rule.__name__, ()))]


def findings(rule, folder, path, text):
    place = folder / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    return list(rule(rules.Tree(folder)))


@pytest.mark.parametrize("rule, path, text", samples(BAD))
def test_a_breach_is_seen(rule, path, text, tmp_path):
    assert [f[0] for f in findings(rule, tmp_path, path, text)] == [path]


@pytest.mark.parametrize("rule, path, text", samples(GOOD))
def test_what_is_right_is_left_alone(rule, path, text, tmp_path):
    assert findings(rule, tmp_path, path, text) == []


def test_every_rule_has_a_bad_sample():
    assert set(BAD) == {rule.__name__ for rule in rules.RULES}


def compile_alone(header, folder, python):
    include = subprocess.run(
        [python, "-c", "import sysconfig; "
         "print(sysconfig.get_path('include'))"],
        stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    cc = shlex.split(os.environ.get("COWBIRD_TEST_CC") or "cc")
    return subprocess.run(
        cc + ["-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-pedantic",
              "-Werror", "-fsyntax-only", "-x", "c", "-include", str(header),
              "-I", str(folder / "cli"), "-I", str(folder / "runtime"),
              "-I", str(folder / "runtime/include"),
              "-isystem", include, "-"],
        input="", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.mark.skipif(not (os.environ.get("COWBIRD_TEST_CC")
                         or shutil.which("cc")), reason="no C compiler")
class TestHeaders:
    def test_every_header_compiles_alone(self, python):
        # runtime/scan is for libclang, in the place of a compiler's own
        said = [compile_alone(ROOT / name, ROOT, python).stdout
                for name in rules.Tree(ROOT).files(".h", rooms=("cli",
                                                                "runtime"))
                if not name.startswith("runtime/scan/")]
        assert not "".join(said)

    @pytest.mark.parametrize("text", [
        "size_t n(void);\n",                     # leans on its includer
        "struct a {};\n",                        # no ISO C
        "static int x(int a) { return 0; }\n",   # warns
    ])
    def test_a_header_that_leans_on_others_is_seen(self, text, tmp_path,
                                                   python):
        header = tmp_path / "a.h"
        header.write_text(text)
        assert compile_alone(header, tmp_path, python).returncode != 0


def test_the_documentation_holds_the_table_of_types_as_it_is(program):
    shown = subprocess.run([program, "help", "types"], check=True,
                           stdout=subprocess.PIPE, text=True).stdout
    for words in ("| unsigned long long   | int     | Q ", "`const char *s`",
                  "`const T *x, size_t n`"):
        assert words in shown
    kept = (ROOT / "docs" / "TYPES.md").read_text()
    assert kept == shown, "run: cowbird help types > docs/TYPES.md"
