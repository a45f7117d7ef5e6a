"""Case 17: backups, locks and drafts beside the file cause no build."""
import editors
import pytest


@pytest.mark.parametrize("save", [
    editors.backs_up_like_vim, editors.backs_up_like_emacs],
    ids=lambda f: f.__name__)
def test_a_save_with_a_backup_is_one_swap(watched, save):
    watched.must_be_one_swap(save)


def test_names_that_editors_leave_around_are_never_looked_at(watched):
    start, old = len(watched.seen), watched.value()
    kept = ["scoring.c~", ".scoring.c.swp", "#scoring.c#", "scoring.c.orig",
            "scoring.c.bak", "scoring.c___jb_tmp___", "4913", "sedAb12Cd"]
    for name in kept:
        (watched.folder / name).write_text("nonsense")
    assert watched.told_since(start) == []
    assert watched.value() == old
    for name in kept:
        (watched.folder / name).unlink()
