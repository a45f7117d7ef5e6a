"""storm_plugin: what a pytest under storm does beside its tests.

Runs each test for a slice of time, again and again, so that the code changes
under it; writes what became of each into COWBIRD_STORM_OUTCOMES. The slices
and the tests that cannot run twice come from COWBIRD_STORM_PLAN. Its folder
is on the tests' path, so nothing else lies there.
"""
import json
import os
import time

import pytest
from _pytest.runner import runtestprotocol

with open(os.environ["COWBIRD_STORM_PLAN"]) as file:
    PLAN = json.load(file)  # slice, rounds, once, most, gate, rest
LONG_S = 40  # a suite that takes longer runs each test once
began = time.monotonic()
outcomes = {}


def pytest_configure(config):
    try:
        from hypothesis import HealthCheck, settings
    except ImportError:
        return
    # How long an example took says nothing here.
    settings.register_profile("storm", deadline=None,
                              suppress_health_check=list(HealthCheck))
    settings.load_profile("storm")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Of a long suite, tests from all over it."""
    if PLAN["most"] and len(items) > PLAN["most"]:
        kept = {len(items) * number // PLAN["most"]
                for number in range(PLAN["most"])}
        config.hook.pytest_deselected(items=[
            item for number, item in enumerate(items) if number not in kept])
        items[:] = [item for number, item in enumerate(items)
                    if number in kept]


def wait_for(path):
    while path and not os.path.exists(path):
        time.sleep(0.05)  # the driver makes it, or ends us


def pytest_sessionstart():
    """Not before every variant of the code has been compiled once."""
    wait_for(PLAN["gate"])


def outcome_of(reports):
    for report in reports:
        if report.failed:
            return "%s in %s" % (report.outcome, report.when)
    return ("skipped" if any(report.skipped for report in reports)
            else "passed")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    """Until it ends as it did not before. `outcomes` has how it ended first,
    how it ended last, and how often it ran."""
    where = {"nodeid": item.nodeid, "location": item.location}
    item.ihook.pytest_runtest_logstart(**where)
    now = time.monotonic()
    until = now + PLAN["slice"]
    least = PLAN["rounds"] if now - began < LONG_S else 1
    rounds, first, found = 0, None, "passed"
    while found == "passed" and (not rounds or (
            item.nodeid not in PLAN["once"]
            and (time.monotonic() < until or rounds < least))):
        if rounds and hasattr(item, "_initrequest"):
            item._initrequest()
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        found = outcome_of(reports)
        first = first or found
        rounds += 1
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    outcomes[item.nodeid] = [first, found, rounds]
    item.ihook.pytest_runtest_logfinish(**where)
    return True


def pytest_sessionfinish():
    """Lives on until the driver has seen what is kept of old code."""
    fresh = os.environ["COWBIRD_STORM_OUTCOMES"] + ".fresh"
    with open(fresh, "w") as file:
        json.dump(outcomes, file)
    os.replace(fresh, os.environ["COWBIRD_STORM_OUTCOMES"])
    wait_for(PLAN["rest"])
