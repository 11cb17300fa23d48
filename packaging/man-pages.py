#!/usr/bin/env python3
"""Makes the man pages of the package out of those that the argument parser's generate-manual has written.

Usage: man-pages.py FROM TO VERSION      FROM: a folder of rollcall.run.1 and the like; TO: gets rollcall-run.1 and so on

Their names become those that man looks for, in cross-references, too; what whatis reads has the page's own name; empty
lines, which mdoc(7) forbids, become paragraphs; and the exit codes stand under their own heading.
"""
import os
import re
import sys

CODES = re.compile(r"^Exit codes: (.*)\.$", re.MULTILINE)


def page_name(text):
    """`rollcall run` and `rollcall.run` as a page's name."""
    return re.sub(r"[ .]", "-", text)


def exit_status(name, codes):
    """The section on exit codes, from the main page's sentence on them."""
    if name != "rollcall":
        return "Its exit codes are those of\n.Xr rollcall 1 ."
    items = [item.split(" ", 1) for item in codes.split("; ")]
    return ".Bl -tag -width 4n\n" + "".join(f".It {code}\n{about}\n" for code, about in items) + ".El"


def rewritten(text, name, version):
    command = name.replace("-", " ")
    found = CODES.search(text)
    codes = found.group(1) if found else ""
    text = CODES.sub("", text) if name == "rollcall" else text
    text = re.sub(r"^\.Dt .*$", f".Dt {name.upper()} 1", text, flags=re.MULTILINE)
    # Quotes would be part of what whatis shows.
    text = re.sub(r'^\.Nd "(.*?)\.?"$', r".Nd \1", text, flags=re.MULTILINE)
    text = re.sub(r"^\.Os$", f".Os Rollcall {version}", text, flags=re.MULTILINE)
    text = re.sub(r'^\.Nm ("[^"]*"|\S+)$', f".Nm {name}", text, count=1, flags=re.MULTILINE)
    # The line to type has blanks where the page's name has hyphens.
    text = re.sub(r"^\.Nm$", f'.Nm "{command}"', text, flags=re.MULTILINE)
    text = re.sub(r"^\.Xr (\S+)", lambda match: f".Xr {page_name(match.group(1))}", text, flags=re.MULTILINE)
    text = re.sub(r"^\.Ex -std$", lambda _: exit_status(name, codes), text, flags=re.MULTILINE)
    text = re.sub(r"(^\.Sh .*\n)\n+", r"\1", text, flags=re.MULTILINE)
    return re.sub(r"\n\n+", "\n.Pp\n", text.rstrip("\n")) + "\n"


def main(source, target, version):
    for file in sorted(os.listdir(source)):
        name = page_name(file.removesuffix(".1"))
        with open(os.path.join(source, file), encoding="utf-8") as page:
            text = page.read()
        with open(os.path.join(target, f"{name}.1"), "w", encoding="utf-8") as page:
            page.write(rewritten(text, name, version))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
