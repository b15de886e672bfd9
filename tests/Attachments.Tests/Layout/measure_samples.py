# Measures the DICOM files that Debian's package python3-pydicom carries. One line a file: path, offset of the pixel data or -1, ends of the
# elements from Rows on.
import os, struct, sys, warnings
import pydicom
warnings.simplefilter("ignore")

def start(data, tag, value, order):
    for header in (8, 12):
        if data[value - header:value - header + 4] == struct.pack(order + "HH", tag >> 16, tag & 0xFFFF):
            return value - header
    sys.exit(f"{path}: no header of {tag:08x} before {value}")

for folder, _, names in os.walk(os.path.join(os.path.dirname(pydicom.__file__), "data")):
    for path in sorted(os.path.join(folder, name) for name in names):
        with open(path, "rb") as file:
            data = file.read()
        if data[128:132] != b"DICM":
            continue
        dataset = pydicom.dcmread(path)
        uid = dataset.file_meta.get("TransferSyntaxUID")
        pixels, ends = -1, []
        if uid != "1.2.840.10008.1.2.1.99":
            order = "<" if dataset.is_little_endian else ">"
            for tag in sorted(dataset.keys()):
                element = dataset.get_item(tag)
                value = element.value_tell if hasattr(element, "value_tell") else element.file_tell
                offset = start(data, tag, value, order)
                if 0x00280010 < tag <= 0x7FE00010 and "Rows" in dataset:
                    ends.append(offset)
                if tag == 0x7FE00010:
                    pixels = offset
                    if (value - offset == 8) != (uid == "1.2.840.10008.1.2"):
                        ends = []
            if ends and pixels < 0:
                ends.append(len(data))
        print(path, pixels, ",".join(map(str, ends)), sep="\t")
