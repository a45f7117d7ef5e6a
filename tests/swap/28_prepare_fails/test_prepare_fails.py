"""Case 28: each step of a prepare that can fail fails once."""
import pytest

from bed import READY
from edits import EDITS
from trial import Trial, following

UNLOADS = True  # see conftest.py


def fail_each(trial):
    """Every step once; how many there are."""
    step = 1
    while True:
        trial.faults.arm(step)
        done = trial.prepare(1)
        has_failed = trial.faults.disarm()
        if done.verdict == READY:
            why = trial.commit()
            assert why is None or "C code holds" in why[1], why
            trial.serves(0 if why else 1)
            trial.move(0)
        else:
            assert has_failed or "C code holds" in done.reason, done.reason
            assert done.reason, trial.faults.where()
            trial.failed[trial.made] = trial.faults.trace()
            trial.serves(0)
        if not has_failed:
            return step
        step = following(step)


@pytest.mark.parametrize("kind", EDITS)
def test_the_old_serves_whatever_fails_and_nothing_is_left(faulty_bed, kind):
    trial = Trial(faulty_bed, EDITS[kind])
    before = trial.rest()
    assert fail_each(trial) > 50
    assert trial.rest() == before
