"""Writes what bench/run measured into docs/performance.md, between markers, and draws docs/performance.svg."""
import math
import re

WHO = {"limit": "limit", "siokit": "siokit", "npm": "npm socket.io", "bun": "Bun", "python": "python-socketio",
       "socketioxide": "socketioxide"}

# What is to be reached, as a ratio to the limit (idle: bytes), and what is aimed at.
TARGETS = {"echo-100x1": (1.15, 1.05), "echo-1000x1": (1.2, 1.05), "echo-100x16": (1.6, 1.2), "echo-100x16-1k": (1.5, 1.15),
           "echo-8x1-100k": (1.7, 1.25), "broadcast-1000x1": (1.12, 1.05), "broadcast-1000x8": (1.15, 1.05),
           "broadcast-5000x8": (1.25, 1.06), "connect": (1.5, 1.2), "client": (2.3, 1.3), "idle": (1024, 450)}
# Nanoseconds of one machine: npm's there, what siokit must reach beside them, and what it aims at. Their ratios count.
PARSER = {"decode_small": (327, 50, 25), "decode_1k": (4188, 1200, 700), "decode_100k": (354_000, 110_000, 60_000),
          "encode_small": (185, 30, 12), "encode_1k": (4024, 900, 500), "encode_100k": (307_000, 90_000, 50_000),
          "decode_ack": (414, 30, 15), "encode_ack": (195, 20, 10), "decode_binary": (996, 60, 35), "encode_binary": (590, 60, 30),
          "decode_payload": (5841, 600, 320), "decode_any_order": None}

TITLES = {"connect": "connect, from TCP to the joined namespace", "upgrade": "polling start and upgrade of a default client",
          "client": "one client, depth 16, its own cost", "idle": "bytes of an idle connection"}


def title(name):
    if name in TITLES:
        return TITLES[name]
    m = re.fullmatch(r"(echo|polling|broadcast)-(\d+)x(\d+)(.*)", name)
    if not m:
        return name
    kind, n, depth, rest = m.groups()
    size = {"": "", "-1k": ", 1 KB", "-1k-json": ", 1 KB of objects", "-100k": ", 100 KB"}[rest]
    if kind == "broadcast":
        return f"broadcast to {int(n):,}, {depth} in flight"
    return f"{'echo' if kind == 'echo' else 'echo over polling'}, {int(n):,} connection{'' if n == '1' else 's'}, depth {depth}{size}"


def number(x):
    return f"{x:,.0f}" if x >= 100 else f"{x:.1f}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def present(scenarios, names):
    return [w for w in WHO if any(w in scenarios.get(n, {}) for n in names)]


def ratios(results):
    """The main table: each server's cost as a ratio to the limit's."""
    scenarios = results.get("scenarios", {})
    names = [n for n in scenarios if not n.startswith("latency") and n != "idle"]
    who = [w for w in present(scenarios, names) if w != "limit"]
    rows = []
    for name in names:
        s = scenarios[name]
        must, aim = TARGETS.get(name, (None, None))
        row = [title(name), number(s["limit"]["value"])] if "limit" in s else [title(name), "–"]
        for w in who:
            row.append(f"{s[w]['ratio']:.2f}x" if w in s and s[w].get("ratio") else "–")
        mine = s.get("siokit", {}).get("ratio")
        reached = "" if must is None or mine is None else "yes" if mine <= must else "**no**"
        rows.append([*row, f"{must}x / {aim}x" if must else "", reached])
    text = table(["scenario", "limit, ns", *(WHO[w] for w in who), "must / aim", "reached"], rows)
    text += "\n\n" + when(s.get("when") for s in scenarios.values())
    windows = sorted({s["windows"] for s in scenarios.values() if "windows" in s})
    if windows:
        text += f" Windows for each: {', '.join(windows)}."
    for peer, why in results.get("not_run", {}).items():
        text += f"\n- {WHO[peer]}: not run ({why})"
    return text


def when(dates):
    dates = sorted({d for d in dates if d})
    return f"Measured {dates[0]}{'' if len(dates) < 2 else ' to ' + dates[-1]}." if dates else ""


def idle(results):
    s = results.get("scenarios", {}).get("idle", {})
    rows = [[WHO[w], number(s[w]["value"])] for w in WHO if w in s]
    m = results.get("million")
    text = table(["10,000 connections, a process", "bytes for each"], rows)
    if "siokit" in s:
        text += f"\n\nTo be reached: 1,024 bytes with a request head under 250 (it has {s['siokit']['last']['head']}); aimed at: 450."
    if m:
        text += (f"\n\n{m['connections']:,} connections on the core alone (`bench/million.cpp`, simulated links, virtual time): "
                 f"**{m['bytes_each']:,.0f} bytes** for each, {m['connect_ns']:,.0f} ns to connect one. A virtual minute, in which "
                 f"{m['heartbeats']:,.0f} heartbeats come and go, takes **{m['minute_ms']:,.0f} ms**, {m['heartbeat_ns']:,.0f} ns for each.")
    return text


def latency(results):
    scenarios = {n: s for n, s in results.get("scenarios", {}).items() if n.startswith("latency")}
    rows = []
    for name, s in scenarios.items():
        for w in WHO:
            if w not in s:
                continue
            asked = float(name.split("-")[1])
            kept_up = s[w]["rate"] >= asked * 0.98
            rows.append([f"{asked:,.0f}", WHO[w], *(number(s[w][k]) for k in ("p50_us", "p99_us", "p999_us")),
                         "yes" if kept_up else f"no, {s[w]['rate']:,.0f}"])
    return table(["requests a second", "server", "p50, µs", "p99, µs", "p99.9, µs", "kept up"], rows)


def micro(results):
    made = results.get("micro", {})
    who = [w for w in ("siokit", "rapidjson", "simdjson", "npm") if any(w in by for by in made.values())]
    rows = []
    for case in PARSER:
        if case not in made:
            continue
        by = made[case]
        times = [f"{by[w]:,.0f}" if w in by else "–" for w in who]
        against = by["npm"] / by["siokit"] if "npm" in by else None
        wanted, reached = "", ""
        if PARSER[case]:
            npm, must, aim = PARSER[case]
            wanted = f"{npm / must:.1f}x / {npm / aim:.1f}x"
            reached = "" if against is None else "yes" if against >= npm / must else "**no**"
        rows.append([case.replace("_", " "), *times, f"{against:.1f}x" if against else "–", wanted, reached])
    text = table(["ns", *({"npm": "npm socket.io-parser", "rapidjson": "RapidJSON", "simdjson": "simdjson"}.get(w, w) for w in who),
                  "npm to siokit", "must / aim", "reached"], rows)
    return text + f"\n\nMeasured {results.get('micro_when', '')}."


def compile_time(results):
    c = results.get("compile_time")
    if not c:
        return ""
    return table(["compiled", "seconds", "ratio", "to be"], [
        [r["what"], f"{r['seconds']:.2f}", f"{r['ratio']:.2f}" if r.get("ratio") else "", r.get("target", "")] for r in c["rows"]])


def plot(results):
    """Bars on a logarithmic axis: how many times the limit each server costs."""
    scenarios = results.get("scenarios", {})
    names = [n for n in TARGETS if n in scenarios and n != "idle" and "siokit" in scenarios[n]]
    who = [w for w in present(scenarios, names) if w != "limit"]
    colors = {"siokit": "#2563eb", "npm": "#9ca3af", "bun": "#d4a72c", "python": "#6b8e23", "socketioxide": "#b45309"}
    if not names:
        return None
    left, width, bar, gap = 300, 640, 11, 12
    top = max(s[w]["ratio"] for n in names for s in [scenarios[n]] for w in who if w in s and s[w].get("ratio"))
    scale = width / math.log(max(top, 2) * 1.15)
    out, y = [], 46
    for i, w in enumerate(who):
        out.append(f'<rect x="{left + i * 130}" y="12" width="12" height="12" fill="{colors[w]}"/>'
                   f'<text x="{left + 17 + i * 130}" y="23">{WHO[w]}</text>')
    body = []
    for name in names:
        rows = [w for w in who if w in scenarios[name] and scenarios[name][w].get("ratio")]
        body.append(f'<text x="{left - 10}" y="{y + len(rows) * bar / 2 + 4}" text-anchor="end">{title(name)}</text>')
        for w in rows:
            ratio = scenarios[name][w]["ratio"]
            length = max(math.log(max(ratio, 1)) * scale, 1.5)
            body.append(f'<rect x="{left}" y="{y}" width="{length:.1f}" height="{bar - 2}" fill="{colors[w]}"/>'
                        f'<text x="{left + length + 4:.1f}" y="{y + bar - 2}" font-size="10">{ratio:.2f}</text>')
            y += bar
        y += gap
    for tick in (1, 2, 5, 10, 20, 50, 100):
        x = left + math.log(tick) * scale
        if x <= left + width:
            out.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="36" y2="{y}" stroke="#e5e7eb"/>'
                       f'<text x="{x:.1f}" y="{y + 16}" text-anchor="middle">{tick}x</text>')
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 60} {y + 28}" font-family="sans-serif" '
            f'font-size="12" fill="#374151"><rect width="100%" height="100%" fill="white"/>' + "\n".join(out + body) + "</svg>\n")


def write(results, docs):
    page = docs / "performance.md"
    text = page.read_text()
    parts = {"ratios": ratios, "idle": idle, "latency": latency, "micro": micro, "compile_time": compile_time}
    for name, make in parts.items():
        begin, end = f"<!-- bench: {name} -->", f"<!-- /bench: {name} -->"
        if begin not in text or end not in text:
            raise SystemExit(f"docs/performance.md has no place for {name}")
        made = make(results)
        if made:
            text = text[:text.index(begin)] + begin + "\n" + made + "\n" + text[text.index(end):]
    page.write_text(text)
    drawn = plot(results)
    if drawn:
        (docs / "performance.svg").write_text(drawn)
