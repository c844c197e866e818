#!/usr/bin/env python3
"""Makes docs/limits.md from include/siokit/core/limits.hpp.

  make_limits.py            writes the page
  make_limits.py --check    says whether the page is fresh, and whether tests/sio/*limits_test.cpp name every member
  make_limits.py --self-test
"""
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parent.parent
header = root / "include/siokit/core/limits.hpp"
page = root / "docs/limits.md"
tests = [root / "tests/sio/limits_test.cpp", root / "tests/sio/client_limits_test.cpp"]

INTRO = """# Limits

What can a hostile peer grow? These members of `siokit::limits`, and nothing else. Set them before the server is made:

```cpp
siokit::server_options options;
options.limits.max_queued = 4 * 1024 * 1024;
siokit::server io{options};
```

A peer that goes too far loses its link, its session or its request, as the row says; nobody else notices. Each member has a
test on both sides of it (`tests/sio/limits_test.cpp`). Sizes are bytes. The options that are limits as well (`max_payload`,
`ping_interval`, `ping_timeout`, `upgrade_timeout`, `connect_timeout`) are in `eio/options.hpp` and `sio/switchboard.hpp`.

Made from `core/limits.hpp` by `tools/make_limits.py`; edit that file, not this one.
"""


def sections(text):
    """[(title, [(name, default, doc)])] in the order of the file."""
    found = []
    doc = []
    for line in text.splitlines():
        line = line.strip()
        if m := re.fullmatch(r"// --- (.+?) -*", line):
            found.append((m[1].strip(), []))
        elif m := re.fullmatch(r"/// ?(.*)", line):
            doc.append(m[1])
        elif m := re.fullmatch(r"(std::size_t|milliseconds) (\w+)(?: = (.+?)|\{(.+?)\});", line):
            if not doc:
                raise SystemExit(f"make_limits: {m[2]} has no doc comment")
            if not found:
                raise SystemExit(f"make_limits: {m[2]} stands in no section")
            found[-1][1].append((m[2], default(m[1], m[3] or m[4]), " ".join(doc)))
            doc = []
        elif line and not line.startswith("//"):
            doc = []
    return found


def default(kind, expression):
    if not re.fullmatch(r"[0-9' *u]+", expression):
        raise SystemExit(f"make_limits: cannot read {expression}")
    n = 1
    for factor in expression.replace("'", "").replace("u", "").split("*"):
        n *= int(factor)
    if kind == "milliseconds":
        return f"{n // 1000} s" if n % 1000 == 0 else f"{n} ms"
    for unit, size in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if "* 1024" in expression and n % size == 0:
            return f"{n // size} {unit}"
    return f"{n:,}"


def render(text):
    out = [INTRO]
    for title, members in sections(text):
        out.append(f"## {title}\n\n| member | default | what it bounds, what happens, where the number comes from |\n|---|---|---|")
        for name, value, doc in members:
            out.append(f"| `{name}` | {value} | {doc.replace('|', '&#124;')} |")
        out.append("")
    return "\n".join(out).rstrip() + "\n"


def untested(text, test_text):
    words = set(re.findall(r"\w+", test_text))
    return [name for _, members in sections(text) for name, _, _ in members if name not in words]


def self_test():
    good = "// --- A ---\n/// One.\n/// Two | three.\nstd::size_t a = 8 * 1024;\n/// T.\nmilliseconds t{10'000};\n/// N.\nstd::size_t n = 1'000;\n"
    made = render(good)
    wrong = 0
    for row in ("| `a` | 8 KiB | One. Two &#124; three. |", "| `t` | 10 s | T. |", "| `n` | 1,000 | N. |", "## A"):
        if row not in made:
            wrong += 1
            print(f"self test: no {row}")
    if untested(good, "a then t") != ["n"]:
        wrong += 1
        print("self test: untested members are not found")
    for bad in ("// --- A ---\nstd::size_t a = 1;\n", "/// D.\nstd::size_t a = 1;\n"):
        try:
            sections(bad)
            wrong += 1
            print("self test: a bad file passes")
        except SystemExit:
            pass
    return wrong


def main():
    if sys.argv[1:] == ["--self-test"]:
        return 1 if self_test() else 0
    text = header.read_text()
    if sys.argv[1:] != ["--check"]:
        page.write_text(render(text))
        return 0
    failed = 0
    if not page.exists() or page.read_text() != render(text):
        print("docs/limits.md is not what core/limits.hpp says: run tools/make_limits.py")
        failed = 1
    for name in untested(text, "".join(t.read_text() for t in tests)):
        print(f"limits::{name} has no test in {' or '.join(str(t.relative_to(root)) for t in tests)}")
        failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
