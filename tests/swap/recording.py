"""Calls that a guest records, as its bench hears of them."""
import base64
import pickle

from bed import RECORD, RECORDED, RECORDING
from frames import send_frame, text, u64


def record(peer, function, calls, number=1, module="hot"):
    """Has calls recorded; the refusal, empty when it does."""
    send_frame(peer.line, RECORD, u64(number) + text(module) + text(function)
               + u64(calls))
    if calls == 0:
        return None
    m = peer._take(RECORDING)
    assert m.u64() == number
    refusal, peer.folder, peer.paths = m.text(), m.text(), m.list(m.text)
    m.end()
    return refusal


def read(m):
    """(args, named), or a sentence why there is none."""
    if isinstance(m, (tuple, str)):
        return m
    m.u64()
    call, why = m.text(), m.text()
    m.end()
    return why or pickle.loads(base64.b64decode(call))


def await_calls(peer, count):
    """Until so many have been told; all of them."""
    while len(peer.calls) < count:
        peer._take(RECORDED)
    return told(peer)


def told(peer):
    """All that were."""
    peer.calls = [read(call) for call in peer.calls]
    return peer.calls
