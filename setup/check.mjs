// `npm run check`: types, lint, format, and the tests that need no lab host.
import { spawnSync } from "node:child_process";

const GATES = [
  ["tsc", "--project", "."],
  ["eslint", "--max-warnings", "0", "."],
  ["prettier", "--check", "."],
  ["mocha", "--ignore", "test/**/*.lab.test.ts", "test/**/*.test.ts"],
];
for (const [tool = "", ...args] of GATES) {
  process.stderr.write(`check: ${tool}\n`);
  const { status } = spawnSync(`node_modules/.bin/${tool}`, args, { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
