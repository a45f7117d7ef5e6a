"""Messages between a guest and its bench, as bytes (runtime/wire/msg.h)."""
import collections
import os
import struct

WAIT_S = int(os.environ.get("COWBIRD_TEST_WAIT_S", "60"))

Hold = collections.namedtuple("Hold", "held_ns worked_ns preempted faults")


def text(words):
    data = os.fsencode(words)
    return struct.pack("<I", len(data)) + data


def u64(value):
    return struct.pack("<Q", value)


class Reader:
    def __init__(self, data):
        self.data = data

    def take(self, count):
        assert len(self.data) >= count, "a short message"
        head, self.data = self.data[:count], self.data[count:]
        return head

    def u64(self):
        return struct.unpack("<Q", self.take(8))[0]

    def hold(self):
        return Hold(*(self.u64() for _ in range(4)))

    def text(self):
        return os.fsdecode(self.take(struct.unpack("<I", self.take(4))[0]))

    def list(self, item):
        return [item() for _ in range(self.u64())]

    def end(self):
        assert not self.data, "a message with more than its fields"


def read_frame(line, wait_s=WAIT_S):
    """(type, Reader) or None at the end of the line."""
    line.settimeout(wait_s)

    def exactly(count):
        data = b""
        while len(data) < count:
            more = line.recv(count - len(data))
            if not more:
                return None
            data += more
        return data

    header = exactly(8)
    if header is None:
        return None
    size, kind, version = struct.unpack("<IHH", header)
    assert version == 1
    return kind, Reader(exactly(size) if size else b"")


def send_frame(line, kind, payload):
    line.sendall(struct.pack("<IHH", len(payload), kind, 1) + payload)
