#!/usr/bin/env python3
"""Compiles the programs shown in README.md and docs/*.md: each ```cpp block that has a main.

  tools/check_snippets.py [--root DIR] [--out DIR]
  tools/check_snippets.py --self-test

A block after the line `<!-- run -->` is run as well, and must end with status 0 within ten seconds. One after
`<!-- file: NAME -->` is a file of a consumer, which tests/consumers/run writes and builds.
"""
import argparse
import concurrent.futures
import contextlib
import io
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

_BLOCK = re.compile(r"^```cpp[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_FLAGS = ["-std=c++20", "-O0", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", "-DASIO_STANDALONE", "-pthread"]


def programs(text):
    """(line, code, whether to run it)"""
    for m in _BLOCK.finditer(text):
        if "int main" in m.group(1):
            before = text[:m.start()].rstrip("\n").rsplit("\n", 1)[-1].strip()
            if not before.startswith("<!-- file:"):
                yield text.count("\n", 0, m.start()) + 2, m.group(1), before == "<!-- run -->"


def problem(code, run, include, source, compiler):
    source.write_text(code)
    program = source.with_suffix("")
    libraries = ["-luv"] if "siokit/adapters/uv" in code else []
    done = subprocess.run([compiler, *_FLAGS, "-I", str(include), str(source), "-o", str(program), *libraries],
                          capture_output=True, text=True)
    if done.returncode:
        return "does not compile:\n" + done.stderr
    if run:
        try:
            done = subprocess.run([str(program.absolute())], capture_output=True, text=True, timeout=10)
        except subprocess.TimeoutExpired:
            return "did not end within ten seconds"
        if done.returncode:
            return f"ended with status {done.returncode}:\n{done.stdout}{done.stderr}"
    return None


def check(root, out):
    out.mkdir(parents=True, exist_ok=True)
    compiler = os.environ.get("CXX", "g++")
    paths = [path for path in [root / "README.md", *sorted((root / "docs").glob("*.md"))] if path.exists()]
    all_programs = [(path, *program) for path in paths for program in programs(path.read_text())]

    def one(path, line, code, run):
        found = problem(code, run, root / "include", out / f"{path.stem}_{line}.cpp", compiler)
        return found and f"{path.relative_to(root)}:{line}: {found}"

    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("SIOKIT_JOBS") or os.cpu_count() or 2)) as pool:
        failures = [found for found in pool.map(lambda program: one(*program), all_programs) if found]
    for found in failures:
        print(found)
    print(f"check_snippets: {len(all_programs) - len(failures)} of {len(all_programs)} programs are good")
    return len(failures)


def self_test():
    block = "text\n\n{}```cpp\n{}\n```\n\n"
    cases = [
        (block.format("", "not C++ at all"), 0),
        (block.format("", "int main() {}"), 0),
        (block.format("", "int main() { return 1; }"), 0),
        (block.format("<!-- run -->\n", "int main() { return 1; }"), 1),
        (block.format("", "int main() { oops }") + block.format("", "int main() {}"), 1),
    ]
    wrong = 0
    for text, expected in cases:
        root = pathlib.Path(tempfile.mkdtemp())
        (root / "docs").mkdir()
        (root / "docs" / "a.md").write_text(text)
        with contextlib.redirect_stdout(io.StringIO()) as said:
            failures = check(root, root / "out")
        if failures != expected:
            wrong += 1
            print(f"self test: wanted {expected} failures in:\n{text}\n{said.getvalue()}")
        shutil.rmtree(root)
    print(f"check_snippets: {len(cases) - wrong} of {len(cases)} self tests passed")
    return wrong


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, default=root)
    parser.add_argument("--out", type=pathlib.Path, default=root / "build" / "snippets")
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    return 1 if (self_test() if arguments.self_test else check(arguments.root, arguments.out)) else 0


if __name__ == "__main__":
    sys.exit(main())
