"""Case 11: a header that many modules include."""
import pytest

from live import Live, source

NAMES = [f"m{at}" for at in range(10)]


@pytest.fixture
def many(program, python, project):
    """Ten modules with one header, imported in the order of their names."""
    for name in NAMES:
        (project / f"{name}.c").write_text(
            '#include "all.h"\n' + source("ANSWER", name))
    (project / "all.h").write_text("#define ANSWER 1\n")
    with Live(program, project, python=python, options=("--jobs=1",)) as live:
        live.port()
        for name in NAMES:
            assert live.get(f"/{name}/answer") == (200, "1")
        live.meet()
        yield live


def children(live):
    pid = live.process.pid
    with open(f"/proc/{pid}/task/{pid}/children") as listed:
        return len(listed.read().split())


def imported(live):
    return set(live.status()["workers"][0]["modules"])


def test_the_module_imported_last_is_built_first(many):
    while not imported(many) >= set(NAMES):
        pass
    many.save("all.h", "#define ANSWER 2\n")
    order = [many.event("swap")["module"] for name in NAMES]
    assert order == NAMES[::-1]
    assert [many.get(f"/{name}/answer")[1] for name in NAMES] == ["2"] * 10


@pytest.mark.usefixtures("tcc")
def test_compilers_wait_for_a_few_of_them_only(many):
    for value in ("2", "3"):
        many.save("all.h", f"#define ANSWER {value}\n")
        for name in NAMES:
            many.event("swap")
    # app and canary; two compilers and a reader of sources for each of four
    assert children(many) <= 2 + 3 * 4
    for name in NAMES:
        many.event("tier")
    assert children(many) <= 2 + 3 * 4
