"""Stores and reads back attachments from many threads at once: arguments are the mount point, how many, and the largest size in bytes.

Every file is stored as Orthanc does, read back by another thread, compared, and deleted. Prints the number of files that were right.
"""

import concurrent.futures
import hashlib
import os
import random
import sys
import uuid

BLOCK = 4096


def path_of(root, name):
    return os.path.join(root, name[:2], name[2:4], name)


def store(root, seed, largest):
    rng = random.Random(seed)
    data = rng.randbytes(rng.randint(largest // 4, largest))
    path = path_of(root, str(uuid.UUID(int=rng.getrandbits(128), version=4)))
    f = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        for start in range(0, len(data), BLOCK):
            os.write(f, data[start:start + BLOCK])
        os.fdatasync(f)
    finally:
        os.close(f)
    return path, len(data), hashlib.sha256(data).digest()


def check(path, size, digest):
    f = os.open(path, os.O_RDONLY)
    try:
        data = os.read(f, size + 1)
    finally:
        os.close(f)
    return len(data) == size and hashlib.sha256(data).digest() == digest


def main():
    root, clients, largest = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with concurrent.futures.ThreadPoolExecutor(clients) as threads:
        stored = list(threads.map(lambda seed: store(root, seed, largest), range(clients)))
        right = sum(threads.map(lambda one: check(*one), reversed(stored)))
        list(threads.map(lambda one: os.unlink(one[0]), stored))
    print(right)


main()
