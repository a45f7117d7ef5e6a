"""Plain C as Python sees it: one module with every kind of parameter, by both
compilers, on every Python, and under sanitizers."""
import os
import pathlib
import shutil
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent


# each module with what must hold of it
CLAIMS = {"kinds": "claims.py", "calls": "claims_of_calls.py",
          "waves": "claims_of_waves.py", "handles": "claims_of_handles.py",
          "callbacks": "claims_of_callbacks.py",
          "objects": "claims_of_objects.py", "tasks": "claims_of_tasks.py",
          "values": "claims_of_values.py"}


@pytest.fixture
def project(tmp_path):
    for module, claims in CLAIMS.items():
        shutil.copy(HERE / (module + ".c"), tmp_path)
        shutil.copy(HERE / claims, tmp_path)
    shutil.copy(HERE / "hostile.py", tmp_path)
    return tmp_path


IMPORT_ALL = "import " + ", ".join(c[:-3] for c in CLAIMS.values())


def run(program, folder, *words, **more):
    return subprocess.run([program, *words], cwd=folder, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=240, **more)


@pytest.mark.parametrize("cc", ["gcc", "tcc"])
def test_every_kind_keeps_its_promises(program, project, any_python, cc):
    """All claims in one build and one Python, for speed."""
    if cc == "gcc" and shutil.which("gcc") is None:
        pytest.skip("no gcc")
    done = run(program, project, "run", f"--python={any_python}", f"--cc={cc}",
               "--", any_python, "-X", "dev", "-c", IMPORT_ALL)
    if cc == "tcc" and done.returncode == 2 and "tcc" in done.stderr:
        pytest.skip("no libtcc for this machine")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "" and "warning" not in done.stderr


def test_tcc_leaves_out_what_a_source_does_not_use(program, tmp_path,
                                                    any_python):
    """Whatever is linked is loaded, too, while a save waits."""
    if shutil.which("nm") is None:
        pytest.skip("no nm")
    (tmp_path / "small.c").write_text("#include <cowbird.h>\n"
                                      "int one(void) { return 1; }\n")
    done = run(program, tmp_path, "run", f"--python={any_python}", "--cc=tcc",
               "--", any_python, "-c", "import small; print(small.__file__)")
    if done.returncode == 2 and "tcc" in done.stderr:
        pytest.skip("no libtcc for this machine")
    names = subprocess.run(["nm", done.stdout.strip()], text=True, check=True,
                           stdout=subprocess.PIPE).stdout
    assert "cb_call_one" in names
    assert "cb_double_slow" not in names


def test_numpy_reads_and_is_read(program, project, checker_python):
    shutil.copy(HERE / "claims_of_numpy.py", project)
    done = run(program, project, "run", f"--python={checker_python}", "--",
               checker_python, "-c", "import claims_of_numpy")
    assert done.returncode == 0, done.stderr


def sanitizer(name):
    path = subprocess.run(["gcc", f"-print-file-name=lib{name}.so"],
                          stdout=subprocess.PIPE, text=True).stdout.strip()
    return path if pathlib.Path(path).is_absolute() else None


def test_hostile_values_are_refused_under_sanitizers(program, project,
                                                     python):
    asan = sanitizer("asan") if shutil.which("gcc") else None
    if asan is None:
        pytest.skip("no gcc with AddressSanitizer")
    (project / "pyproject.toml").write_text("".join(
        f"[tool.cowbird.modules.{module}]\n"
        f'sources = ["{module}.c"]\n'
        'cflags = ["-fsanitize=address,undefined", "-fno-sanitize-recover"]\n'
        'ldflags = ["-fsanitize=address,undefined"]\n' for module in CLAIMS))
    preload = ["env", f"LD_PRELOAD={asan}", "ASAN_OPTIONS=detect_leaks=0",
               "PYTHONMALLOC=malloc"]
    done = run(program, project, "run", f"--python={python}", "--cc=gcc",
               "--", *preload, python, "-c", IMPORT_ALL)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""


def test_the_binding_can_be_read(program, project):
    shown = run(program, project, "expand", "kinds.c")
    assert shown.returncode == 0, shown.stderr
    assert 'PyInit_kinds(void)' in shown.stdout
    assert str(project) not in shown.stdout
    assert run(program, project, "expand", "kinds.c").stdout == shown.stdout
    (project / "no.c").write_text("int f(int a) { return a; }\n")
    none = run(program, project, "expand", "no.c")
    assert none.returncode == 2 and "no.c is no module" in none.stderr
    assert run(program, project, "expand", "gone.c").returncode == 2


def test_what_cannot_be_bound_is_told_at_its_line(program, project):
    (project / "bad.c").write_text(
        "#include <cowbird.h>\n"
        "int good(int a) { return a; }\n"
        "double *make(int k) { return 0; }\n"
        "int peek(const int *x) { return *x; }\n")
    done = run(program, project, "build")
    assert done.returncode == 1
    assert """\
bad.c:3:9: error: 'make' returns 'double *', and nothing says how long it is or who frees it
    3 | double *make(int k) { return 0; }
      |         ^~~~
      = help: write CB_OWNED before it and give its length by CB_OUT size_t *n, or fill a buffer that the caller gives: double *out, size_t n
bad.c:4:21: error: 'x' of 'peek' is a pointer without a length
    4 | int peek(const int *x) { return *x; }
      |                     ^
""" in done.stderr


def test_a_compilers_error_has_the_users_own_line(program, project):
    (project / "bad.c").write_text(
        "#include <cowbird.h>\n"
        "int f(int a)\n{\n    return undeclared + a;\n}\n")
    done = run(program, project, "build")
    assert done.returncode == 1
    assert "bad.c:4:12: error: " in done.stderr
    assert done.stderr.count(": error: ") == 1


def test_without_libclang_plain_modules_say_so_and_raw_ones_build(
        program, project, python):
    from live import source
    (project / "raw.c").write_text(source(5, "raw"))
    (project / "app.py").write_text("import raw\nprint(raw.answer())\n"
                                    "import kinds\n")
    done = run(program, project, "run", f"--python={python}", "app.py",
               env={**os.environ, "COWBIRD_LIBCLANG": "/not/there.so"})
    assert done.stdout == "5\n"
    assert "kinds.c:2: error: " in done.stderr
    assert "ImportError" in done.stderr
