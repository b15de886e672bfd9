"""Makes system calls one by one and prints what each returned: a JSON list of [call, errno name or null, value, seconds].

One call a line on standard input, its words separated by blanks. Open files go by names of the caller's choice. Content is made from a
seed, so that what is written and what is read can be compared by length and SHA-256; it looks like a DICOM file unless the seed begins
with "raw". A failed call does not stop the run.
"""

import errno
import hashlib
import json
import os
import random
import stat
import sys
import time

BLOCK = 4096  # the size in which Orthanc's file buffer writes
files = {}


def content(size, seed):
    data = random.Random(seed).randbytes(int(size))
    return data if seed.startswith("raw") else (bytes(128) + b"DICM" + data)[:int(size)]


def described(data):
    return f"{len(data)} {hashlib.sha256(data).hexdigest()}"


def flags_of(words):
    flags = 0
    for word in words.split("|"):
        flags |= getattr(os, word)
    return flags


def call_stat(path):
    found = os.stat(path)
    return "folder" if stat.S_ISDIR(found.st_mode) else f"file {found.st_size}"


def call_open(name, path, flags):
    files[name] = os.open(path, flags_of(flags), 0o666)


def call_dup(name, new):
    files[new] = os.dup(files[name])


def call_close(name):
    os.close(files.pop(name))


def call_write(name, size, seed="1"):
    data = content(size, seed)
    for start in range(0, len(data), BLOCK):
        os.write(files[name], data[start:start + BLOCK])
    return described(data)


def call_pwrite(name, offset, size, seed="1"):
    data = content(size, seed)
    os.pwrite(files[name], data, int(offset))
    return described(data)


def call_end(name):
    return os.lseek(files[name], 0, os.SEEK_END)


def call_read(name, start, end):
    """One read of [start, end); "-" is the end of the file."""
    size = os.fstat(files[name]).st_size if end == "-" else int(end)
    os.lseek(files[name], int(start), os.SEEK_SET)
    return described(os.read(files[name], size - int(start)))


def call_list(path):
    return " ".join(sorted(os.listdir(path)))


CALLS = {
    "stat": call_stat,
    "fstat": lambda name: str(os.fstat(files[name]).st_size),
    "mkdir": lambda path: os.mkdir(path, 0o777),
    "rmdir": os.rmdir,
    "unlink": os.unlink,
    "rename": os.rename,
    "link": os.link,
    "symlink": os.symlink,
    "open": call_open,
    "dup": call_dup,
    "close": call_close,
    "write": call_write,
    "pwrite": call_pwrite,
    "end": call_end,
    "read": call_read,
    "list": call_list,
    "fsync": lambda name: os.fsync(files[name]),
    "fdatasync": lambda name: os.fdatasync(files[name]),
    "ftruncate": lambda name, length: os.ftruncate(files[name], int(length)),
    "truncate": lambda path, length: os.truncate(path, int(length)),
    "chmod": lambda path, mode: os.chmod(path, int(mode, 8)),
    "chown": lambda path, user, group: os.chown(path, int(user), int(group)),
    "utime": lambda path, seconds: os.utime(path, (int(seconds), int(seconds))),
    "sleep": lambda seconds: time.sleep(float(seconds)),
}


def main():
    results = []
    for line in sys.stdin:
        words = line.split()
        if not words:
            continue
        error, value = None, None
        started = time.monotonic()
        try:
            value = CALLS[words[0]](*words[1:])
        except OSError as failure:
            error = errno.errorcode[failure.errno]
        except KeyError as failure:
            error = f"NOT OPEN {failure}"
        results.append([line.strip(), error, "" if value is None else str(value), time.monotonic() - started])
    json.dump(results, sys.stdout)


main()
