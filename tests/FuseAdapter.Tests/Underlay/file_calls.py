"""Makes the same random file calls below two folders and stops at the first difference.

usage: file_calls.py FOLDER REFERENCE SEED STEPS
"""
import ctypes
import os
import random
import stat
import sys

NAMES = ["a", "b", "c", "d", "e.db", "e.db-wal", "name with blanks", "\u00e4\u00f6\u00fc", "x" * 200]
NO_REPLACE, EXCHANGE = 1, 2
LARGEST = 300_000

libc = ctypes.CDLL(None, use_errno=True)


def rename2(old, new, flags):
    if libc.renameat2(-100, os.fsencode(old), -100, os.fsencode(new), flags) < 0:
        raise OSError(ctypes.get_errno(), "renameat2")


class Side:
    """One of the two folders, and the files that are open in it."""

    def __init__(self, root):
        self.root = root
        self.open = {}

    def path(self, name):
        return os.path.join(self.root, name)

    def call(self, function):
        try:
            return function(self)
        except OSError as error:
            return f"errno {error.errno}"


def show(result):
    """What stat tells and both file systems must agree on; sizes and links of folders differ from one to the next."""
    kind = stat.S_IFMT(result.st_mode)
    shown = {"mode": oct(result.st_mode), "owner": (result.st_uid, result.st_gid)}
    if kind != stat.S_IFDIR:
        shown.update(size=result.st_size, links=result.st_nlink)
    return shown


def read_all(path):
    with open(path, "rb") as file:
        return file.read()


def whole_tree(root):
    """Everything below a folder: names, stat, contents, link targets."""
    found = {}
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            path = os.path.join(folder, name)
            result = os.lstat(path)
            entry = show(result)
            if stat.S_ISREG(result.st_mode):
                entry["content"] = read_all(path)
            elif stat.S_ISLNK(result.st_mode):
                entry["target"] = os.readlink(path)
            found[os.path.relpath(path, root)] = entry
    return found


def random_path(rng):
    depth = rng.choice([1, 1, 1, 2, 2, 3])
    return os.path.join(*(rng.choice(NAMES[:4] if level + 1 < depth else NAMES) for level in range(depth)))


def open_file(rng):
    path, key = random_path(rng), rng.randrange(12)
    flags = os.O_NONBLOCK | rng.choice([os.O_RDONLY, os.O_WRONLY, os.O_RDWR, os.O_RDWR])  # a FIFO must not wait
    for flag in (os.O_CREAT, os.O_CREAT, os.O_EXCL, os.O_TRUNC, os.O_APPEND):
        if rng.random() < 0.35:
            flags |= flag
    mode = rng.choice([0o666, 0o640, 0o600, 0o444, 0o4755])

    def run(side):
        descriptor = os.open(side.path(path), flags, mode)
        if key in side.open:
            os.close(side.open.pop(key))
        side.open[key] = descriptor
        return show(os.fstat(descriptor))

    return run, f"open {path!r} as {key}, flags {flags:#o}, mode {mode:#o}"


def on_open_file(rng):
    key = rng.randrange(12)
    offset = rng.choice([0, rng.randrange(10_000), rng.randrange(LARGEST)])
    length = rng.choice([0, 1, rng.randrange(5000), 4096, rng.randrange(150_000)])
    data = rng.randbytes(length)
    what = rng.choice(["pwrite", "pwrite", "pwrite", "pread", "pread", "write", "read", "truncate", "fsync", "fdatasync",
                       "stat", "close", "chmod", "allocate", "punch", "times"])
    chosen_time = rng.randrange(2**31) * 10**9 + rng.randrange(10**9)

    def run(side):
        if key not in side.open:
            return "not open"
        descriptor = side.open[key]
        if what == "pwrite":
            return os.pwrite(descriptor, data, offset)
        if what == "pread":
            return os.pread(descriptor, length, offset)
        if what == "write":
            return os.write(descriptor, data)
        if what == "read":
            return os.read(descriptor, length)
        if what == "truncate":
            return os.ftruncate(descriptor, offset)
        if what == "fsync":
            return os.fsync(descriptor)
        if what == "fdatasync":
            return os.fdatasync(descriptor)
        if what == "chmod":
            return os.fchmod(descriptor, 0o600 | offset & 0o77)
        if what == "allocate":
            return os.posix_fallocate(descriptor, offset, length or 1)
        if what == "punch":  # FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE
            if libc.fallocate(descriptor, 3, ctypes.c_long(offset), ctypes.c_long(length or 1)) < 0:
                raise OSError(ctypes.get_errno(), "fallocate")
            return None
        if what == "times":
            os.utime(descriptor, ns=(chosen_time, chosen_time))
            return os.fstat(descriptor).st_mtime_ns
        if what == "close":
            return os.close(side.open.pop(key))
        return show(os.fstat(descriptor))

    return run, f"{what} {key}, offset {offset}, length {length}"


def on_names(rng):
    path, other = random_path(rng), random_path(rng)
    mode = rng.choice([0o755, 0o700, 0o2775, 0o1777, 0o4755])
    size = rng.randrange(LARGEST)
    chosen_time = rng.randrange(2**31) * 10**9 + rng.randrange(10**9)
    calls = {
        "mkdir": lambda side: os.mkdir(side.path(path), mode),
        "rmdir": lambda side: os.rmdir(side.path(path)),
        "unlink": lambda side: os.unlink(side.path(path)),
        "rename": lambda side: os.rename(side.path(path), side.path(other)),
        "rename, no replace": lambda side: rename2(side.path(path), side.path(other), NO_REPLACE),
        "exchange": lambda side: rename2(side.path(path), side.path(other), EXCHANGE),
        "link": lambda side: os.link(side.path(path), side.path(other), follow_symlinks=False),
        "symlink": lambda side: os.symlink(os.path.basename(other), side.path(path)),
        "readlink": lambda side: os.readlink(side.path(path)),
        "mkfifo": lambda side: os.mkfifo(side.path(path), mode & 0o777),
        "chmod": lambda side: os.chmod(side.path(path), mode),
        "chown": lambda side: os.chown(side.path(path), 1000 + size % 3, 2000 + size % 3, follow_symlinks=False),
        "truncate": lambda side: os.truncate(side.path(path), size),
        "times": lambda side: (os.utime(side.path(path), ns=(chosen_time, chosen_time), follow_symlinks=False),
                               os.lstat(side.path(path)).st_mtime_ns),
        "list": lambda side: sorted(os.listdir(side.path(path))),
        "read": lambda side: read_all(side.path(path)) if stat.S_ISREG(os.stat(side.path(path)).st_mode) else "no file",
        "stat": lambda side: show(os.lstat(side.path(path))),
    }
    name = rng.choice(list(calls) + ["mkdir", "link", "rename", "stat"])
    return calls[name], f"{name} {path!r} {other!r}, mode {mode:#o}, size {size}"


def step(rng):
    return rng.choice([open_file, on_open_file, on_open_file, on_open_file, on_names, on_names])(rng)


def main():
    folder, reference, seed, steps = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    rng = random.Random(seed)
    sides = [Side(folder), Side(reference)]
    done = 0
    for number in range(steps):
        run, text = step(rng)
        results = [side.call(run) for side in sides]
        if results[0] != results[1]:
            sys.exit(f"seed {seed}, step {number}: {text}\n  {str(results[0])[:300]}\n  instead of\n  {str(results[1])[:300]}")
        done += not (isinstance(results[0], str) and results[0].startswith(("errno", "not open")))
        if number % 500 == 499 or number == steps - 1:
            trees = [whole_tree(side.root) for side in sides]
            for path in sorted(trees[0].keys() | trees[1].keys()):
                mine, theirs = trees[0].get(path), trees[1].get(path)
                if mine != theirs:
                    sys.exit(f"seed {seed}, step {number}: {path!r} differs\n  {str(mine)[:300]}\n  instead of\n  {str(theirs)[:300]}")
    if done < steps // 4:
        sys.exit(f"only {done} of {steps} calls succeeded: the test says little")
    print(f"{steps} calls, {done} succeeded, {len(trees[0])} files at the end")


main()
