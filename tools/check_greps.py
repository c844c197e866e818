#!/usr/bin/env python3
"""Checks that words which break a promise of the library do not occur where the promise holds.

  tools/check_greps.py [--root DIR]   prints file:line: rule, and fails if there is any
  tools/check_greps.py --self-test    plants each mistake in a small tree and sees that it is found

Comments and literals are taken out first, except for the TODO rule.
"""
import argparse
import pathlib
import re
import shutil
import sys
import tempfile

from cpp_text import code_only, line_of, without_preprocessor

# In include/siokit outside adapters/.
PURE = [
    (r"::\s*now\s*\(", "time is an argument: no ::now("),
    (r"\brandom_device\b", "luck is an argument: no random_device"),
    (r"\b(throw|try|catch)\b", "builds without exceptions: no {0}"),
    (r"\b(typeid|dynamic_cast)\b", "builds without RTTI: no {0}"),
    (r"\bstd\s*::\s*function\b", "no std::function, use siokit's own"),
    (r"(?:\.|->)\s*at\s*\(", "throws: no .at("),
    (r"(?:\.|->)\s*value\s*\(", "throws: no .value("),
    (r"\b(sto(?:i|l|ll|ul|ull|f|d|ld))\b", "throws: no {0}"),
]

# A growing std container aborts the program without exceptions, and its memory is not counted in `limits`.
CONTAINERS = re.compile(
    r"\bstd\s*::\s*(vector|string|(?:unordered_)?(?:multi)?(?:map|set)|deque|list|make_unique|make_shared)\b")
NO_CONTAINERS_IN = ("core", "http", "ws", "eio")

# File (without impl/ and suffix): the containers it may name, and why.
ALLOWED_CONTAINERS = {
    "core/bytes": ({"vector"}, "siokit::bytes is the owning type for users; nothing below sio/ makes one"),
    "eio/options": ({"string", "vector"}, "filled by the program before the first link, never by a peer"),
    "eio/dial_options": ({"string", "vector"}, "filled by the program before the first link, never by a peer"),
    "core/options": ({"string", "vector"}, "filled by the program before the first link, never by a peer"),
}

LONGEST_FUNCTION = 60


def check(root):
    found = []
    for path in sorted((root / "include" / "siokit").rglob("*.?pp")):
        name = str(path.relative_to(root / "include" / "siokit"))
        check_header(name, path.read_text(), lambda line, rule, p=path: found.append(f"{p.relative_to(root)}:{line}: {rule}"))
    for folder, patterns in (("tests", ("*.hpp", "*.cpp")),):
        for pattern in patterns:
            for path in sorted((root / folder).rglob(pattern)):
                if "node_modules" in path.parts:
                    continue
                code = code_only(path.read_text())
                for m in re.finditer(r"\b(?:u|nano)?sleep(?:_for|_until)?\s*\(", code):
                    found.append(f"{path.relative_to(root)}:{line_of(code, m.start())}: tests run in virtual time: no sleep")
    for folder in ("include", "tests", "examples", "fuzz", "bench", "tools"):
        for path in sorted((root / folder).rglob("*.?pp")):
            if "node_modules" in path.parts:
                continue
            text = path.read_text()
            for m in re.finditer(r"\b(TODO|FIXME|XXX)\b(?!\s*\(?#\d+)", text):
                found.append(f"{path.relative_to(root)}:{line_of(text, m.start())}: {m.group(1)} without #number")
    return found


def check_header(name, text, report):
    code = code_only(text)
    folder = name.removeprefix("impl/").split("/")[0]
    if folder != "adapters":
        for pattern, rule in PURE:
            for m in re.finditer(pattern, code):
                report(line_of(code, m.start()), rule.format(m.group(1) if m.lastindex else ""))
    if folder in NO_CONTAINERS_IN:
        allowed, _ = ALLOWED_CONTAINERS.get(name.removeprefix("impl/").rsplit(".", 1)[0], (set(), ""))
        for m in CONTAINERS.finditer(code):
            if m.group(1) not in allowed:
                report(line_of(code, m.start()), f"no std::{m.group(1)} in {folder}/: memory comes through siokit::memory")
    for line, rule in scopes(without_preprocessor(code)):
        report(line, rule)


_NAMESPACE = re.compile(r"\bnamespace\b[^;=()]*$|\bextern\s*\"\s*\"\s*$")
_TYPE = re.compile(r"\b(class|struct|union|enum)\b")


def scopes(code):
    """Walks the braces; yields (line, rule) for internal linkage at namespace scope and for long functions."""
    stack, start = [], 0  # kinds of the open braces; where the current declaration starts
    opened = None         # (depth, position of the first token) of the outermost function that is open
    for m in re.finditer(r"[{};]", code):
        head, at = code[start:m.start()], m.start()
        begin = start + len(head) - len(head.lstrip())
        head = head.strip()
        at_namespace = all(kind == "namespace" for kind in stack)
        if m.group() != "}" and at_namespace and head:
            yield from linkage(head, line_of(code, begin))
        if m.group() == "{":
            kind = kind_of(head, stack)
            if kind == "function" and opened is None:
                opened = (len(stack), begin if head else at)
            stack.append(kind)
        elif m.group() == "}" and stack:
            stack.pop()
            if opened is not None and opened[0] == len(stack):
                length = line_of(code, at) - line_of(code, opened[1]) + 1
                if length > LONGEST_FUNCTION:
                    yield line_of(code, opened[1]), f"a function of {length} lines; {LONGEST_FUNCTION} is the ceiling"
                opened = None
        start = m.end()


def kind_of(head, stack):
    if _NAMESPACE.search(head):
        return "namespace"
    if head.endswith("=") or (head and ")" not in head and not _TYPE.search(head)):
        return "value"  # an initializer: tables may be long
    if _TYPE.search(head) and not re.search(r"\)\s*(const|noexcept|override|final|->.*|:.*|\s)*$", head, re.DOTALL):
        return "type"
    if stack and stack[-1] in ("function", "value"):
        return "block"
    return "function"


def linkage(head, line):
    if re.search(r"\bnamespace\s*$", head):
        yield line, "no anonymous namespace in a header: each unit would get its own"
    words = re.sub(r"\[\[.*?\]\]", " ", head)
    if re.match(r"(?:inline\s+|constexpr\s+|template\s*<[^;{}]*>\s*)*static\b", words):
        yield line, "no static at namespace scope in a header: internal linkage"
    elif re.match(r"(constexpr|const)\b", words) and "(" not in re.split(r"=", words)[0] and not re.search(r"\binline\b", words):
        yield line, "a constant in a header is inline: internal linkage otherwise"


_HEAD = "// A.\n// B.\n// C.\n#pragma once\nnamespace siokit {\n"
_GOOD = {
    "include/siokit/core/good.hpp": _HEAD + """
// throw, TODO #12, std::vector<int> and ::now() in a comment
inline constexpr int big = 1'000'000;
inline constexpr const char* words[] = {
""" + '  "throw",\n' * 80 + """};
template <class T>
constexpr bool yes = true;
class thing {
 public:
  static constexpr int count = 3;
  thing() : a_{1}, b_{2} {}
  static int make() { static_assert(true); return static_cast<int>('\\''); }
  std::string_view text() const { return R"x(try { } catch)x"; }
""" + "  int member();\n" * 80 + """
 private:
  int a_, b_;
};
constexpr int twice(int x) { return 2 * x; }
enum class e : int { a, b };
#define LONG(x) \\
  static { throw 1; }
}
""".replace("  static { throw 1; }", "  ((x))"),
    "include/siokit/adapters/loop.hpp": _HEAD + "inline auto f() { return clock::now(); }\n}\n",
    "include/siokit/sio/rooms.hpp": _HEAD + "inline std::vector<int> f();\n}\n",
    "tests/core/a_test.cpp": "// sleep(1)\nint sleepy(int);\n",
}
_PLANTED = [  # file, text, what the report must say
    ("include/siokit/core/a.hpp", "inline auto f() { return steady_clock::now(); }", "no ::now("),
    ("include/siokit/eio/a.hpp", "inline std::random_device d;", "no random_device"),
    ("include/siokit/sio/a.hpp", "inline void f() { throw 1; }", "no throw"),
    ("include/siokit/sio/a.hpp", "inline void f() { try { } catch (...) { } }", "no try"),
    ("include/siokit/sio/a.hpp", "inline void f() { g(); } // x\ncatch", "no catch"),
    ("include/siokit/impl/sio/a.ipp", "inline auto& f() { return typeid(int); }", "no typeid"),
    ("include/siokit/sio/a.hpp", "inline auto f(a* x) { return dynamic_cast<b*>(x); }", "no dynamic_cast"),
    ("include/siokit/sio/a.hpp", "inline std::function<void()> f;", "no std::function"),
    ("include/siokit/sio/a.hpp", "inline int f(x y) { return y.at(1); }", "no .at("),
    ("include/siokit/sio/a.hpp", "inline int f(x* y) { return y->at(1); }", "no .at("),
    ("include/siokit/sio/a.hpp", "inline int f(x y) { return y.value(); }", "no .value("),
    ("include/siokit/text/a.hpp", "inline int f(x y) { return std::stoi(y); }", "no stoi"),
    ("include/siokit/text/a.hpp", "inline int f(x y) { return std::stoull(y); }", "no stoull"),
    ("include/siokit/core/a.hpp", "inline std::vector<int> v;", "no std::vector"),
    ("include/siokit/http/a.hpp", "inline std::string s;", "no std::string"),
    ("include/siokit/impl/ws/a.ipp", "inline std::unordered_map<int, int> m;", "no std::unordered_map"),
    ("include/siokit/eio/a.hpp", "inline auto f() { return std::make_unique<int>(1); }", "no std::make_unique"),
    ("include/siokit/core/bytes.hpp", "using bytes = std::vector<int>; inline std::string s;", "no std::string"),
    ("include/siokit/sio/a.hpp", "static int x = 1;", "no static"),
    ("include/siokit/adapters/a.hpp", "static inline int f() { return 1; }", "no static"),
    ("include/siokit/sio/a.hpp", "template <class T>\nstatic int f() { return 1; }", "no static"),
    ("include/siokit/sio/a.hpp", "namespace {\nint f();\n}", "no anonymous namespace"),
    ("include/siokit/sio/a.hpp", "constexpr int x = 1;", "inline: internal linkage"),
    ("include/siokit/sio/a.hpp", "const int x{1};", "inline: internal linkage"),
    ("include/siokit/sio/a.hpp", "inline void f() {\n" + "  g();\n" * 60 + "}", "a function of 62 lines"),
    ("include/siokit/sio/a.hpp", "struct s {\n  s()\n      : a{1} {\n" + "  if (x) { g(); }\n" * 60 + "  }\n};", "a function of"),
    ("include/siokit/sio/a.hpp", "struct s {\n  auto f() const -> int {\n" + "\n" * 60 + "  }\n};", "a function of"),
    ("include/siokit/sio/a.hpp", "// TODO: later", "TODO without #number"),
    ("examples/a.cpp", "// FIXME later", "FIXME without #number"),
    ("tests/core/b_test.cpp", "void f() { std::this_thread::sleep_for(1s); }", "no sleep"),
    ("tests/core/b_test.cpp", "void f() { usleep(1); }", "no sleep"),
]


def self_test():
    failures = 0
    for planted in [None] + _PLANTED:
        root = pathlib.Path(tempfile.mkdtemp())
        files = dict(_GOOD)
        if planted:
            head = _HEAD if planted[0].startswith("include") else "namespace x {\n"
            files[planted[0]] = head + planted[1] + "\n}\n"
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        found = check(root)
        shutil.rmtree(root)
        wrong = found if planted is None else [line for line in found if not line.startswith(planted[0])]
        if wrong or (planted and not any(planted[2] in line for line in found)):
            failures += 1
            print(f"self test: {planted or 'clean tree'}: found {found}")
    print(f"check_greps: {len(_PLANTED) + 1 - failures} of {len(_PLANTED) + 1} self tests passed")
    return failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    if arguments.self_test:
        return 1 if self_test() else 0
    found = check(arguments.root)
    print("\n".join(found) if found else "check_greps: clean")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
