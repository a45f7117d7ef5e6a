"""`cowbird new --from APP.py:FUNCTION`: the C that is to replace a Python
function, and the test that holds the two against each other."""
import subprocess

import pytest

APP = '''\
"""An app that must not run when it is read."""
import typing
print("the app was imported")

def mean(x: list[float], by: float = 1.0) -> float:
    """The mean of some numbers.

    Zero for none.
    """
    if not x:
        return 0.0
    return by * sum(x) / len(x)

def label(name: typing.Optional[str] = None, *, sep="a\\"b") -> "str | None":
    return name

def fill(x: "numpy.typing.NDArray[numpy.float32]", default: int) -> None:
    x[:] = default

def ends(x: list[int]) -> tuple[int, bool]:
    return 0, not x

async def later(x: int) -> int:
    return x

def untyped(x, k=3): pass
def silent(x: int): pass
def rest(*x: int) -> int: pass
def strange(x: dict[str, int]) -> int: pass
def gives(x: int) -> set: pass
def odd(x: float = 2 * 3) -> float: pass
'''
BODY = '''\
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += x[i];
    }
    return n > 0 ? by * sum / n : 0.0;
}
'''


@pytest.fixture
def project(program, checker_python, tmp_path):
    (tmp_path / "app.py").write_text(APP)

    class Project:
        folder = tmp_path

        def call(self, *words):
            return subprocess.run(
                [program, *words], cwd=tmp_path, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                timeout=300)

        def new(self, function, *words):
            return self.call("new", "--python=" + checker_python,
                             "--from=app.py:" + function, *words)

        def test(self, *words):
            return self.call("run", "-q", "--python=" + checker_python,
                             "test_fast_mean.py", *words)

        def text(self, name):
            return (tmp_path / name).read_text()

        def fill_in(self, body):
            text = self.text("fast_mean.c")
            text = text[:text.index("    return cb_raise(")] + body
            (tmp_path / "fast_mean.c").write_text(text)
    return Project()


def prototype(project, name):
    """The declaration between the last comment and its body, in one line."""
    text = project.text(name).split("#include <cowbird.h>\n")[1]
    lines = [line for line in text[:text.index("\n{")].splitlines()
             if not line.startswith("//")]
    return " ".join(" ".join(lines).split())


def test_function_and_test_are_written_and_the_next_step_named(project):
    done = project.new("mean")
    assert done.returncode == 0
    assert done.stderr == (
        "  create  fast_mean.c             the C function, still without a "
        "body\n"
        "  create  test_fast_mean.py       runs both on the same inputs\n"
        "  create  compile_commands.json   so that clangd finds Python.h\n"
        "Use it:   from fast_mean import mean\n"
        'Pass:     array("d", x) for x, which was a list\n'
        "Then:     cowbird run -- pytest test_fast_mean.py\n")
    assert done.stdout == ""
    text = project.text("fast_mean.c")
    assert "// The mean of some numbers.\n//\n// Zero for none.\n" in text
    assert "    //     return by * sum(x) / len(x)\n" in text
    compile(project.text("test_fast_mean.py"), "test", "exec")


@pytest.mark.parametrize("function, declared", [
    ("mean", "double mean(const double *x, size_t n, CB_DEFAULT(1.0) double "
             "by)"),
    ("label", "const char *label(CB_DEFAULT(NULL) const char *name, "
              'CB_DEFAULT("a\\"b") const char *sep)'),
    ("fill", "void fill(float *x, size_t n, int64_t default_)"),
    ("ends", "void ends(const int64_t *x, size_t n, CB_OUT int64_t *out1, "
             "CB_OUT bool *out2)"),
])
def test_annotations_and_defaults_become_c(project, function, declared):
    assert project.new(function).returncode == 0
    assert prototype(project, "fast_%s.c" % function) == declared


@pytest.mark.parametrize("function, message, help", [
    ("later", "app.py:23: later() is async",
     "put what computes into a function of its own, and that into C"),
    ("untyped", "app.py:26: 'x' of untyped() has no annotation",
     "write for example 'x: float'; there are: int, float, "),
    ("silent", "app.py:27: silent() does not say what it returns",
     "write for example '-> float', or '-> None'"),
    ("rest", "app.py:28: rest() takes '*' or '**'",
     "C has a fixed number of parameters"),
    ("strange", "app.py:29: 'x' of strange() is 'dict[str, int]', which this "
     "does not put into C", "there are: int, float, "),
    ("gives", "app.py:30: gives() returns 'set', which this does not put "
     "into C", "there are: int, float, bool"),
    ("odd", "app.py:31: the default of 'x' of odd() is 2 * 3",
     "a number, True, False, a str or None can be a default in C"),
    ("mena", "app.py has no function 'mena' at its top",
     "did you mean 'app.py:mean'?"),
    ("Store.get", "'Store.get' is a method",
     "a function at the top of the file can be replaced"),
])
def test_what_has_no_counterpart_is_named_and_nothing_written(
        project, function, message, help):
    done = project.new(function)
    assert done.returncode == 2
    assert done.stderr.startswith("error: %s\n  = help: %s" % (message, help))
    assert [path.name for path in project.folder.iterdir()] == ["app.py"]


def test_broken_and_missing_files_are_named(project):
    (project.folder / "app.py").write_text("def mean(:\n")
    assert "error: app.py:1: " in project.new("mean").stderr
    (project.folder / "app.py").unlink()
    assert project.new("mean").stderr == "error: no such file: app.py\n"


def test_what_is_there_stays_without_force(project):
    project.new("mean")
    (project.folder / "fast_mean.c").unlink()
    (project.folder / "test_fast_mean.py").write_text("mine")
    done = project.new("mean")
    assert done.returncode == 2
    assert done.stderr == ("error: test_fast_mean.py is there already\n"
                           "  = help: --force replaces it\n")
    assert project.text("test_fast_mean.py") == "mine"
    assert not (project.folder / "fast_mean.c").exists()
    assert project.new("mean", "--force").returncode == 0


def test_a_name_and_a_folder_may_be_given(project):
    done = project.new("mean", "pkg/_speed")
    assert done.returncode == 0
    assert "from pkg._speed import mean" in done.stderr
    (project.folder / "pkg" / "__init__.py").write_text("")
    text = project.text("pkg/test__speed.py")
    assert 'Path(__file__).parent / ".."' in text
    assert "from app import mean as in_python" in text


def test_the_first_difference_is_shown_with_the_smallest_input(project):
    project.new("mean")
    done = project.test()
    assert done.returncode == 1
    assert ("mean(x=[], by=0.0)\n  Python: 0.0\n  C:      "
            "NotImplementedError('mean() is still to be written in C')\n"
            in done.stderr)
    project.fill_in(BODY.replace("0.0;", "1.0;"))
    done = project.test()
    assert done.returncode == 1
    assert ("mean(x=[], by=0.0)\n  Python: 0.0\n  C:      1.0\n"
            in done.stderr)


def test_the_same_results_give_the_speed_up(project, checker_python):
    project.new("mean")
    project.fill_in(BODY)
    done = project.test()
    assert (done.returncode, done.stderr) == (0, "")
    assert "inputs, no difference\n" in done.stdout
    assert "mean: the C is " in done.stdout
    assert " times as fast, " in done.stdout
    done = project.call("run", "-q", "--", checker_python, "-m", "pytest",
                        "-q", "-p", "no:cacheprovider", "test_fast_mean.py")
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout and "times as fast" in done.stdout
