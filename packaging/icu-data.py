#!/usr/bin/env python3
"""Makes a copy of Swift's static ICU library with less data, for a smaller binary.

Usage: icu-data.py lib_FoundationICU.a COPY.a

34 MB of a statically linked program are one object of that library: the words, calendars, collations and conversions of
some seven hundred locales. Rollcall speaks English and writes numbers and times of its own, so what is kept is what
Foundation asks for whatever the language: the root and English, time zones, normalization and the properties of
characters. The tests of the package run on the binary made with it.

The data's form is that of ICU's `ucmndata.h`: a header, then a table of contents (names and data by their distance from
the table), then the names, then the items, each at a multiple of 16.
"""
import os
import struct
import subprocess
import sys
import tempfile

MEMBER = "icu_packaged_data.cpp.o"
SYMBOL = "icudt76_dat"
# Folders of locales' words: languages, regions, units, currencies, names of zones, spelled-out numbers, scripts.
LOCALES = {"brkitr", "coll", "curr", "lang", "region", "unit", "zone", "rbnf", "translit"}
LANGUAGES = {"root", "en", "en_001", "en_US", "en_US_POSIX", "en_150", "en_GB"}
ALWAYS = {"res_index", "pool", "ucadata", "supplementalData"}


def is_kept(name):
    """Whether an item is kept, by its name, such as `icudt76l/curr/de.res`."""
    path = name.split("/")[1:]
    stem, kind = path[-1].rsplit(".", 1)
    if kind == "cnv" or kind == "dict":
        return False
    if kind != "res":
        return not (len(path) > 1 and path[0] == "brkitr" and kind == "brk" and "_" in stem)
    if len(path) > 1 and path[0] in LOCALES:
        return path[0] not in {"translit", "rbnf"} and (stem in LANGUAGES or stem in ALWAYS)
    # In the topmost folder locales begin with a language of two or three small letters.
    is_locale = stem.split("_")[0].islower() and len(stem.split("_")[0]) in (2, 3) and stem not in ALWAYS
    return stem in LANGUAGES or not is_locale


def items(data):
    """The items of ICU's data, in its order, each a name and its bytes; and the header before the table."""
    base = struct.unpack_from("<H", data, 0)[0]
    count = struct.unpack_from("<I", data, base)[0]
    table = [struct.unpack_from("<II", data, base + 4 + 8 * index) for index in range(count)]
    ends = [offset for _, offset in table[1:]] + [len(data) - base]
    found = []
    for (name, start), end in zip(table, ends):
        text = data[base + name : data.index(b"\0", base + name)].decode("ascii")
        found.append((text, data[base + start : base + end]))
    return data[:base], found


def packed(header, kept):
    """The data of some items under the same header."""
    names = b"".join(name.encode("ascii") + b"\0" for name, _ in kept)
    first_name = 4 + 8 * len(kept)
    start = (first_name + len(names) + 15) // 16 * 16
    table, body, at_name = [], b"", first_name
    for name, content in kept:
        body += b"\xaa" * (-len(body) % 16)
        table.append(struct.pack("<II", at_name, start + len(body)))
        body += content
        at_name += len(name) + 1
    contents = struct.pack("<I", len(kept)) + b"".join(table) + names
    return header + contents + b"\xaa" * (start - len(contents)) + body


def main(source, target):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["ar", "x", source, MEMBER], cwd=folder, check=True)
        raw = os.path.join(folder, "data")
        subprocess.run(["objcopy", "-O", "binary", "-j", ".rodata", MEMBER, raw], cwd=folder, check=True)
        with open(raw, "rb") as file:
            header, all_items = items(file.read())
        kept = [item for item in all_items if is_kept(item[0])]
        with open(raw, "wb") as file:
            file.write(packed(header, kept))
        with open(os.path.join(folder, "data.s"), "w", encoding="ascii") as file:
            file.write(
                f'.section .rodata\n.balign 16\n.globl {SYMBOL}\n.type {SYMBOL}, @object\n'
                f'{SYMBOL}:\n.incbin "data"\n.size {SYMBOL}, . - {SYMBOL}\n.section .note.GNU-stack,"",@progbits\n'
            )
        subprocess.run(["as", "-o", MEMBER, "data.s"], cwd=folder, check=True)
        subprocess.run(["cp", source, target], check=True)
        subprocess.run(["chmod", "u+w", target], check=True)
        # D: no time and no owner, so that the same input makes the same copy.
        subprocess.run(["ar", "rD", target, os.path.join(folder, MEMBER)], check=True)
    size = sum(len(content) for _, content in kept)
    print(f"{len(kept)} of {len(all_items)} items of ICU's data kept, {size:,} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
