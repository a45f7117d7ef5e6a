"""`cowbird run` without --dev: it builds, then it is the app."""
import os
import signal
import subprocess

import pytest

from live import source


@pytest.fixture
def project(tmp_path):
    (tmp_path / "scoring.c").write_text(source(41))
    return tmp_path


def run(program, folder, *words, **more):
    return subprocess.run([program, *words], cwd=folder, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120, **more)


def test_the_module_imports_and_the_words_reach_the_app(program, project,
                                                        any_python):
    (project / "app.py").write_text(
        "import scoring, sys\nprint(scoring.answer(), sys.argv[1:])\n")
    done = run(program, project, "run", f"--python={any_python}", "app.py",
               "one", "--compile-path=.", "--", "--two")
    assert done.stdout == "41 ['one', '--two']\n", done.stderr
    assert done.returncode == 0


def test_it_becomes_the_app(program, project):
    (project / "app.py").write_text("import os; print(os.getpid())\n")
    with subprocess.Popen([program, "run", "-q", "app.py"], cwd=project,
                          stdout=subprocess.PIPE, text=True) as process:
        assert process.communicate()[0].strip() == str(process.pid)


@pytest.mark.parametrize("ending, status", [
    ("sys.exit(3)", 3), ("os.kill(os.getpid(), 15)", -signal.SIGTERM)])
def test_the_status_is_the_apps(program, project, ending, status):
    (project / "app.py").write_text(f"import os, sys; {ending}\n")
    assert run(program, project, "run", "app.py").returncode == status


def test_no_guest_no_thread_and_no_socket(program, project):
    (project / "app.py").write_text(
        "import os, scoring, sys\n"
        "assert '_cowbird' not in sys.modules\n"
        "assert len(os.listdir('/proc/self/task')) == 1\n"
        "print(scoring.__file__)\n")
    done = run(program, project, "run", "app.py")
    assert done.returncode == 0, done.stderr
    assert not done.stdout.startswith(str(project))


def test_a_broken_module_is_an_import_error_with_its_diagnostics(program,
                                                                 project):
    (project / "scoring.c").write_text(source("nonsense"))
    (project / "app.py").write_text(
        "print('up')\n"
        "try:\n    import scoring\n"
        "except ImportError as error:\n    print(error)\n")
    done = run(program, project, "run", "app.py")
    assert done.returncode == 0
    assert done.stdout.startswith("up\nscoring.c:6:")
    assert "nonsense" in done.stdout and "nonsense" in done.stderr


def test_a_command_runs_with_the_modules(program, project):
    (project / "test_it.py").write_text("")
    done = run(program, project, "run", "--", "python3", "-c",
               "import scoring; print(scoring.answer())")
    assert done.stdout == "41\n", done.stderr


def test_the_flat_spelling_is_the_same(program, project):
    (project / "app.py").write_text("import scoring; print('flat')\n")
    done = run(program, project, "app.py", "--compile-c-path=.")
    assert done.stdout == "flat\n", done.stderr


def test_no_app_and_no_command_is_wrong_usage(program, project):
    done = run(program, project, "run")
    assert done.returncode == 2
    assert "no app and no command to run" in done.stderr


def test_an_app_that_is_not_there_is_named(program, project):
    done = run(program, project, "run", "nowhere.py")
    assert done.returncode == 2
    assert "no such app: nowhere.py" in done.stderr


def test_a_command_that_is_not_there_is_named(program, project):
    done = run(program, project, "run", "--", "no-such-command-here")
    assert done.returncode == 2
    assert "command 'no-such-command-here' not found" in done.stderr


def test_a_warm_cache_compiles_nothing(program, project):
    (project / "app.py").write_text("import scoring\n")
    assert run(program, project, "run", "app.py").returncode == 0
    done = run(program, project, "run", "app.py")
    assert "from cache" in done.stderr


def test_the_users_sitecustomize_still_runs(program, project):
    site = project / "mine"
    site.mkdir()
    (site / "sitecustomize.py").write_text("print('mine')\n")
    (project / "app.py").write_text(
        "import scoring, sys; print(scoring.answer())\n"
        "assert not any('runtime/site' in p for p in sys.path), sys.path\n")
    done = run(program, project, "run", "app.py",
               env={**os.environ, "PYTHONPATH": str(site)})
    assert done.stdout == "mine\n41\n", done.stderr


@pytest.mark.parametrize("flag, words", [
    ("-S", "starts without site"), ("-I", "ignores PYTHONPATH")])
def test_a_python_that_keeps_us_out_is_said(program, project, python, flag,
                                            words):
    done = run(program, project, "run", "--", python, flag, "-c", "print(1)")
    assert done.stdout == "1\n"
    assert f"warning: python {flag} {words}" in done.stderr
    done = run(program, project, "run", "--", python, "-c", "print('-S')")
    assert "warning" not in done.stderr
