"""What is said about settings, by a command that reads them."""
import pytest

NO_SESSION = """\
error: no running session of PROJECT
  = help: start one with: cowbird run APP.py --compile-path=. --dev
"""


def says(project, text, *words, status=1, said="", env=()):
    """`cowbird status` under this pyproject.toml says `said`."""
    project.write("pyproject.toml", "[tool.cowbird]\n" + text)
    screen = project.run("status", *words, env=env)
    assert (screen.said, screen.status) == (said, status)


def test_an_unknown_key_is_a_warning_with_its_near_match(project):
    says(project, "compile-pth = '.'\n",
         said="warning: pyproject.toml:2: unknown key 'compile-pth' in "
              "[tool.cowbird]; did you mean 'compile-path'?\n" + NO_SESSION)
    says(project, "sandwich = 1\n[tool.cowbird.modules.m]\ncflag = '-O3'\n",
         said="warning: pyproject.toml:2: unknown key 'sandwich' in "
              "[tool.cowbird]\n"
              "warning: pyproject.toml:4: unknown key 'cflag' in "
              "[tool.cowbird.modules.m]; did you mean 'cflags'?\n"
              + NO_SESSION)


def test_quiet_holds_warnings_back_but_no_error(project):
    says(project, "compile-pth = '.'\n", "-q", said=NO_SESSION)


@pytest.mark.parametrize("text, said", [
    ("jobs = '4'\n", "pyproject.toml:2: 'jobs' in [tool.cowbird] must be an "
                     "integer, not a string"),
    ("jobs = 5000\n", "pyproject.toml:2: 'jobs' in [tool.cowbird] must be "
                      "from 0 to 1024, not 5000"),
    ("py-reload = 'x'\n", "pyproject.toml:2: 'py-reload' in [tool.cowbird] "
                          "must be auto, on or off, not 'x'"),
    ("modules.m.sources = [1]\n",
     "pyproject.toml:2: 'sources' in [tool.cowbird.modules.m] must be a "
     "string or an array of strings, not hold an integer"),
    ("cc = gcc\n", "pyproject.toml:2: 'gcc' is no value; a string needs "
                   "quotes"),
    ("cc = 'a'\ncc = 'b'\n", "pyproject.toml:3: 'cc' is already in line 2"),
])
def test_a_wrong_value_names_file_line_and_key(project, text, said):
    says(project, text, status=2, said="error: %s\n" % said)


def test_the_file_of_a_folder_above_is_named_in_full(project):
    project.write("pyproject.toml", "[tool.cowbird]\njobs = 'x'\n")
    inner = project.folder / "a" / "b"
    inner.mkdir(parents=True)
    project.refuses("status", cwd=inner, said="error: PROJECT/pyproject.toml:"
                    "2: 'jobs' in [tool.cowbird] must be an integer, not a "
                    "string\n")


def test_a_wrong_variable_is_named(project):
    says(project, "", status=2, env={"COWBIRD_JOBS": "many"},
         said="error: COWBIRD_JOBS must be from 0 to 1024, not 'many'\n")
    says(project, "", env={"COWBIRD_COMPILE_PATHS": "x"},
         said="warning: unknown variable COWBIRD_COMPILE_PATHS in the "
              "environment; did you mean 'COWBIRD_COMPILE_PATH'?\n"
              + NO_SESSION)


def test_a_wrong_option_value_is_named(project):
    project.refuses("status", "--jobs=5000",
                    said="error: --jobs must be from 0 to 1024, not 5000\n")
