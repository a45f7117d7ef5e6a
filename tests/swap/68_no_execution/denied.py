"""Becomes a program that may not make some system calls: denied.py NUMBER,…
WORD…. Each of them is EPERM for it and for whatever it starts."""
import ctypes
import os
import struct
import sys

# linux/filter.h, linux/seccomp.h, linux/audit.h, linux/prctl.h
LOAD_WORD, JUMP_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERRNO_EPERM = 0x7FFF0000, 0x00050001
X86_64 = 0xC000003E
NO_NEW_PRIVS, SET_SECCOMP, FILTER = 38, 22, 2


def program(numbers):
    """Of another architecture, or none of the numbers: allowed."""
    lines = [(LOAD_WORD, 0, 0, 4),
             (JUMP_EQUAL, 0, len(numbers) + 1, X86_64),
             (LOAD_WORD, 0, 0, 0)]
    for i, number in enumerate(numbers):
        lines.append((JUMP_EQUAL, len(numbers) - i, 0, number))
    lines += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, ERRNO_EPERM)]
    return b"".join(struct.pack("=HBBI", *line) for line in lines), len(lines)


def deny(numbers):
    code, count = program(numbers)
    kept = ctypes.create_string_buffer(code, len(code))
    libc = ctypes.CDLL(None, use_errno=True)
    whole = struct.pack("@HP", count, ctypes.addressof(kept))
    for words in ((NO_NEW_PRIVS, 1, 0, 0, 0),
                  (SET_SECCOMP, FILTER, ctypes.create_string_buffer(
                      whole, len(whole)), 0, 0)):
        if libc.prctl(*words) != 0:
            sys.exit("prctl: " + os.strerror(ctypes.get_errno()))


if __name__ == "__main__":
    deny([int(number) for number in sys.argv[1].split(",")])
    os.execvp(sys.argv[2], sys.argv[2:])
