"""Opens and writes A1 objects with python3-cryptography, so that the format is checked by code that shares none with ours.

usage: independent_a1.py open OBJECT KEY_HEX
       independent_a1.py seal CONTENT KEY_HEX KEY_ID

Writes the result to standard output.
"""
import os
import struct
import sys

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def wrap(master_key, data):
    encryptor = Cipher(algorithms.AES(master_key), modes.CTR(bytes(16))).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def open_object(stored, master_key):
    header, sealed = stored[:70], stored[70:]
    if header[:2] != b"A1":
        raise SystemExit("not an A1 object")
    iv, data_key = wrap(master_key, header[6:38]), wrap(master_key, header[38:70])
    return AESGCM(data_key).decrypt(iv, sealed, header)


def seal_object(content, master_key, key_id):
    iv, data_key = os.urandom(32), os.urandom(32)
    header = b"A1" + struct.pack("<I", key_id) + wrap(master_key, iv) + wrap(master_key, data_key)
    return header + AESGCM(data_key).encrypt(iv, content, header)


def main(arguments):
    with open(arguments[1], "rb") as file:
        data = file.read()
    master_key = bytes.fromhex(arguments[2])
    if arguments[0] == "open":
        result = open_object(data, master_key)
    else:
        result = seal_object(data, master_key, int(arguments[3]))
    sys.stdout.buffer.write(result)


main(sys.argv[1:])
