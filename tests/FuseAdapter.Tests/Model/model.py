"""Compares the mount with a directory on tmpfs: the same random calls on both, step by step.

Arguments: mount point, reference directory, seed, steps. Files of the underlay must behave exactly as on tmpfs. Attachments differ on
purpose, as docs/semantics.md says: names and folders are fixed, an attachment appears when it is committed and never changes after that.
On the first difference the steps so far are printed and the exit code is 1.
"""

import errno
import os
import random
import sys
import time

PAGE = 4096
PATIENCE = 10.0  # seconds for what happens behind a call that has returned
LARGEST = 40 * PAGE

ABSENT, WRITING, COMMITTED = "absent", "writing", "committed"


class Difference(Exception):
    pass


def attempt(call, *arguments):
    """The result of a call and the name of its error."""
    try:
        return call(*arguments), None
    except OSError as failure:
        return None, errno.errorcode[failure.errno]


def expect(what, got, *allowed):
    if got not in allowed:
        raise Difference(f"{what}: {got}, not {' or '.join(map(str, allowed))}")


def eventually(what, condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise Difference(f"{what}: not within {PATIENCE} s")
        time.sleep(0.01)


class Attachment:
    def __init__(self, mount, reference, name):
        self.name = name
        self.folder = os.path.join(mount, name[:2], name[2:4])
        self.path = os.path.join(self.folder, name)
        self.copy = os.path.join(reference, name)
        self.state = ABSENT
        self.file = self.copy_file = None
        self.written = bytearray()  # 1 for each byte that was written

    def opened(self):
        return self.file is not None

    def is_complete(self):
        return all(self.written)

    def has_missing_page(self):
        return any(not any(self.written[start:start + PAGE]) for start in range(0, len(self.written), PAGE))


class Model:
    def __init__(self, mount, reference, seed, log):
        self.mount, self.reference, self.log = mount, reference, log
        self.random = random.Random(seed)
        names = [f"{folder}{i:04x}-0000-4000-8000-000000000000" for i, folder in enumerate(["ab12", "ab12", "ab34", "cd56", "cd56"])]
        os.mkdir(os.path.join(reference, "attachments"))
        os.mkdir(os.path.join(reference, "underlay"))
        self.attachments = [Attachment(mount, os.path.join(reference, "attachments"), name) for name in names]
        self.readers = []  # (file in the mount, file on tmpfs)
        self.files = []  # the same of the underlay

    def step(self):
        operations = [self.create] * 3 + [self.write] * 8 + [self.cut] * 2 + [self.sync] * 3 + [self.close] * 3 + [self.read_back] * 2 + [
            self.stat, self.stat, self.read, self.read, self.hold, self.read_held, self.read_held, self.unlink, self.list, self.rename,
            self.truncate, self.folders] + [self.underlay] * 14
        operation = self.random.choice(operations)
        if operation == self.underlay:
            self.underlay()
        else:
            operation(self.random.choice(self.attachments))

    def note(self, text):
        self.log.append(text)

    # Attachments

    def create(self, a):
        flags = self.random.choice([os.O_WRONLY, os.O_RDWR]) | os.O_CREAT | self.random.choice([0, os.O_TRUNC])
        self.note(f"open {a.name} {flags:#o} while {a.state}")
        file, error = attempt(os.open, a.path, flags)
        expect("open for writing", error, {ABSENT: None, WRITING: "EBUSY", COMMITTED: "EPERM"}[a.state])
        if error is None:
            a.file, a.copy_file = file, os.open(a.copy, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
            a.readable = bool(flags & os.O_RDWR)
            a.state, a.written = WRITING, bytearray()

    def write(self, a):
        if a.state != WRITING:
            return
        size = len(a.written)
        # Mostly onwards, as programs write; sometimes over what is there, seldom behind a hole.
        offset = self.random.choice([size, size, size, size, self.random.randint(0, size), size + self.random.choice([0, 0, 100, 3 * PAGE])])
        data = self.random.randbytes(self.random.choice([1, 100, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE, 20 * PAGE]))
        if offset + len(data) > LARGEST:
            return
        self.note(f"write {a.name} {offset} +{len(data)}")
        expect("write", attempt(os.pwrite, a.file, data, offset), (len(data), None))
        os.pwrite(a.copy_file, data, offset)
        a.written.extend(bytes(max(0, offset + len(data) - len(a.written))))
        a.written[offset:offset + len(data)] = b"\1" * len(data)

    def cut(self, a):
        if a.state != WRITING:
            return
        size = len(a.written)
        length = self.random.choice([0, size // 2, size, size, self.random.randint(0, size), size + self.random.choice([0, 0, 10, 2 * PAGE])])
        self.note(f"ftruncate {a.name} {length}")
        expect("ftruncate", attempt(os.ftruncate, a.file, length), (None, None))
        os.ftruncate(a.copy_file, length)
        del a.written[length:]
        a.written.extend(bytes(length - len(a.written)))

    def sync(self, a):
        if not a.opened():
            return
        call = self.random.choice([os.fsync, os.fdatasync])
        self.note(f"{call.__name__} {a.name} while {a.state}")
        self.committed(a, attempt(call, a.file)[1])

    def close(self, a):
        if not a.opened():
            return
        self.note(f"close {a.name} while {a.state}")
        empty = a.state == WRITING and not a.written
        _, error = attempt(os.close, a.file)
        a.file = None
        if empty:
            expect("close of an empty file", error, None)
            eventually("an empty file is committed after close", lambda: attempt(self.read_whole, a.path) == (b"", None))
            a.state = COMMITTED
        else:
            self.committed(a, error)
        os.close(a.copy_file)

    def committed(self, a, error):
        """After an fsync or close."""
        if a.state == COMMITTED:
            expect("after the commit", error, None)
            return
        if a.has_missing_page():
            expect("commit with a hole", error, "EIO")
        elif a.is_complete():
            expect("commit", error, None)
        else:
            expect("commit with a gap within a page", error, None, "EIO")
        if error is None:
            a.state = COMMITTED
        else:
            self.given_up(a)

    def given_up(self, a):
        if a.opened():
            expect("fsync of a failed file", attempt(os.fsync, a.file)[1], "EIO")
            _, error = attempt(os.close, a.file)
            expect("close of a failed file", error, "EIO")
            os.close(a.copy_file)
            a.file = None
        eventually("a failed file is gone", lambda: attempt(os.stat, a.path)[1] == "ENOENT")
        a.state = ABSENT

    def read_back(self, a):
        if a.opened() and a.readable:
            self.note(f"read back {a.name} while {a.state}")
            self.compare_part(a.file, a.copy_file)

    def stat(self, a):
        self.note(f"stat {a.name} while {a.state}")
        found, error = attempt(os.stat, a.path)
        expect("stat", error, "ENOENT" if a.state == ABSENT else None)
        if error is None:
            expect("size", found.st_size, os.stat(a.copy).st_size)

    def read(self, a):
        self.note(f"read {a.name} while {a.state}")
        content, error = attempt(self.read_whole, a.path)
        expect("open", error, {ABSENT: "ENOENT", WRITING: "EBUSY", COMMITTED: None}[a.state])
        if error is None and content != self.read_whole(a.copy):
            raise Difference("other bytes than on tmpfs")

    def hold(self, a):
        if a.state == COMMITTED and len(self.readers) < 4:
            self.note(f"hold {a.name} open")
            # The copy is opened under a link of its own, since the reference overwrites a name that is created again.
            self.readers.append((os.open(a.path, os.O_RDONLY), self.frozen(a.copy)))

    def read_held(self, _):
        if self.readers:
            index = self.random.randrange(len(self.readers))
            self.note(f"read held {index}")
            self.compare_part(*self.readers[index])
            if self.random.random() < 0.3:
                for file in self.readers.pop(index):
                    os.close(file)

    def unlink(self, a):
        self.note(f"unlink {a.name} while {a.state}")
        expect("unlink", attempt(os.unlink, a.path)[1], "ENOENT" if a.state == ABSENT else None)
        if a.state == WRITING:
            self.given_up(a)
        elif a.state == COMMITTED:
            if a.opened():
                expect("close of an unlinked file", attempt(os.close, a.file)[1], None)
                os.close(a.copy_file)
                a.file = None
            expect("stat of an unlinked file", attempt(os.stat, a.path)[1], "ENOENT")
            a.state = ABSENT

    def list(self, a):
        self.note(f"list {a.folder}")
        expected = {b.name for b in self.attachments if b.folder == a.folder and b.state == COMMITTED}
        if set(os.listdir(a.folder)) != expected:
            raise Difference(f"listed {os.listdir(a.folder)}, not {expected}")

    def rename(self, a):
        target = self.random.choice([self.random.choice(self.attachments).path, os.path.join(self.mount, "taken-out")])
        self.note(f"rename {a.name} while {a.state} to {target}")
        if target == a.path:
            return
        refused = "EPERM" if "-0000-" in target else "EXDEV"
        expect("rename", attempt(os.rename, a.path, target)[1], "ENOENT" if a.state == ABSENT else refused)

    def truncate(self, a):
        if a.state == COMMITTED:
            self.note(f"truncate {a.name}")
            expect("truncate", attempt(os.truncate, a.path, os.stat(a.copy).st_size + 1)[1], "EPERM")

    def folders(self, a):
        self.note(f"mkdir and rmdir {a.folder}")
        expect("mkdir", attempt(os.mkdir, a.folder)[1], "EEXIST")
        _, error = attempt(os.rmdir, a.folder)
        in_it = any(b.folder == a.folder and b.state != ABSENT for b in self.attachments)
        expect("rmdir", error, *(["ENOTEMPTY"] if in_it else ["ENOTEMPTY", None]))
        expect("stat of a hash folder", attempt(os.stat, a.folder)[1], None)

    # The underlay

    def underlay(self):
        name = self.random.choice(["index", "index-wal", "index-journal", "folder/a", "folder/b", "folder"])
        other = self.random.choice(["index", "index-wal", "folder/b", "other"])
        kind = self.random.choice(["open", "open", "write", "write", "write", "cut", "read", "read", "close", "rename", "unlink", "mkdir", "rmdir", "list", "stat", "sync"])
        self.note(f"underlay {kind} {name} {other}")
        if kind in ("write", "cut", "read", "close", "sync"):
            if self.files:
                self.underlay_file(kind, self.random.randrange(len(self.files)))
            return
        if kind == "open":
            if len(self.files) < 5:
                flags = os.O_RDWR | self.random.choice([0, os.O_CREAT, os.O_CREAT | os.O_EXCL, os.O_CREAT | os.O_TRUNC])
                pair = self.both(lambda root: os.open(os.path.join(root, name), flags), compare=False)
                if pair is not None:
                    self.files.append(pair)
            return
        self.both({
            "rename": lambda root: os.rename(os.path.join(root, name), os.path.join(root, other)),
            "unlink": lambda root: os.unlink(os.path.join(root, name)),
            "mkdir": lambda root: os.mkdir(os.path.join(root, name)),
            "rmdir": lambda root: os.rmdir(os.path.join(root, name)),
            "list": lambda root: sorted(entry for entry in os.listdir(root) if len(entry) != 2),
            "stat": lambda root: self.described(os.stat(os.path.join(root, name))),
        }[kind])

    def underlay_file(self, kind, index):
        files = self.files[index]
        if kind == "close":
            for file in self.files.pop(index):
                os.close(file)
        elif kind == "read":
            self.compare_part(*files)
        elif kind == "sync":
            os.fsync(files[0])
        else:
            offset, data = self.random.randint(0, LARGEST), self.random.randbytes(self.random.choice([1, 100, PAGE, 5 * PAGE + 7]))
            for file in files:
                os.pwrite(file, data, offset) if kind == "write" else os.ftruncate(file, offset)
            expect("size in the underlay", os.fstat(files[0]).st_size, os.fstat(files[1]).st_size)

    # Both sides

    def both(self, call, compare=True):
        here, error = attempt(call, self.mount)
        there, expected = attempt(call, os.path.join(self.reference, "underlay"))
        expect("underlay", error, expected)
        if error is not None:
            return None
        if compare:
            expect("underlay", here, there)
        return here, there

    @staticmethod
    def described(found):
        is_folder = found.st_mode & 0o170000 == 0o040000
        return oct(found.st_mode), 0 if is_folder else found.st_size, 0 if is_folder else found.st_nlink

    @staticmethod
    def read_whole(path):
        file = os.open(path, os.O_RDONLY)
        try:
            return os.pread(file, 2 * LARGEST, 0)
        finally:
            os.close(file)

    def frozen(self, path):
        file = os.memfd_create("held")
        os.write(file, self.read_whole(path))
        return file

    def compare_part(self, file, copy):
        offset, size = self.random.choice([0, self.random.randint(0, LARGEST)]), self.random.choice([1, PAGE, 2 * LARGEST])
        if os.pread(file, size, offset) != os.pread(copy, size, offset):
            raise Difference(f"other bytes than on tmpfs at {offset} +{size}")
        expect("size", os.fstat(file).st_size, os.fstat(copy).st_size)


def main():
    mount, reference, seed, steps = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    log = []
    model = Model(mount, reference, seed, log)
    try:
        for _ in range(steps):
            model.step()
    except (Difference, OSError) as difference:
        print(f"seed {seed}, step {len(log)}: {difference!r}\n" + "\n".join(log[-400:]))
        sys.exit(1)
    print(f"seed {seed}: {len(log)} calls")


main()
