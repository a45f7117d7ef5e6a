"""Saves of modules whose calls may be in flight."""
from bed import BUSY, READY


def swap_in_time(bed, peer, order):
    """As the bench does it: again when the call in the way has ended."""
    bed.txn += 1
    done = peer.prepare(bed.txn, [order])
    while done.verdict == BUSY:
        peer.await_drained(done.culprit)
        bed.txn += 1
        done = peer.prepare(bed.txn, [order])
    assert done.verdict == READY, done.reason
    peer.commit(bed.txn)
    bed.committed(order)
