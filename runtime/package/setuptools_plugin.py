"""setuptools_plugin: a project with [tool.cowbird] builds into an ordinary
wheel.

setuptools calls activate() for each project that is built where cowbird is
installed, whichever setuptools that is: this file asks nothing of it before
it knows that the project is one of ours. The work is build_cowbird's.
"""
import json
import subprocess
import sys

from cowbird.__main__ import find_program

STEP = "build_cowbird"


def plan(error, option, *options):
    """What the program says; why it can't is on stderr already."""
    words = [find_program(), "build", option, "--python", sys.executable]
    done = subprocess.run([*words, *options], stdout=subprocess.PIPE)
    if done.returncode != 0:
        raise error("cowbird build %s: exit status %d"
                    % (option, done.returncode))
    return json.loads(done.stdout)


def activate(distribution):
    """setuptools.finalize_distribution_options. Most projects are none of
    ours: those cost one read."""
    try:
        with open("pyproject.toml", "rb") as file:
            is_likely = b"cowbird" in file.read()
    except OSError:
        is_likely = False
    if is_likely:
        from distutils.errors import DistutilsSetupError
        answer = plan(DistutilsSetupError, "--plan")
        if answer["is_configured"]:
            add_step(distribution, answer["modules"], DistutilsSetupError)


def add_step(distribution, modules, error):
    try:
        from setuptools.command.build import SubCommand, build  # noqa: F401
        from cowbird.build_cowbird import build_cowbird, held_modules
    except ImportError:
        import setuptools
        raise error("[tool.cowbird] needs setuptools 64 or later; this is %s"
                    % setuptools.__version__) from None

    def has_step(command):
        is_ours = bool(getattr(command.distribution, "cowbird_modules", None))
        if is_ours:
            # not sooner: pyproject.toml's cmdclass replaces the whole
            command.distribution.cmdclass[STEP] = build_cowbird
        return is_ours

    has_own = distribution.has_ext_modules
    distribution.cowbird_modules = modules
    distribution.has_ext_modules = (
        lambda: bool(held_modules(distribution)) or has_own())
    if STEP not in [name for name, _ in build.sub_commands]:
        build.sub_commands.insert(0, (STEP, has_step))
