"""Case 16: a temporary file takes the name: one reload, and the watch
survives the new inode."""
import editors
import pytest


@pytest.mark.parametrize("save", [
    editors.renames_over, editors.renames_from_elsewhere,
    editors.renames_like_jetbrains, editors.edits_like_sed,
    editors.deletes_and_writes, editors.links_in_place],
    ids=lambda f: f.__name__)
def test_a_save_by_rename_is_one_swap(watched, save):
    watched.must_be_one_swap(save)
    watched.must_be_one_swap(editors.writes_in_place)
