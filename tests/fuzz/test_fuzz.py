"""Modules of random signatures called with hostile values: an exception that
the manual names, or an answer; never a crash, never a reference that stays.

    COWBIRD_TEST_FUZZ_ROUNDS=200 COWBIRD_TEST_FUZZ_SEED=1 (`make fuzz`)

makes more of them. What fails says how that one round is repeated.
"""
import json
import os
import pathlib
import shutil
import subprocess

import pytest
import signatures

HERE = pathlib.Path(__file__).resolve().parent
ROUNDS = int(os.environ.get("COWBIRD_TEST_FUZZ_ROUNDS", 2))
FIRST = int(os.environ.get("COWBIRD_TEST_FUZZ_SEED", 1))
SEEDS = range(FIRST, FIRST + ROUNDS)
FUNCTIONS, CALLS = 120, 30000


def make(folder, seed, has_complex):
    source, rows = signatures.module(seed, FUNCTIONS, has_complex)
    (folder / "fuzzed.c").write_text(source)
    (folder / "fuzzed.json").write_text(json.dumps(rows))
    shutil.copy(HERE / "calls.py", folder)


def run(program, folder, python, cc, seed, *before):
    command = [program, "run", "-q", f"--python={python}", f"--cc={cc}", "--",
               *before, python, "-X", "faulthandler", "-W", "ignore",
               "calls.py", str(seed), str(CALLS)]
    done = subprocess.run(command, cwd=folder, text=True, timeout=600,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    last = folder / "last"
    number = last.read_text().strip("\0 ") if last.exists() else "none"
    assert done.returncode == 0 and done.stdout == "", (
        f"seed {seed}, {python}, {cc}, exit {done.returncode}, call {number} "
        f"(add it to the words of calls.py to see it): {done.stderr}")


def test_the_same_seed_gives_the_same_module():
    one, two = (signatures.module(7, 40, True) for _ in range(2))
    assert one == two and one != signatures.module(8, 40, True)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_value_gets_through_a_sanitized_binding(program, tmp_path, python,
                                                   seed):
    asan = subprocess.run(["gcc", "-print-file-name=libasan.so"],
                          stdout=subprocess.PIPE, text=True).stdout.strip() \
        if shutil.which("gcc") else ""
    if not pathlib.Path(asan).is_absolute():
        pytest.skip("no gcc with AddressSanitizer")
    make(tmp_path, seed, has_complex=True)
    (tmp_path / "pyproject.toml").write_text(
        "[tool.cowbird.modules.fuzzed]\n"
        'sources = ["fuzzed.c"]\n'
        'cflags = ["-O1", "-fsanitize=address,undefined", '
        '"-fno-sanitize-recover"]\n'
        'ldflags = ["-fsanitize=address,undefined"]\n')
    run(program, tmp_path, python, "gcc", seed, "env", f"LD_PRELOAD={asan}",
        "ASAN_OPTIONS=detect_leaks=0", "PYTHONMALLOC=malloc")


@pytest.mark.parametrize("seed", SEEDS)
def test_no_value_brings_any_python_down(program, tmp_path, any_python, seed):
    has_tcc = bool(os.environ.get("COWBIRD_TCC"))
    make(tmp_path, 1000 + seed, has_complex=False)
    run(program, tmp_path, any_python, "tcc" if has_tcc else "auto",
        1000 + seed)
