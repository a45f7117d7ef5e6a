"""session: a running `cowbird run --dev`, its events, and what its app
holds."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import sanitizers  # noqa: E402

SANITIZERS = "address,undefined"


def sanitized(folder):
    """The environment in which guests are sanitized; what they find lies in
    `folder`, whichever process it was in."""
    env = sanitizers.environment(SANITIZERS)
    for name in "ASAN_OPTIONS", "UBSAN_OPTIONS":
        env[name] += ":log_path=%s" % (folder / "sanitizer")
    env["COWBIRD_GUEST_CFLAGS"] = " ".join(sanitizers.flags(SANITIZERS))
    return env


def findings(folder):
    """The first line of each report of a sanitizer."""
    found = []
    for path in sorted(folder.glob("sanitizer.*")):
        lines = [line for line in path.read_text(errors="replace").split("\n")
                 if "ERROR: " in line or "runtime error: " in line]
        found += lines[:1] or [path.name]
    return found


class Session:
    def __init__(self, program, project, suite, folder, is_sanitized):
        read, write = os.pipe()
        self.log = open(folder / "storm.txt", "w")
        self.tree = suite.tree
        self.program = program
        self.env = dict(suite.env, **(sanitized(folder) if is_sanitized
                                      else {}))
        self.process = subprocess.Popen(
            [program, "run", "--compile-path=.", "--dev", "--no-stubs",
             "--py-reload=off", "--json=fd:%d" % write,
             "--python", str(project.env_python), "--", *suite.words],
            cwd=suite.tree, env=self.env, stdin=subprocess.DEVNULL,
            stdout=self.log, stderr=self.log, pass_fds=[write],
            start_new_session=True)
        os.close(write)
        self.events = []
        self.changed = threading.Condition()
        threading.Thread(target=self._read, args=(read,),
                         daemon=True).start()

    def _read(self, fd):
        with os.fdopen(fd) as lines:
            for line in lines:
                with self.changed:
                    self.events.append(json.loads(line))
                    self.changed.notify_all()

    def is_over(self):
        return self.process.poll() is not None

    def has_lost_its_app(self):
        """It crashed: a child of its own may do so on purpose."""
        return any(event["event"] == "restart" for event in self.events)

    def wait_for(self, is_it, start, seconds):
        """The first event from number `start` on that is it, or None."""
        until = time.monotonic() + seconds
        with self.changed:
            while True:
                for event in self.events[start:]:
                    if is_it(event):
                        return event
                left = until - time.monotonic()
                if left <= 0 or self.is_over():
                    return None
                self.changed.wait(min(left, 0.5))

    def kept(self):
        """Why each old image that its app holds is there; None when that
        can't be known any more."""
        done = subprocess.run(
            [self.program, "status", "--json"], cwd=self.tree, text=True,
            env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, timeout=60)
        if done.returncode != 0:
            return None
        return [image["why"] for worker in json.loads(done.stdout)["workers"]
                for image in worker["kept"]]

    def kept_in_the_end(self, seconds=20):
        """When the app is at rest and no more of them go."""
        found, unchanged = None, 0
        until = time.monotonic() + seconds
        while unchanged < 6 and time.monotonic() < until:
            now = self.kept()
            is_known = all(now or ())  # one without a word: not looked at yet
            unchanged = unchanged + 1 if now == found and is_known else 0
            if not now:
                return now or found or []
            found = now
            time.sleep(0.5)  # the guest says by itself when one goes
        return found

    def end(self):
        if not self.is_over():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.log.close()
