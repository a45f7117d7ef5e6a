"""What a session does from its start to its end: builds, swaps, tells,
restarts, and leaves nothing behind."""
import json
import os
import pathlib
import signal
import subprocess

import pytest

from live import APP, Live, processes_of, source


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "scoring.c").write_text(source(1))
    return folder


def ask(program, folder, *words):
    return subprocess.run([program, *words], cwd=folder, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60)


def test_a_save_is_live_without_a_restart(program, project, any_python):
    with Live(program, project, python=any_python) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        before = live.get("/pid/")
        live.save("scoring.c", source(2))
        event = live.event("swap", module="scoring")
        assert (event["generation"], event["workers"]) == (2, 1)
        assert event["moved"] == 1 and event["swapped"] == ["answer"]
        assert live.get("/scoring/answer") == (200, "2")
        assert live.get("/pid/") == before


def test_a_module_that_never_built_raises_its_diagnostics(program, project):
    (project / "scoring.c").write_text(source("nonsense"))
    with Live(program, project) as live:
        live.port()
        status, body = live.get("/scoring/answer")
        assert status == 500 and body.startswith("ImportError")
        assert "nonsense" in body and "scoring.c:6:" in body
        live.save("scoring.c", source(7))
        live.event("built", module="scoring")
        assert live.get("/scoring/answer") == (200, "7")


def test_python_changed_restarts_the_app(program, project):
    with Live(program, project) as live:
        live.port()
        first = live.get("/pid/")
        live.save("app.py", APP + "# changed\n")
        live.event("restart")
        live.port()
        assert live.get("/pid/") != first
        assert live.get("/scoring/answer") == (200, "1")


def test_python_beside_the_compile_path_restarts_a_command(program, project,
                                                           pythons):
    (project / "native").mkdir()
    (project / "scoring.c").rename(project / "native" / "scoring.c")
    words = ("--", pythons[0], "app.py")
    with Live(program, project, *words, compile_path="native") as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.meet()
        live.save("app.py", APP + "# changed\n")
        live.event("restart", why="Python changed")


def test_python_that_nobody_has_imported_restarts_nothing(program, project):
    (project / "helper.py").write_text("value = 1\n")
    (project / "app.py").write_text(
        "import helper\n"
        "try:\n    import later\nexcept ImportError:\n    pass\n" + APP)
    with Live(program, project, options=("-v",)) as live:
        live.port()
        first = live.get("/pid/")
        assert live.get("/scoring/answer") == (200, "1")
        live.meet()
        live.save("test_scoring.py", "def test_it(): pass\n")
        live.said("test_scoring.py: nothing has imported it, no restart")
        live.save("helpers.py", "value = 1\n")
        live.said("helpers.py: nothing has imported it, no restart")
        assert live.get("/pid/") == first
        assert "restart" not in [e["event"] for e in live.seen]
        for name in ("helper.py", "later.py", "app.py"):
            text = (project / name).read_text() \
                if (project / name).exists() else ""
            live.save(name, text + "# changed\n")
            live.event("restart", why="Python changed")
            live.port()
            assert live.get("/scoring/answer") == (200, "1")
            live.meet()


def test_py_reload_on_restarts_for_any_python(program, project):
    with Live(program, project, options=("--py-reload=on",)) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.meet()
        live.save("test_scoring.py", "def test_it(): pass\n")
        live.event("restart", why="Python changed")
        live.port()


def test_py_reload_off_leaves_the_app_alone(program, project):
    with Live(program, project, options=("--py-reload=off",)) as live:
        live.port()
        first = live.get("/pid/")
        live.save("app.py", APP + "# changed\n")
        live.save("scoring.c", source(2))
        live.event("built", module="scoring")
        assert live.get("/pid/") == first


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM],
                         ids=lambda n: n.name)
def test_the_end_leaves_no_process_and_no_folder(program, project, number):
    with Live(program, project) as live:
        live.port()
        live.get("/scoring/answer")
        assert len(processes_of(project)) >= 2
        live.end(number)
        assert processes_of(project) == []
    sessions = os.path.join(os.environ["XDG_RUNTIME_DIR"], "cowbird")
    assert os.listdir(sessions) == []


def test_an_app_that_does_not_end_is_waited_for_then_hurried(program,
                                                            project):
    (project / "app.py").write_text(
        "import signal\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + APP)
    with Live(program, project) as live:
        live.port()
        os.kill(live.pid, signal.SIGTERM)
        live.event("setup", subject="end")
        live.said("waiting for app.py; Ctrl-C again hurries it")
        assert live.end(signal.SIGTERM) == -signal.SIGKILL
        assert processes_of(project) == []


def test_an_app_that_never_ends_is_killed(program, project):
    (project / "app.py").write_text(
        "import signal\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + APP)
    with Live(program, project) as live:
        live.port()
        assert live.end(signal.SIGTERM) == -signal.SIGKILL
        live.said("warning: app.py does not end: killed")


def test_an_app_that_ends_ends_the_session_with_its_status(program, project):
    (project / "app.py").write_text("import sys; sys.exit(7)\n")
    with Live(program, project) as live:
        assert live.wait() == 7


def test_a_death_by_signal_is_repeated(program, project):
    (project / "app.py").write_text("import os; os.kill(os.getpid(), 9)\n")
    with Live(program, project) as live:
        assert live.wait() == -signal.SIGKILL


def test_an_app_that_fails_on_a_broken_module_waits_for_the_save(program,
                                                                 project):
    (project / "scoring.c").write_text(source("nonsense"))
    (project / "app.py").write_text("import scoring\n" + APP)
    with Live(program, project) as live:
        assert live.event("exit")["status"] == 1
        live.save("scoring.c", source(9))
        live.event("restart")
        live.port()
        assert live.get("/scoring/answer") == (200, "9")


def test_a_stopped_worker_is_late_and_moves_when_it_runs(program, project):
    with Live(program, project) as live:
        live.port()
        live.get("/scoring/answer")
        worker = int(live.get("/pid/")[1])
        live.meet()
        os.kill(worker, signal.SIGSTOP)
        live.save("scoring.c", source(2))
        assert live.event("swap", module="scoring")["moved"] == 0
        assert live.event("late")["workers"] == 1
        live.said("0/1 workers  gen 2")
        live.said("1 worker does not answer (stopped); it moves when it runs again")
        live.save("scoring.c", source(3))
        assert live.event("swap", module="scoring")["moved"] == 0
        os.kill(worker, signal.SIGCONT)
        live.event("moved", pid=worker)
        live.said(f"worker {worker}  runs again, on what is live")
        assert live.get("/scoring/answer") == (200, "3")


def test_a_python_nobody_expected_gets_its_own_artefacts(program, project,
                                                         pythons):
    if len(pythons) < 2:
        pytest.skip("one Python only")
    words = ("--", pythons[1], "app.py")
    with Live(program, project, *words, python=pythons[0]) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.said(f"as well ({pythons[1]})")
        live.save("scoring.c", source(2))
        live.event("swap", module="scoring")
        assert live.get("/scoring/answer") == (200, "2")


def test_status_names_generations_and_workers(program, project):
    with Live(program, project) as live:
        live.port()
        live.get("/scoring/answer")
        live.save("scoring.c", source(2))
        live.event("swap", module="scoring")
        done = ask(program, project, "status", "--json")
        found = json.loads(done.stdout)
        assert done.returncode == 0
        assert found["modules"][0]["name"] == "scoring"
        assert found["modules"][0]["generation"] == 2
        assert [w["modules"] for w in found["workers"]] == [{"scoring": 2}]
        shown = ask(program, project, "status").stdout
        assert "gen 2  1/1 workers" in shown


def test_status_is_json_whatever_a_folder_is_called(program, tmp_path):
    folder = os.fsencode(tmp_path) + b"/caf\xe9 \"x\""
    os.mkdir(folder)
    folder = os.fsdecode(folder)
    for name, text in (("app.py", APP), ("scoring.c", source(1))):
        with open(os.path.join(folder, name), "w") as file:
            file.write(text)
    with Live(program, folder) as live:
        live.port()
        done = subprocess.run([program, "status", "--json"], cwd=folder,
                              stdout=subprocess.PIPE, timeout=60)
        assert done.returncode == 0
        told = json.loads(done.stdout.decode())
        assert [m["name"] for m in told["modules"]] == ["scoring"]


def test_status_without_a_session_names_the_command(program, project):
    done = ask(program, project, "status")
    assert done.returncode == 1
    assert "no running session" in done.stderr
    assert "cowbird run APP.py --compile-path=. --dev" in done.stderr


def test_undo_goes_back_one_generation(program, project):
    with Live(program, project) as live:
        live.port()
        live.get("/scoring/answer")
        live.save("scoring.c", source(2))
        live.event("swap", module="scoring")
        done = ask(program, project, "undo", "scoring")
        assert done.returncode == 0, done.stderr
        assert live.get("/scoring/answer") == (200, "1")
        event = live.event("undo", module="scoring")
        assert (event["generation"], event["code_of"]) == (3, 1)


def test_undo_of_a_file_names_the_module(program, project):
    with Live(program, project) as live:
        live.port()
        done = ask(program, project, "undo", "./scoring.c")
        assert done.returncode == 1
        assert "did you mean 'scoring'?" in done.stderr


def test_undo_goes_further_back_each_time(program, project):
    with Live(program, project) as live:
        live.port()
        live.get("/scoring/answer")
        for value in (2, 3, 4):
            live.save("scoring.c", source(value))
            live.event("swap", module="scoring")
        for value in ("3", "2", "1"):
            done = ask(program, project, "undo", "scoring")
            assert done.returncode == 0, done.stderr
            assert live.get("/scoring/answer") == (200, value)
            event = live.event("undo", module="scoring")
            assert event["code_of"] == int(value)
        assert ask(program, project, "undo", "scoring").returncode != 0
        live.save("scoring.c", source(4))
        live.event("swap", module="scoring")
        assert live.get("/scoring/answer") == (200, "4")
        ask(program, project, "undo", "scoring")
        assert live.get("/scoring/answer") == (200, "1")


def test_after_an_undo_the_same_text_brings_the_newer_code_back(program,
                                                                project):
    with Live(program, project) as live:
        live.port()
        live.get("/scoring/answer")
        live.save("scoring.c", source(2))
        live.event("swap", module="scoring")
        ask(program, project, "undo", "scoring")
        live.event("undo", module="scoring")
        shown = ask(program, project, "status").stdout
        assert ("gen 1's code: undone; save its source to bring the newer "
                "code back" in shown)
        live.save("scoring.c", source(2))
        live.event("swap", module="scoring")
        assert live.get("/scoring/answer") == (200, "2")
        assert "undone" not in ask(program, project, "status").stdout


def stateful(size, value=1):
    """With so many bytes of module state: another number is refused."""
    return source(value).replace("NULL, 0, methods", f"NULL, {size}, methods")


def test_what_was_refused_is_loaded_when_the_app_restarts(program, project):
    (project / "scoring.c").write_text(stateful(8))
    with Live(program, project) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.save("scoring.c", stateful(16, 2))
        live.event("refused", module="scoring")
        assert live.get("/scoring/answer") == (200, "1")
        live.save("app.py", APP + "# changed\n")
        live.event("built", module="scoring")
        live.event("restart")
        live.port()
        assert live.get("/scoring/answer") == (200, "2")


def test_what_was_refused_and_taken_back_is_not_loaded(program, project):
    """What the file says again is what serves."""
    small = stateful(8)
    (project / "scoring.c").write_text(small)
    with Live(program, project) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.meet()
        live.save("scoring.c", stateful(16, 2))
        live.event("refused", module="scoring")
        live.save("scoring.c", small)
        live.event("same", module="scoring")
        live.save("app.py", APP + "# changed\n")
        live.event("restart")
        live.port()
        assert live.get("/scoring/answer") == (200, "1")


def test_what_was_refused_is_tried_again_when_it_is_saved_again(program,
                                                                project):
    """What was in the way may have gone."""
    (project / "scoring.c").write_text(stateful(8))
    with Live(program, project) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.meet()
        large = stateful(16)
        for _ in range(2):
            live.save("scoring.c", large)
            live.event("refused", module="scoring")
        assert "same" not in [e["event"] for e in live.seen]


def test_restart_starts_the_app_on_what_was_refused(program, project):
    (project / "scoring.c").write_text(stateful(8))
    with Live(program, project) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.meet()
        live.save("scoring.c", stateful(16, 2))
        live.event("refused", module="scoring")
        live.said("cowbird restart starts the app again and loads it")
        done = ask(program, project, "restart")
        assert done.returncode == 0, done.stderr
        assert "app.py asked for, started again in" in done.stderr
        live.event("restart", why="asked for")
        live.port()
        assert live.get("/scoring/answer") == (200, "2")


def test_restart_starts_an_app_that_has_ended(program, project):
    (project / "scoring.c").write_text(source("nonsense"))
    (project / "app.py").write_text(
        "import os\nif not os.path.exists('go'): import scoring\n" + APP)
    with Live(program, project) as live:
        live.event("exit")
        (project / "go").touch()
        assert ask(program, project, "restart").returncode == 0
        live.event("restart", why="asked for")
        live.port()


def test_a_command_that_is_not_there_is_wrong_usage(program, project):
    with Live(program, project, "--", "no-such-command-here") as live:
        assert live.wait() == 2
        live.said("command 'no-such-command-here' not found")


def test_undo_of_the_first_generation_is_refused(program, project):
    with Live(program, project) as live:
        live.port()
        done = ask(program, project, "undo", "scoring")
        assert done.returncode == 1
        assert "has no generation before this one" in done.stderr


def test_the_first_generation_comes_back_for_its_own_text(program, project):
    with Live(program, project) as live:
        live.port()
        live.get("/scoring/answer")
        for value, generation in ((2, 2), (1, 3)):
            live.save("scoring.c", source(value))
            event = live.event("swap", module="scoring")
            assert event["generation"] == generation
            assert live.get("/scoring/answer") == (200, str(value))


def test_the_tree_gets_no_artefact(program, project):
    with Live(program, project) as live:
        live.port()
        live.get("/scoring/answer")
        live.save("scoring.c", source(2))
        live.event("swap", module="scoring")
    assert sorted(os.listdir(project)) == [
        "app.py", "compile_commands.json", "scoring.c"]


def test_a_header_saved_during_its_first_compile_is_not_lost(
        program, project, tmp_path):
    """Nobody watched or knew the header before the compiler named it."""
    header = tmp_path / "n.h"
    header.write_text("#define N 2\n")
    once = tmp_path / "once"
    slow = tmp_path / "slow-cc"
    slow.write_text(f"""#!/bin/sh
cc "$@"
status=$?
if test -e {once}; then
    rm {once}
    echo '#define N 3' > {header}
fi
exit $status
""")
    slow.chmod(0o755)
    with Live(program, project, options=[f"--cc={slow}"]) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        once.touch()
        live.save("scoring.c",
                  f'#define H "{header}"\n#include H\n' + source("N"))
        live.event("swap", module="scoring")
        if live.get("/scoring/answer") != (200, "3"):
            live.event("swap", module="scoring")
        assert live.get("/scoring/answer") == (200, "3")


def test_a_save_that_the_disk_refused_goes_live_when_saved_again(program,
                                                                 project):
    """Its content is known by then: it must not count as no change."""
    with Live(program, project) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        session = json.loads(ask(program, project, "status",
                                 "--json").stdout)["session"]
        cache = pathlib.Path(os.environ["COWBIRD_CACHE_DIR"])
        images, = (cache / "sessions" / session).iterdir()
        aside = images.with_name("aside")
        images.rename(aside)
        images.write_text("no folder\n")
        live.save("scoring.c", source(2))
        live.event("error", module="scoring")
        told = json.loads(ask(program, project, "status", "--json").stdout)
        assert told["modules"][0]["phase"] == "rolled back"
        images.unlink()
        aside.rename(images)
        live.save("scoring.c", source(2))
        live.event("swap", module="scoring")
        assert live.get("/scoring/answer") == (200, "2")
