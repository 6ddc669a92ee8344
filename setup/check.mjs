// `npm run check`: types, lint, format, the generated reference, and the tests that need no lab host.
import { spawnSync } from "node:child_process";

const GATES = [
  ["tsc", "--project", "."],
  ["eslint", "--max-warnings", "0", "."],
  ["prettier", "--check", "."],
  ["docs", "--check"],
  ["mocha", "--ignore", "test/**/*.lab.test.ts", "test/**/*.test.ts"],
];
for (const [tool = "", ...args] of GATES) {
  process.stderr.write(`check: ${tool}\n`);
  const command = tool === "docs" ? [process.execPath, "docs/generate.ts"] : [`node_modules/.bin/${tool}`];
  const { status } = spawnSync(command[0] ?? "", [...command.slice(1), ...args], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
