"""Case 43: packed, aligned and vector structs: where tcc lays out something
otherwise than cc, its code meets nothing that cc's has made."""
import pytest

from live import Live, source

# tcc takes a vector for one of its items, and no enum is packed with it.
VECTOR_STRUCT = "struct colour { lanes rgba; int id; };"
OTHERWISE = {
    "vector": ("typedef float lanes __attribute__((vector_size(16)));\n"
               + VECTOR_STRUCT, 8, 32),
    "enum": ("enum __attribute__((packed)) tone { DARK };\n"
             "struct colour { char tag; enum tone tone; };", 8, 2),
}
SPECIAL = {
    "packed": ("struct __attribute__((packed)) colour"
               " { char tag; int id; };", 5),
    "aligned": ("struct colour { char tag; int id"
                " __attribute__((aligned(32))); };", 64),
}

pytestmark = pytest.mark.usefixtures("tcc")


def sized(code, more=0):
    """answer() is the size of struct colour, as the compiler that serves has
    it, and `more`; one of them is kept."""
    return source(f"(long)sizeof(kept) + {more}").replace(
        "static PyObject", code + "\nstatic struct colour kept;\n"
        "static PyObject", 1)


def start(program, python, project, **env):
    return Live(program, project, python=python, env=env, options=("-v",))


@pytest.fixture
def tiered(program, python, project):
    """A session of two tiers that has answered once."""
    with start(program, python, project) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.meet()
        yield live


@pytest.mark.parametrize("name", OTHERWISE)
def test_what_tcc_lays_out_otherwise_goes_live_by_cc_alone(tiered, name):
    code, by_tcc, by_cc = OTHERWISE[name]
    for more in (0, 1):
        tiered.save("scoring.c", sized(code, more))
        assert "-O2" in tiered.event("swap")["compiler"]
        assert tiered.get("/scoring/answer") == (200, str(by_cc + more))
    words = tiered.words()
    assert words.count("tcc is left out: struct colour is %d bytes by tcc and "
                       "%d by cc" % (by_tcc, by_cc)) == 1, words
    assert tiered.status()["modules"][0]["tier"] == "optimised"


@pytest.mark.parametrize("name", SPECIAL)
def test_where_both_lay_it_out_alike_the_next_save_is_tcc_s(tiered, name):
    code, size = SPECIAL[name]
    tiered.save("scoring.c", sized(code))
    assert "-O2" in tiered.event("swap")["compiler"]
    assert tiered.get("/scoring/answer") == (200, str(size))
    tiered.save("scoring.c", sized(code, 1))
    assert tiered.event("swap")["compiler"] == "tcc"
    assert tiered.get("/scoring/answer") == (200, str(size + 1))
    assert "left out" not in tiered.words()


def test_functions_without_a_result_are_no_difference(tiered):
    code = ("static void fill(double *to, long count)\n"
            "{ for (long i = 0; i < count; i++) to[i] = i; }\n")
    for n in (4, 5, 6):
        text = source("(fill(numbers, %d), (long)numbers[%d])" % (n, n - 1))
        tiered.save("scoring.c", text.replace(
            "static PyObject", code + "static double numbers[8];\n"
            "static PyObject", 1))
        assert tiered.event("swap")["compiler"] == "tcc"
        tiered.said("gen %d by" % (n - 2))
        assert tiered.get("/scoring/answer") == (200, str(n - 1))
    assert "left out" not in tiered.words()


def test_a_new_struct_beside_one_that_both_know_is_asked_about_again(tiered):
    code, size = SPECIAL["packed"]
    for more, compiler in ((0, "-O2"), (1, "tcc")):
        tiered.save("scoring.c", sized(code, more))
        assert compiler in tiered.event("swap")["compiler"]
    later = sized(code + "\nstruct later { char a; struct colour b; } later;",
                  2)
    tiered.save("scoring.c", later)
    assert "-O2" in tiered.event("swap")["compiler"]
    assert tiered.get("/scoring/answer") == (200, str(size + 2))


def test_what_only_the_artefacts_show_is_told_once_and_cc_takes_over(
        program, python, project):
    hidden = {"CFLAGS": "-DLANES=__attribute__((vector_size(16)))"}
    code = "typedef float lanes LANES;\n" + VECTOR_STRUCT
    with start(program, python, project, **hidden) as live:
        live.port()
        assert live.get("/scoring/answer") == (200, "1")
        live.meet()
        live.save("scoring.c", sized(code))
        assert live.event("swap")["compiler"] == "tcc"
        live.said("warning: scoring: tcc is left out from now on: struct "
                  "colour is 8 bytes by tcc and 32 by cc")
        live.said("gen 2 by")
        assert live.get("/scoring/answer") == (200, "32")
        live.save("scoring.c", sized(code, 1))
        assert "-O2" in live.event("swap")["compiler"]
        assert live.get("/scoring/answer") == (200, "33")
        assert live.words().count("left out") == 1, live.words()
