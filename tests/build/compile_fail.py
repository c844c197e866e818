#!/usr/bin/env python3
"""Compiles a file of tests/compile_fail twice.

  compile_fail.py FILE COMPILER [FLAG...]

With SIOKIT_EXPECT_FAIL=1 it must not compile, and the compiler must say the text of each `// expect: ...` line. Without,
it must: else a typing mistake elsewhere in the file would look like success.
"""
import pathlib
import re
import subprocess
import sys
import tempfile


def compile_file(path, command):
    done = subprocess.run(command + ["-fsyntax-only", str(path)], capture_output=True, text=True)
    return done.returncode == 0, done.stdout + done.stderr


def squeezed(text):
    """Compilers differ in quotes and white space."""
    return re.sub(r"\s+", " ", text.replace("\u2018", "'").replace("\u2019", "'"))


def problem(path, command):
    expected = re.findall(r"^// expect: (.+)$", path.read_text(), re.MULTILINE)
    if not expected:
        return "no `// expect: ...` line"
    good, output = compile_file(path, command)
    if not good:
        return "does not compile even without SIOKIT_EXPECT_FAIL:\n" + output
    good, output = compile_file(path, command + ["-DSIOKIT_EXPECT_FAIL=1"])
    if good:
        return "compiles with SIOKIT_EXPECT_FAIL=1"
    for text in expected:
        if squeezed(text.strip()) not in squeezed(output):
            return f"the compiler does not say `{text}`:\n{output}"
    return None


def self_test(command):
    fails = "#if defined(SIOKIT_EXPECT_FAIL)\nstatic_assert(false, \"plain words\");\n#endif\n"
    cases = [
        ("// expect: plain words\n" + fails, None),
        ("// expect: other words\n" + fails, "does not say"),
        (fails, "no `// expect"),
        ("// expect: plain words\nint x;\n", "compiles with"),
        ("// expect: plain words\nint x = ;\n" + fails, "even without"),
    ]
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for text, expected in cases:
            path = pathlib.Path(folder) / "case.cpp"
            path.write_text(text)
            found = problem(path, command)
            if (found is None) != (expected is None) or (expected and expected not in found):
                wrong += 1
                print(f"self test: wanted {expected}, found {found}")
    return wrong


def main():
    if sys.argv[1] == "--self-test":
        return 1 if self_test(sys.argv[2:]) else 0
    path = pathlib.Path(sys.argv[1])
    found = problem(path, sys.argv[2:])
    if found:
        print(f"{path.name}: {found}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
