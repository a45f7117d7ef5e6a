"""`cowbird check --sarif`: what SARIF 2.1.0 demands, and what a reader of a
log needs: rules, places in code points, fixes, related places."""
import json

import pytest

SOURCE = """\
#include <cowbird.h>

int
one(int x)
{
    int spare = 3;
    int total = x;
    /* ä中 */ total += totl;
    return total;
}
"""


@pytest.fixture
def log(check):
    def run(*words, status=1):
        screen = check("--sarif", *words)
        assert screen.status == status, screen.err
        found = json.loads(screen.out)
        assert found["version"] == "2.1.0"
        assert found["$schema"].endswith("/sarif-schema-2.1.0.json")
        [only] = found["runs"]
        assert set(only) <= {"tool", "columnKind", "originalUriBaseIds",
                             "invocations", "results"}
        assert only["columnKind"] == "unicodeCodePoints"
        assert only["invocations"] == [{"executionSuccessful": True}]
        return only
    return run


def check_result(run, result):
    assert set(result) <= {"ruleId", "ruleIndex", "level", "message",
                           "locations", "relatedLocations", "fixes"}
    rules = run["tool"]["driver"]["rules"]
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert result["level"] in ("error", "warning", "note")
    assert result["message"]["text"]
    for place in result["locations"] + result.get("relatedLocations", []):
        region = place["physicalLocation"].get("region", {"startLine": 1})
        assert region["startLine"] >= 1 and region.get("startColumn", 1) >= 1
        assert region.get("endColumn", 9999) > region.get("startColumn", 1)


def test_a_result_has_rule_place_fix_and_related_place(log, project):
    project.write("m.c", SOURCE)
    run = log()
    for result in run["results"]:
        check_result(run, result)
    [error] = [r for r in run["results"] if r["level"] == "error"]
    [place] = error["locations"]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": "m.c", "uriBaseId": "ROOT"},
        "region": {"startLine": 8, "startColumn": 23, "endLine": 8,
                   "endColumn": 27,
                   "snippet": {"text": "    /* ä中 */ total += totl;"}}}
    assert error["message"]["text"] == (
        "use of undeclared identifier 'totl' (did you mean 'total'?)")
    [fix] = error["fixes"]
    [change] = fix["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "m.c"
    assert change["replacements"] == [{
        "deletedRegion": {"startLine": 8, "startColumn": 23, "endLine": 8,
                          "endColumn": 27},
        "insertedContent": {"text": "total"}}]
    [related] = error["relatedLocations"]
    assert related["message"]["text"] == "'total' declared here"
    assert related["physicalLocation"]["region"]["startLine"] == 7
    base = run["originalUriBaseIds"]["ROOT"]["uri"]
    assert base == "file://%s/" % project.folder


def test_a_warning_goes_by_its_flag(log, project):
    project.write("m.c", SOURCE.replace("totl", "x"))
    run = log(status=0)
    [warning] = run["results"]
    check_result(run, warning)
    assert (warning["ruleId"], warning["level"]) == ("-Wunused-variable",
                                                     "warning")


def test_paths_are_uris(log, project):
    project.write("pyproject.toml", "[tool.cowbird.modules.m]\n"
                  'sources = ["my pkg/größe%.c"]\n')
    project.write("my pkg/größe%.c", SOURCE)
    [error] = [r for r in log()["results"] if r["level"] == "error"]
    [place] = error["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == (
        "my%20pkg/gr%C3%B6%C3%9Fe%25.c")


def test_an_error_without_a_place_is_a_result(log, project):
    project.write("m.c", SOURCE.replace("totl", "elsewhere()").replace(
        "int\none", "int elsewhere(void);\nint\none"))
    run = log()
    assert [r["level"] for r in run["results"]].count("error") == 1
    for result in run["results"]:
        check_result(run, result)


def test_a_project_without_faults_has_no_result(log, project):
    project.write("m.c", SOURCE.replace("totl", "spare"))
    assert log(status=0)["results"] == []


def test_it_is_written_to_a_file(check, project):
    project.write("m.c", SOURCE)
    screen = check("--sarif=out.sarif")
    assert screen.out == ""
    found = json.loads((project.folder / "out.sarif").read_text())
    assert found["runs"][0]["results"]
    screen = check("--sarif=no/such/folder.sarif")
    assert screen.status == 2
    assert "error: " in screen.said and "no/such/" in screen.said


def test_two_results_do_not_share_stdout(project):
    project.refuses("check", "--json", "--sarif", said="""\
error: --json and --sarif both want stdout
  = help: write one to a file: --sarif=PATH
Usage: cowbird check [OPTIONS]
""")
