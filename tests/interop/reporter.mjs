// node:test reporter: failures and skipped cases in full, the rest as counts; the last line is for run.mjs.
export default async function* report(events) {
  const count = { passed: 0, failed: 0, skipped: 0 };
  const path = [];
  for await (const { type, data } of events) {
    if (type === "test:start") { path.length = data.nesting; path[data.nesting] = data.name; }
    if (type !== "test:pass" && type !== "test:fail") continue;
    const suite = data.details?.type === "suite";
    const title = [...path.slice(0, data.nesting), data.name].join(" > ");
    if (data.skip !== undefined) {
      count.skipped++;
      yield `  skipped ${title}${typeof data.skip === "string" && data.skip ? ` (${data.skip})` : ""}\n`;
    } else if (type === "test:pass") {
      if (!suite) count.passed++;
    } else if (!suite || data.details.error?.failureType !== "subtestsFailed") {
      count.failed++;
      const error = data.details.error?.cause ?? data.details.error;
      yield `  FAILED  ${title}\n${String(error?.stack ?? error).replace(/^/gm, "          ")}\n`;
    }
  }
  yield `counts ${JSON.stringify(count)}\n`;
}
