"""Launchers before the compiler: their own record says that they were asked,
and what they hand back goes live like any other build."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import pytest

from live import APP, PATIENCE, Live, source

PLAIN = '''\
#include <cowbird.h>
#include "factor.h"
long answer(void) { return FACTOR * %d; }
'''


def needs(*tools):
    for tool in tools:
        if shutil.which(tool) is None:
            pytest.skip("no %s" % tool)


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "scoring.c").write_text(source(1))
    (folder / "plain.c").write_text(PLAIN % 1)
    (folder / "factor.h").write_text("#define FACTOR 10\n")
    return folder


def session(program, project, environment):
    """--cc names the launcher, because CC leaves a save to tcc."""
    return Live(program, project, options=["--cc=" + environment["CC"]],
                env=environment)


def fresh(value):
    """A number that no source of an earlier run has: nothing is cached."""
    return time.time_ns() // 1000 * 10 + value


class TestCcache:
    @pytest.fixture
    def environment(self, tmp_path):
        needs("ccache")
        return {"CC": "ccache gcc", "CCACHE_DIR": str(tmp_path / "ccache"),
                "CCACHE_CONFIGPATH": os.devnull}

    def counts(self, environment):
        said = subprocess.run(
            ["ccache", "--print-stats"], env={**os.environ, **environment},
            stdout=subprocess.PIPE, text=True, check=True).stdout
        counts = dict(line.split("\t") for line in said.splitlines())
        return (int(counts["direct_cache_hit"])
                + int(counts["preprocessed_cache_hit"]),
                int(counts["cache_miss"]))

    def test_saves_are_compiled_through_it(self, program, project,
                                           environment):
        with session(program, project, environment) as live:
            live.port()
            assert live.get("/scoring/answer") == (200, "1")
            _, misses = self.counts(environment)
            value = fresh(2)
            live.save("scoring.c", source("%dL" % value))
            live.event("swap", module="scoring")
            assert live.get("/scoring/answer") == (200, str(value))
            assert self.counts(environment)[1] > misses

    def test_a_header_that_changed_is_no_hit(self, program, project,
                                             environment):
        with session(program, project, environment) as live:
            live.port()
            assert live.get("/plain/answer") == (200, "10")
            value = fresh(0)
            live.save("factor.h", "#define FACTOR %dL\n" % value)
            live.event("swap", module="plain")
            assert live.get("/plain/answer") == (200, str(value))

    def test_an_error_is_told_as_without_it(self, program, project,
                                            environment):
        with session(program, project, environment) as live:
            live.port()
            live.save("scoring.c", source("oops"))
            failed = live.event("error", module="scoring")
            assert "oops" in str(failed)
            assert live.get("/scoring/answer") == (200, "1")

    def test_what_another_machine_has_compiled_comes_from_it(
            self, program, project, tmp_path, environment):
        counts = []
        cache = tmp_path / "cache"
        for machine in range(2):
            shutil.rmtree(project / "dist", ignore_errors=True)
            subprocess.run(
                [program, "build", "--compile-path=."], cwd=project,
                env={**os.environ, **environment,
                     "COWBIRD_CACHE_DIR": str(cache)}, check=True)
            shutil.rmtree(cache)
            counts.append(self.counts(environment))
        (none, misses), (hits, _) = counts
        assert none == 0
        assert misses >= 2
        assert hits == misses  # a plain module's binding, too


    def test_a_second_session_s_saves_come_from_it(
            self, program, project, tmp_path, environment):
        values = [fresh(n) for n in range(3)]
        counts = []
        cache = tmp_path / "cache"
        cache.mkdir()
        kept = pathlib.Path(os.environ["COWBIRD_CACHE_DIR"]) / "guests"
        kept.mkdir(parents=True, exist_ok=True)
        (cache / "guests").symlink_to(kept)  # of no interest here
        environment["COWBIRD_CACHE_DIR"] = str(cache)
        for turn in range(2):
            (project / "plain.c").write_text(PLAIN % 1)
            with session(program, project, environment) as live:
                live.port()
                assert live.get("/plain/answer") == (200, "10")
                for value in values:
                    live.save("plain.c", PLAIN.replace(
                        "void", "int more").replace(
                            "%d", "%dL + more" % value))
                    live.event("swap", module="plain")
                    assert live.get("/plain/answer?1") == (
                        200, str(value * 10 + 1))
            for kind in "artefacts", "objects", "bindings":
                shutil.rmtree(cache / kind, ignore_errors=True)
            counts.append(self.counts(environment))
        (before, misses), (hits, all_misses) = counts
        assert all_misses == misses  # a guest's may be among them
        assert hits - before >= 6  # four sources, and two bindings


class TestDistcc:
    """A server on the loopback that this test starts and ends."""

    @pytest.fixture
    def server(self):
        needs("distcc", "distccd")
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
        # It drops root, and pytest's folders are root's alone.
        folder = pathlib.Path(tempfile.mkdtemp(prefix="cb-distcc-"))
        folder.chmod(0o777)
        log = folder / "log"
        log.touch()
        log.chmod(0o666)
        words = ["distccd", "--daemon", "--no-detach", "--listen",
                 "127.0.0.1", "--port", str(port), "--allow", "127.0.0.1",
                 "--jobs", "2", "--log-file", str(log), "--log-level", "info",
                 "--enable-tcp-insecure"]
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL,
                                   start_new_session=True)
        end = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < end, log.read_text()
        yield port, log
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(PATIENCE)
        shutil.rmtree(folder)

    def environment(self, tmp_path, port):
        return {"CC": "distcc gcc", "DISTCC_HOSTS": "127.0.0.1:%d/2" % port,
                "DISTCC_FALLBACK": "0", "DISTCC_DIR": str(tmp_path)}

    def test_saves_are_compiled_by_it(self, program, project, tmp_path,
                                      server):
        port, log = server
        with session(program, project,
                     self.environment(tmp_path, port)) as live:
            live.port()
            assert live.get("/scoring/answer") == (200, "1")
            done = log.read_text().count("COMPILE_OK")
            value = fresh(2)
            live.save("scoring.c", source("%dL" % value))
            live.event("swap", module="scoring")
            assert live.get("/scoring/answer") == (200, str(value))
            assert log.read_text().count("COMPILE_OK") > done

    def test_an_error_comes_back_from_it(self, program, project, tmp_path,
                                         server):
        with session(program, project,
                     self.environment(tmp_path, server[0])) as live:
            live.port()
            live.save("scoring.c", source("oops"))
            failed = live.event("error", module="scoring")
            assert "oops" in str(failed)
            assert "scoring.c" in str(failed)
            assert live.get("/scoring/answer") == (200, "1")
