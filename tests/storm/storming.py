"""storming: a project's own test suite, once as it is and once under
`cowbird run --dev` while its native modules are saved again and again."""
import json
import os
import pathlib
import random
import signal
import subprocess
import tempfile
import threading
import time

from project import Project

HERE = pathlib.Path(__file__).resolve().parent
ENDS = {"swap", "built", "refused", "error", "same", "failed", "late",
        "rolled back", "crashed"}
VARIANTS = 6  # each is compiled once by each compiler, then comes from cache


def variant(text, number):
    """The same source with another constant and, for every other one, a
    reason why tcc cannot serve."""
    added = ("\nextern const int cowbird_storm;\n"
             "const int cowbird_storm = %d;\n" % number)
    if number % 2:
        added += ("#ifdef __TINYC__\n#error the turn of cc\n#endif\n")
    return text + added


class Suite:
    """One run of the tests: how it is started, what became of each test."""

    def __init__(self, project, tree, folder, plan, only):
        self.outcomes_path = folder / "outcomes.json"
        plan_path = folder / "plan.json"
        plan_path.write_text(json.dumps(plan))
        self.words = [str(project.env_python), "-m", "pytest", "-p",
                      "plugin", *project.tests(),
                      *(["-k", only] if only else [])]
        self.tree = tree
        self.env = {name: value for name, value in os.environ.items()
                    if not name.startswith(("COWBIRD_STORM", "PYTHON"))}
        self.env.update(
            PYTHONPATH=os.pathsep.join([str(HERE), project.path(tree)]),
            PYTHONDONTWRITEBYTECODE="1", PYTHONFAULTHANDLER="1",
            COWBIRD_TIERS="0",  # the turns are ours
            COWBIRD_STORM_OUTCOMES=str(self.outcomes_path),
            COWBIRD_STORM_PLAN=str(plan_path))

    def outcomes(self):
        if not self.outcomes_path.exists():
            return {}
        return json.loads(self.outcomes_path.read_text())


def baseline(project, tree, folder, options):
    """{test: [outcome, rounds]} under plain Python, each test run twice."""
    suite = Suite(project, tree, folder,
                  {"slice": 0, "rounds": 2, "once": [], "gate": None},
                  options.only)
    with open(folder / "baseline.txt", "w") as log:
        subprocess.run(suite.words, cwd=tree, env=suite.env,
                       timeout=options.timeout, stdin=subprocess.DEVNULL,
                       stdout=log, stderr=log)
    return suite.outcomes()


class Session:
    """A running `cowbird run --dev` and its events."""

    def __init__(self, program, project, suite, folder):
        read, write = os.pipe()
        self.log = open(folder / "storm.txt", "w")
        self.process = subprocess.Popen(
            [program, "run", "--compile-path=.", "--dev", "--no-stubs",
             "--py-reload=off", "--json=fd:%d" % write,
             "--python", str(project.env_python), "--", *suite.words],
            cwd=suite.tree, env=suite.env, stdin=subprocess.DEVNULL,
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

    def end(self):
        if not self.is_over():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
        self.log.close()


def modules_of(program, project, tree):
    """{name: source} as `cowbird build` finds them."""
    done = subprocess.run(
        [program, "build", "--json", "--compile-path=.", "--python",
         str(project.env_python)], cwd=tree, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE)
    if not done.stdout:
        raise RuntimeError(done.stderr)
    answer = json.loads(done.stdout)
    return ({module["name"]: pathlib.Path(module["source"])
             for module in answer["modules"] if module["built"]},
            answer["warnings"] + [
                "%s: %s" % (module["name"],
                            module["diagnostics"][0]["message"])
                for module in answer["modules"] if not module["built"]])


def save(path, text):
    sibling = path.with_name("." + path.name + ".storm.tmp")
    sibling.write_text(text, encoding="utf-8", errors="surrogateescape")
    os.replace(sibling, path)


class Storm:
    """Saves until the tests are over."""

    def __init__(self, session, modules, seed, pace):
        self.session = session
        self.texts = {name: path.read_text(encoding="utf-8",
                                           errors="surrogateescape")
                      for name, path in modules.items()}
        self.modules = modules
        self.random = random.Random(seed)
        self.pace = pace
        self.saves = 0

    def blow(self, until, gate):
        ready = self.session.wait_for(
            lambda e: e["event"] == "setup"
            and e["subject"].startswith("cowbird"), 0, 300)
        names = sorted(self.modules)
        first = len(names) * VARIANTS
        while ready and not self.session.is_over():
            if time.monotonic() > until:
                return False
            name = names[self.saves % len(names)]
            number = (self.saves // len(names)) % VARIANTS
            if self.saves == first:
                gate.touch()
            self.saves += 1
            start = len(self.session.events)
            next_save = time.monotonic() + self.random.uniform(*self.pace)
            save(self.modules[name], variant(self.texts[name], number))
            found = self.session.wait_for(
                lambda e: e["event"] in ENDS
                and (e.get("module") == name or e["event"] == "crashed"),
                start, 120)
            if found and found["event"] == "crashed":
                return True
            if self.saves > first:
                time.sleep(max(0, next_save - time.monotonic()))  # the pace
        return True


def count(events):
    """Swaps by compiler, and everything that was no swap, with reasons."""
    swaps, others = {}, {}
    for event in events:
        kind = event["event"]
        if kind == "swap":
            compiler = (event.get("compiler") or "?").split()[0]
            swaps[compiler] = swaps.get(compiler, 0) + 1
        elif kind in ENDS - {"built", "same"}:
            key = "%s: %s" % (kind, " ".join((
                event.get("reason") or event.get("text") or "").split()))
            others[key] = others.get(key, 0) + 1
    return swaps, others


def plan_for(before, seconds, gate):
    """How long each test is to run for all of it to take `seconds`."""
    return {"slice": seconds / max(1, len(before)), "rounds": 1,
            "gate": str(gate),
            "once": [name for name, (outcome, rounds) in before.items()
                     if rounds < 2 or outcome != "passed"]}


def differences(before, after):
    """[(test, outcome in plain Python, outcome under storm)]"""
    found = []
    for name in sorted({*before, *after}):
        plain = before.get(name, ["absent"])[0]
        stormy = after.get(name, ["absent"])[0]
        if plain != stormy:
            found.append((name, plain, stormy))
    return found


def storm(requirement, home, program, options):
    """A result for the table; see `storm` for the options."""
    project = Project(requirement, home, options.python)
    project.prepare()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="storm-",
                                           dir=options.keep))
    tree = project.copy(folder)
    result = {"project": project.name, "version": project.version,
              "python": project.python_version, "folder": str(folder)}
    before = baseline(project, tree, folder, options)
    modules, warnings = modules_of(program, project, tree)
    result.update(modules=sorted(modules), warnings=warnings,
                  tests=len(before), passed=sum(
                      outcome == "passed" for outcome, _ in before.values()))
    if not modules or not before:
        return dict(result, verdict="nothing to storm", swaps={}, others={},
                    differences=[], saves=0)
    plan = plan_for(before, options.seconds, folder / "gate")
    suite = Suite(project, tree, folder, plan, options.only)
    suite.outcomes_path.unlink(missing_ok=True)
    session = Session(program, project, suite, folder)
    try:
        blower = Storm(session, modules, options.seed, options.pace)
        is_done = blower.blow(time.monotonic() + options.timeout,
                              folder / "gate")
        if is_done:
            session.wait_for(lambda e: False, 0, 30)
    finally:
        session.end()
    after = suite.outcomes()
    result["swaps"], result["others"] = count(session.events)
    result.update(saves=blower.saves, differences=differences(before, after),
                  status=session.process.returncode)
    crashes = [e for e in session.events if e["event"] == "crashed"]
    total = sum(result["swaps"].values())
    if crashes:
        result["verdict"] = "crashed: " + crashes[0].get("text", "")
    elif not is_done:
        result["verdict"] = "did not end"
    elif not after:
        result["verdict"] = "died with status %s" % result["status"]
    elif result["differences"]:
        result["verdict"] = "%d tests differ" % len(result["differences"])
    elif total < options.floor:
        result["verdict"] = "%d swaps, fewer than %d" % (total, options.floor)
    else:
        result["verdict"] = "same"
    return result
