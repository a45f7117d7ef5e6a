"""suite: a project's own tests: how they are started, what became of each."""
import json
import os
import pathlib
import subprocess

INSIDE = pathlib.Path(__file__).resolve().parent / "inside"


class Suite:
    """One run of the tests. `plan` is inside/storm_plugin.py's."""

    def __init__(self, project, tree, folder, plan, only):
        self.outcomes_path = folder / "outcomes.json"
        self.outcomes_path.unlink(missing_ok=True)
        plan_path = folder / "plan.json"
        plan_path.write_text(json.dumps(plan))
        self.words = [str(project.env_python), "-m", "pytest", "-p",
                      "storm_plugin", *project.tests(),
                      *(["-k", only] if only else [])]
        self.tree = tree
        self.env = {name: value for name, value in os.environ.items()
                    if not name.startswith(("COWBIRD_STORM", "PYTHON"))}
        self.env.update(
            PATH=os.pathsep.join([str(project.env_python.parent),
                                  os.environ.get("PATH", os.defpath)]),
            PYTHONPATH=os.pathsep.join([str(INSIDE), project.path(tree)]),
            PYTHONDONTWRITEBYTECODE="1", PYTHONFAULTHANDLER="1",
            COWBIRD_TIERS="0",  # the turns are ours
            COWBIRD_STORM_OUTCOMES=str(self.outcomes_path),
            COWBIRD_STORM_PLAN=str(plan_path))

    def outcomes(self):
        """{test: [outcome of its first round, of its last, rounds]}"""
        if not self.outcomes_path.exists():
            return {}
        return json.loads(self.outcomes_path.read_text())


def baseline(project, tree, folder, options):
    """The outcomes under plain Python, each test run twice; None when it did
    not end."""
    suite = Suite(project, tree, folder,
                  {"slice": 0, "rounds": 2, "once": [],
                   "most": options.most, "gate": None, "rest": None},
                  options.only)
    with open(folder / "baseline.txt", "w") as log:
        try:
            subprocess.run(suite.words, cwd=tree, env=suite.env,
                           timeout=options.timeout, stdin=subprocess.DEVNULL,
                           stdout=log, stderr=log)
        except subprocess.TimeoutExpired:
            return None
    return suite.outcomes()


def plan_for(before, options, folder):
    """How long each test is to run for all of it to take the seconds."""
    return {"slice": options.seconds / max(1, len(before)), "rounds": 1,
            "most": options.most, "gate": str(folder / "gate"),
            "rest": str(folder / "rest"),
            "once": [name for name, (first, last, rounds) in before.items()
                     if rounds < 2 or {first, last} != {"passed"}]}


def differences(before, after):
    """[(test, outcome in plain Python, outcome under storm)]"""
    found = []
    for name in sorted({*before, *after}):
        plain = before.get(name, ["absent"])[0]
        stormy = after.get(name, [None, "absent"])[1]
        if plain != stormy:
            found.append((name, plain, stormy))
    return found
