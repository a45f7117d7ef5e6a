"""Case 29: each store of a commit is the last one."""
import pytest

from edits import EDITS
from trial import Trial, following

UNLOADS = True  # see conftest.py


def commit_each(trial, arm):
    """Prepares and commits until nothing is in the way any more; how often
    the commit was given up. arm(n) plans what is in the way."""
    count, given_up = 1, 0
    while True:
        trial.ready(1)
        arm(count)
        why = trial.commit()
        has_failed = trial.faults.disarm()
        trial.serves(0 if why else 1)
        if why is None:
            trial.move(0)
        if why is None and not has_failed:
            return given_up
        given_up += why is not None
        count = following(count)


@pytest.mark.parametrize("kind", EDITS)
def test_a_commit_that_lacks_anything_is_all_or_nothing(faulty_bed, kind):
    """Its allocations come before the first store that none can follow."""
    trial = Trial(faulty_bed, EDITS[kind])
    commit_each(trial, lambda n: trial.faults.arm(n))


@pytest.mark.parametrize("kind", EDITS)
def test_after_any_store_the_journal_brings_everything_back(faulty_bed, kind):
    trial = Trial(faulty_bed, EDITS[kind])
    assert commit_each(trial, lambda n: trial.faults.arm(store=n)) > 3
