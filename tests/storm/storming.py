"""storming: a project's own test suite, once as it is and once under
`cowbird run --dev` while its native modules are saved again and again."""
import json
import os
import pathlib
import random
import subprocess
import tempfile
import time

from project import Project, Unready
from session import Session, findings
from suite import Suite, baseline, differences, plan_for

ENDS = {"swap", "built", "refused", "error", "same", "failed", "late",
        "rolled back", "crashed"}
VARIANTS = 6  # by turns for tcc and cc, each compiled once, then from cache
SLOW_S = 40   # of a module that takes longer to compile there are two
HANG_S = 300
PUT_OFF_S = 10  # for a call that does not end, nor the storm wait for it


def variant(text, number):
    """The same source with another comment or constant and, for every other
    one, a reason why tcc cannot serve."""
    if number < 2:
        added = "\n/* storm %d */\n" % number
    else:
        added = ("\nextern const int cowbird_storm;\n"
                 "const int cowbird_storm = %d;\n" % number)
    if number % 2:
        added += ("#ifdef __TINYC__\n#error the turn of cc\n#endif\n")
    return text + added


def modules_of(program, project, tree):
    """{name: source} as `cowbird build` finds them, and its warnings."""
    done = subprocess.run(
        [program, "build", "--json", "--compile-path=.", "--python",
         str(project.env_python)], cwd=tree, text=True, timeout=600,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE)
    if not done.stdout:
        raise Unready("cowbird build: status %s\n%s" % (done.returncode,
                                                        done.stderr))
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

    def __init__(self, session, modules, folder, options):
        self.session = session
        self.gate = folder / "gate"
        self.texts = {name: path.read_text(encoding="utf-8",
                                           errors="surrogateescape")
                      for name, path in modules.items()}
        self.modules = modules
        self.random = random.Random(options.seed)
        self.pace = options.pace
        self.variants = 2 if options.is_slow else VARIANTS
        self.timeout = options.timeout
        self.saves = 0
        self.put_off = 0
        self.end = "over"  # or what kept it from being that

    def blow(self, is_done):
        ready = self.session.wait_for(
            lambda e: e["event"] == "setup"
            and e["subject"].startswith("cowbird"), 0, 300)
        names = sorted(self.modules)
        first = len(names) * self.variants
        until = None
        while (ready and not self.session.is_over() and not is_done()
               and not self.session.has_lost_its_app()):
            if until and time.monotonic() > until:
                self.end = "did not end in %d s" % self.timeout
                return
            if self.saves == first:
                self.gate.touch()
                until = time.monotonic() + self.timeout
            next_save = time.monotonic() + self.random.uniform(*self.pace)
            found = self._save(names[self.saves % len(names)],
                               (self.saves // len(names)) % self.variants)
            if found is None and not self.session.is_over():
                self.end = "hung: no word of a save for %d s" % HANG_S
                return
            if self.saves > first:
                time.sleep(max(0, next_save - time.monotonic()))  # the pace

    def _save(self, name, number):
        """What became of it."""
        self.saves += 1
        start = len(self.session.events)
        save(self.modules[name], variant(self.texts[name], number))

        def is_of_it(event, kinds):
            return event["event"] in kinds and (
                event.get("module") == name or event["event"] == "crashed")
        found = self.session.wait_for(
            lambda e: is_of_it(e, ENDS | {"waits"}), start, HANG_S)
        if found and found["event"] == "waits":
            ended = self.session.wait_for(
                lambda e: is_of_it(e, ENDS), start, PUT_OFF_S)
            self.put_off += ended is None
            return ended or found
        return found


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


def without_tcc(events):
    """Why cc served where it was tcc's turn."""
    return sorted({note["message"] for event in events
                   for diag in event.get("diagnostics") or ()
                   for note in [diag, *diag.get("notes", ())]
                   if note["message"].startswith("tcc")
                   and "turn of cc" not in note["message"]})


def verdict(result, options, blower, after):
    """What kept it from being "same", the worst first."""
    crashes = [event for event in blower.session.events
               if event["event"] == "crashed"]
    has_crashed = crashes and blower.session.has_lost_its_app()
    total = sum(result["swaps"].values())
    is_refused = bool(result["others"]) and all(
        reason.startswith(("refused", "waits"))
        for reason in result["others"])
    if result["findings"]:
        return "sanitizer: " + result["findings"][0]
    if has_crashed:
        return "crashed: " + crashes[-1].get("text", "")
    if blower.end != "over":
        return blower.end
    if not after:
        return "died with status %s" % result["status"]
    if result["differences"]:
        return "%d tests differ" % len(result["differences"])
    if total == 0 and is_refused:
        return "same, every save refused or put off"
    if total < options.floor:
        return "%d swaps, fewer than %d" % (total, options.floor)
    return "same"


def run_storm(project, tree, folder, program, options, result, before):
    suite = Suite(project, tree, folder,
                  plan_for(before, options, folder), options.only)
    session = Session(program, project, suite, folder, options.sanitize)
    blower = Storm(session, result["sources"], folder, options)
    kept = []
    try:
        blower.blow(suite.outcomes_path.exists)
        if blower.end == "over":
            kept = session.kept_in_the_end() or []
            (folder / "rest").touch()
            session.wait_for(lambda e: False, 0, 30)
    finally:
        session.end()
    after = suite.outcomes()
    (folder / "events.json").write_text("\n".join(
        map(json.dumps, session.events)))
    result["swaps"], result["others"] = count(session.events)
    if blower.put_off:
        result["others"]["waits: a call in flight lasted longer than %d s"
                         % PUT_OFF_S] = blower.put_off
    result.update(saves=blower.saves, differences=differences(before, after),
                  status=session.process.returncode, kept=kept,
                  without_tcc=without_tcc(session.events),
                  findings=findings(folder))
    result["verdict"] = verdict(result, options, blower, after)


def storm(requirement, home, program, options):
    """A result for the table; see `storm` for the options."""
    project = Project(requirement, home, options.python)
    project.prepare()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="storm-",
                                           dir=options.keep))
    tree = project.copy(folder)
    result = {"project": project.name, "version": project.version,
              "python": project.python_version, "folder": str(folder),
              "swaps": {}, "others": {}, "differences": [], "saves": 0,
              "without_tcc": [], "kept": [], "findings": []}
    began = time.monotonic()
    try:
        result["sources"], result["warnings"] = modules_of(program, project,
                                                           tree)
    except subprocess.TimeoutExpired:
        raise Unready("cowbird build did not end in 600 s")
    options.is_slow = time.monotonic() - began > SLOW_S
    before = (baseline(project, tree, folder, options)
              if result["sources"] else {})
    result.update(modules=sorted(result["sources"]),
                  tests=len(before or ()), passed=sum(
                      first == "passed" for first, _, _
                      in (before or {}).values()))
    if not result["sources"]:
        result["verdict"] = "no module that cowbird can build"
    elif before is None:
        result["verdict"] = "did not end in plain Python either"
    elif not before:
        result["verdict"] = "no test ran in plain Python"
    else:
        run_storm(project, tree, folder, program, options, result, before)
    del result["sources"]
    return result
