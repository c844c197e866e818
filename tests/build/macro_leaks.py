#!/usr/bin/env python3
"""Checks that a header defines no macro but SIOKIT_... ones, and leaves those of the program as they were.

  macro_leaks.py COMPILER [FLAG...] -- HEADER...     prints header: macro for each other one, and fails if there is any
  macro_leaks.py --self-test COMPILER [FLAG...]      plants leaks and sees that they are found
"""
import pathlib
import re
import subprocess
import sys
import tempfile

# Words that programs have as macros: still there, with their value, after each header.
OF_PROGRAMS = {"emit": "", "slots": "", "min": "1", "near": "2", "ERROR": "3", "None": "4"}
SYSTEM = re.compile(r"^\s*#\s*include\s*<(?!siokit/)([^>]+)>", re.MULTILINE)


def macros(command, text):
    done = subprocess.run([*command, "-E", "-dM", "-x", "c++", "-"], input=text, text=True, capture_output=True)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    found = re.findall(r"^#define (\w+)(?:\([^)]*\))? ?(.*)$", done.stdout, re.MULTILINE)
    return {name: value.strip() for name, value in found}


def system_headers(command, header):
    """What the header includes that is not ours: what those define is theirs."""
    done = subprocess.run([*command, "-E", "-x", "c++", "-"], input=f"#include <{header}>\n", text=True, capture_output=True)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    ours = {m for m in re.findall(r'^# \d+ "([^"]+)"', done.stdout, re.MULTILINE) if "/siokit/" in m}
    text = "".join(pathlib.Path(f).read_text() for f in sorted(ours))
    return sorted(set(SYSTEM.findall(text)))


def leaks(command, header):
    theirs = "".join(f"#if __has_include(<{h}>)\n#include <{h}>\n#endif\n" for h in system_headers(command, header))
    # With the program's words defined behind the system's headers, which protect themselves against none.
    words = "".join(f"#undef {name}\n#define {name} {value}\n" for name, value in OF_PROGRAMS.items())
    before = macros(command, theirs + words)
    after = macros(command, theirs + words + f"#include <{header}>\n")
    found = [f"{header}: defines {n}" for n in after if n not in before and not n.startswith("SIOKIT_")]
    return found + [f"{header}: changes {n}" for n in before if after.get(n) != before[n]]


def self_test(command):
    planted = {
        "good.hpp": ("#pragma once\n#include <cstddef>\n#define SIOKIT_X 1\n#pragma push_macro(\"emit\")\n#undef emit\n"
                     "#pragma pop_macro(\"emit\")\n", 0),
        "leak.hpp": ("#pragma once\n#define HELPER(x) x\n", 1),
        "eaten.hpp": ("#pragma once\n#undef emit\n", 1),
        "changed.hpp": ("#pragma once\n#undef near\n#define near 7\n", 1),
    }
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder) / "siokit"
        root.mkdir()
        for name, (text, expected) in planted.items():
            (root / name).write_text(text)
            found = leaks([*command, "-I", folder], f"siokit/{name}")
            if len(found) != expected:
                print(f"self-test: {name}: {found}")
                bad = 1
    return bad


def main(arguments):
    if arguments[:1] == ["--self-test"]:
        return self_test(arguments[1:])
    split = arguments.index("--")
    found = [line for header in arguments[split + 1:] for line in leaks(arguments[:split], header)]
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
