#!/usr/bin/env python3
"""Checks the shape of include/siokit: who includes whom, file heads, file lengths.

  tools/check_layers.py [--root DIR]   prints file:line: rule, and fails if there is any
  tools/check_layers.py --self-test    plants each mistake in a small tree and sees that it is found
"""
import argparse
import pathlib
import re
import shutil
import sys
import tempfile

from cpp_text import includes

# What each layer may include: folders, and top-level headers by name. The tree is the diagram of docs/architecture.md.
MAY_INCLUDE = {
    "core": {"core"},
    "text": {"core", "text"},
    "http": {"core", "text", "http"},
    "ws": {"core", "text", "http", "ws"},
    "fwd.hpp": {"core"},
    "driver.hpp": {"core"},
    "message_driver.hpp": {"core"},
    "eio": {"core", "text", "http", "ws", "eio", "driver.hpp", "message_driver.hpp"},
    "sio": {"core", "text", "http", "ws", "eio", "sio", "driver.hpp", "message_driver.hpp"},
    "interop": {"core", "text"},
    "sim.hpp": {"core", "driver.hpp", "message_driver.hpp"},
    # Of core/, adapters may include what driver.hpp shows them anyway; that is checked below.
    "adapters": {"adapters", "core", "driver.hpp", "coro.hpp"},
}
_EVERYTHING_BELOW = {"core", "text", "http", "ws", "eio", "sio", "driver.hpp", "message_driver.hpp"}
MAY_INCLUDE["server.hpp"] = MAY_INCLUDE["client.hpp"] = _EVERYTHING_BELOW
MAY_INCLUDE["coro.hpp"] = _EVERYTHING_BELOW
MAY_INCLUDE["siokit.hpp"] = _EVERYTHING_BELOW | {"fwd.hpp", "server.hpp", "client.hpp"}

CEILING = {".hpp": 400, ".ipp": 600}
HEAD = range(3, 9)


def layer(path):
    """'core/bytes.hpp' -> 'core', 'impl/core/frame.ipp' -> 'core', 'impl/sim.ipp' and 'impl/sim_host.ipp' -> 'sim.hpp'."""
    parts = path.removeprefix("impl/").split("/")
    if len(parts) > 1:
        return parts[0]
    name = parts[0].replace(".ipp", ".hpp")
    return name if name in MAY_INCLUDE or not path.startswith("impl/") else name.split("_")[0].removesuffix(".hpp") + ".hpp"


def belongs(ipp, header):
    """impl/eio/engine.ipp and impl/eio/engine_upgrade.ipp hold bodies of eio/engine.hpp."""
    body, head = ipp.removeprefix("impl/").removesuffix(".ipp"), header.removesuffix(".hpp")
    return body == head or body.startswith(head + "_")


def head_lines(text):
    """Lines of prose in the comment a file opens with. A diagram, from its first to its last box, does not count."""
    comment = []
    for line in text.split("\n"):
        if not line.startswith("//"):
            break
        comment.append(line)
    boxes = [i for i, line in enumerate(comment) if re.search("[\u2500-\u257f]", line)]
    if boxes:
        del comment[boxes[0]:boxes[-1] + 1]
    return sum(1 for line in comment if line.strip("/ "))


def check(root):
    base = root / "include" / "siokit"
    texts = {str(p.relative_to(base)): p.read_text() for p in sorted(base.rglob("*.?pp"))}
    found = []
    graph = {path: [] for path in texts}

    def report(path, line, rule):
        found.append(f"include/siokit/{path}:{line}: {rule}")

    for path, text in texts.items():
        suffix = path[path.rindex("."):]
        if suffix == ".ipp" and not path.startswith("impl/"):
            report(path, 1, "an .ipp belongs into impl/")
        if suffix == ".hpp":
            if not re.search(r"^#pragma once$", text, re.MULTILINE):
                report(path, 1, "no #pragma once")
            if head_lines(text) not in HEAD:
                report(path, 1, f"the file opens with a comment of {HEAD[0]} to {HEAD[-1]} lines, not {head_lines(text)}")
        lines = text.count("\n")
        if lines > CEILING.get(suffix, 400):
            report(path, lines, f"longer than {CEILING.get(suffix, 400)} lines")
        if layer(path) not in MAY_INCLUDE:
            report(path, 1, f"no layer is called {layer(path)}")
            continue
        for line, style, name in includes(text):
            if style == '"':
                report(path, line, f'include "{name}": headers are included as <siokit/...>')
                continue
            if not name.startswith("siokit/"):
                continue
            target = name.removeprefix("siokit/")
            if target not in texts:
                report(path, line, f"<{name}> does not exist")
                continue
            if target.endswith(".ipp"):
                if not belongs(target, path):
                    report(path, line, f"<{name}> may be included only by its own header")
            elif layer(target) not in MAY_INCLUDE[layer(path)]:
                report(path, line, f"{layer(path)} may not include {layer(target)} (<{name}>)")
            if suffix == ".hpp" or not belongs(path, target):  # a body may name the header it belongs to
                graph[path].append((line, target))

    shown = reachable(graph, "driver.hpp")
    for path in graph:
        if layer(path) == "adapters":
            for line, target in graph[path]:
                if layer(target) == "core" and not target.endswith(".ipp") and target not in shown:
                    report(path, line, f"adapters know of core/ only what driver.hpp includes (<siokit/{target}>)")
    for path, line, ring in cycles(graph):
        report(path, line, "includes itself: " + " -> ".join(ring))
    return found


def reachable(graph, start):
    seen, todo = set(), [start]
    while todo:
        path = todo.pop()
        if path not in seen and path in graph:
            seen.add(path)
            todo += [target for _, target in graph[path]]
    return seen


def cycles(graph):
    done, out = set(), []

    def visit(path, trail):
        if path in trail:
            ring = trail[trail.index(path):] + [path]
            line = next(line for line, target in graph[trail[-1]] if target == path)
            out.append((trail[-1], line, ring))
            return
        if path in done:
            return
        for _, target in graph[path]:
            visit(target, trail + [path])
        done.add(path)

    for path in graph:
        visit(path, [])
    return out


_GOOD_HEAD = "// What it is.\n// What it is not.\n// When to use the other one.\n#pragma once\n"
_GOOD = {
    "core/bytes.hpp": _GOOD_HEAD + "#include <siokit/impl/core/bytes.ipp>\n",
    "impl/core/bytes.ipp": "#include <siokit/core/bytes.hpp>\n",
    "impl/core/timers_heap.ipp": "",
    "core/timers.hpp": _GOOD_HEAD + "#include <siokit/impl/core/timers_heap.ipp>\n",
    "text/json.hpp": _GOOD_HEAD + "// #include <siokit/sio/server.hpp>\n#include <siokit/core/bytes.hpp>\n",
    "http/parser.hpp": _GOOD_HEAD + "#include <siokit/text/json.hpp>\n",
    "ws/stream.hpp": "// A.\n// B.\n// C.\n" + "// \u250c\u2500\u2510\n" * 9 + "#pragma once\n#include <siokit/http/parser.hpp>\n",
    "driver.hpp": _GOOD_HEAD + "#include <siokit/core/bytes.hpp>\n",
    "eio/engine.hpp": _GOOD_HEAD + "#include <siokit/driver.hpp>\n#include <siokit/ws/stream.hpp>\n",
    "sio/server.hpp": _GOOD_HEAD + "#include <siokit/eio/engine.hpp>\n",
    "server.hpp": _GOOD_HEAD + "#include <siokit/sio/server.hpp>\n",
    "sim.hpp": _GOOD_HEAD + "#include <siokit/driver.hpp>\n",
    "siokit.hpp": _GOOD_HEAD + "#include <siokit/server.hpp>\n",
    "adapters/net.hpp": _GOOD_HEAD + "#include <siokit/core/bytes.hpp>\n",
    "adapters/poll.hpp": _GOOD_HEAD + "#include <siokit/adapters/net.hpp>\n#include <siokit/driver.hpp>\n#include <poll.h>\n",
}
_PLANTED = [  # file, text added to it (or its whole text, when it is new), what the report must say
    ("core/timers.hpp", "#include <siokit/text/json.hpp>\n", "core may not include text"),
    ("impl/core/bytes.ipp", "#include <siokit/eio/engine.hpp>\n", "core may not include eio"),
    ("http/parser.hpp", "#include <siokit/ws/stream.hpp>\n", "http may not include ws"),
    ("http/parser.hpp", "#include <siokit/eio/engine.hpp>\n", "http may not include eio"),
    ("ws/stream.hpp", "#include <siokit/driver.hpp>\n", "ws may not include driver.hpp"),
    ("driver.hpp", "#include <siokit/text/json.hpp>\n", "driver.hpp may not include text"),
    ("eio/engine.hpp", "#include <siokit/sio/server.hpp>\n", "eio may not include sio"),
    ("sio/server.hpp", "#include <siokit/server.hpp>\n", "sio may not include server.hpp"),
    ("siokit.hpp", "#include <siokit/adapters/poll.hpp>\n", "siokit.hpp may not include adapters"),
    ("sim.hpp", "#include <siokit/sio/server.hpp>\n", "sim.hpp may not include sio"),
    ("adapters/poll.hpp", "#include <siokit/server.hpp>\n", "adapters may not include server.hpp"),
    ("adapters/poll.hpp", "#include <siokit/core/timers.hpp>\n", "only what driver.hpp includes"),
    ("core/timers.hpp", "#include <siokit/impl/core/bytes.ipp>\n", "only by its own header"),
    ("core/timers.hpp", '#include "bytes.hpp"\n', "are included as <siokit/...>"),
    ("core/timers.hpp", "#include <siokit/core/gone.hpp>\n", "does not exist"),
    ("core/ring.hpp", _GOOD_HEAD + "#include <siokit/core/ring.hpp>\n", "includes itself"),
    ("core/bytes.hpp", "#include <siokit/core/back.hpp>\n", "includes itself"),
    ("core/open.hpp", "// A.\n// B.\n// C.\n", "no #pragma once"),
    ("core/short.hpp", "// One line.\n#pragma once\n", "3 to 8 lines, not 1"),
    ("core/talk.hpp", "// A line.\n" * 9 + "#pragma once\n", "3 to 8 lines, not 9"),
    ("core/long.hpp", _GOOD_HEAD + "\n" * 400, "longer than 400"),
    ("impl/core/bytes.ipp", "\n" * 600, "longer than 600"),
    ("core/body.ipp", "", "belongs into impl/"),
    ("util/all.hpp", _GOOD_HEAD, "no layer is called util"),
]


def self_test():
    failures = 0
    for planted in [None] + _PLANTED:
        root = pathlib.Path(tempfile.mkdtemp())
        files = dict(_GOOD)
        if planted:
            files[planted[0]] = files.get(planted[0], "") + planted[1]
            if "back.hpp" in planted[1]:
                files["core/back.hpp"] = _GOOD_HEAD + "#include <siokit/core/bytes.hpp>\n"
        for name, text in files.items():
            path = root / "include" / "siokit" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        found = check(root)
        shutil.rmtree(root)
        if (planted and not any(planted[2] in line for line in found)) or (not planted and found):
            failures += 1
            print(f"self test: {planted or 'clean tree'}: found {found}")
    print(f"check_layers: {len(_PLANTED) + 1 - failures} of {len(_PLANTED) + 1} self tests passed")
    return failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    if arguments.self_test:
        return 1 if self_test() else 0
    found = check(arguments.root)
    print("\n".join(found) if found else "check_layers: clean")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
