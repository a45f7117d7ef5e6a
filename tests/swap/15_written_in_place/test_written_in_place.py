"""Case 15: truncated and written in place: one reload, and never a compile of
the empty file."""
import editors
import pytest


@pytest.mark.parametrize("save", [
    editors.writes_in_place, editors.truncates_and_thinks,
    editors.writes_and_syncs, editors.writes_through_a_map,
    editors.writes_from_another_process], ids=lambda f: f.__name__)
def test_a_save_in_place_is_one_swap(watched, save):
    watched.must_be_one_swap(save)
