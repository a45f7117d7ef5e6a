"""Case 12: new, deleted and renamed sources."""
import os

from live import source


def test_a_deleted_source_serves_on_and_a_recreated_one_is_live(live):
    (live.folder / "scoring.c").unlink()
    live.event("removed", module="scoring")
    assert live.get("/scoring/answer") == (200, "1")
    live.save("scoring.c", source(2))
    live.event("swap", module="scoring")
    assert live.get("/scoring/answer") == (200, "2")


def test_a_new_source_is_importable_at_once(live):
    assert live.get("/geo/answer")[0] == 500
    live.save("geo.c", source(8, "geo"))
    live.event("added", module="geo")
    live.event("built", module="geo")
    assert live.get("/geo/answer") == (200, "8")


def test_a_new_source_that_does_not_build_does_when_it_is_mended(live):
    for name in ("late", "later"):
        live.save(name + ".c", source("nonsense", name))
        live.event("added", module=name)
        live.event("error", module=name)
        live.save(name + ".c", "#include <missing.h>\n" + source(5, name))
        live.event("error", module=name)
    live.save("late.c", source(5, "late"))
    live.event("built", module="late")
    assert live.get("/late/answer") == (200, "5")
    (live.folder / "later.c").write_text(source(6, "later"))
    live.event("built", module="later")
    assert live.get("/later/answer") == (200, "6")


def test_a_renamed_source_is_a_new_module_and_the_old_serves_on(live):
    os.rename(live.folder / "scoring.c", live.folder / "rating.c")
    live.event("removed", module="scoring")
    live.said("scoring  its source is gone; what is live serves on")
    assert live.get("/scoring/answer") == (200, "1")
    live.save("rating.c", source(9, "rating"))  # its init has a new name too
    live.event("added", module="rating")
    live.event("built", module="rating")
    assert live.get("/rating/answer") == (200, "9")
    assert live.get("/scoring/answer") == (200, "1")


def test_status_tells_of_what_serves_without_a_source_and_of_no_other(live):
    live.save("geo.c", source(8, "geo"))
    live.event("built", module="geo")
    for stem in ("geo", "scoring"):
        (live.folder / (stem + ".c")).unlink()
        live.event("removed", module=stem)
    assert [(m["name"], m["why"]) for m in live.status()["modules"]] == [
        ("scoring", "its source is gone; what is live serves on")]


def test_a_new_folder_is_searched_and_watched(live):
    aside = live.folder.parent / "aside"
    aside.mkdir()
    (aside / "geo.c").write_text(source(7, "geo"))
    os.rename(aside, live.folder / "pkg")
    live.event("built", module="pkg.geo")
    assert live.get("/pkg.geo/answer") == (200, "7")
    live.save("pkg/geo.c", source(8, "geo"))
    live.event("swap", module="pkg.geo")
    assert live.get("/pkg.geo/answer") == (200, "8")


PLAIN = """\
#include <cowbird.h>
int answer(void) { return 12; }
"""


def test_a_file_that_becomes_a_module_and_one_that_changes_its_kind(live):
    live.save("draft.c", "static int answer(void) { return 1; }\n")
    live.save("draft.c", source(5, "draft"))
    live.event("added", module="draft")
    live.event("built", module="draft")
    live.save("draft.c", PLAIN)
    live.event("built", module="draft")
    assert live.get("/draft/answer") == (200, "12")
