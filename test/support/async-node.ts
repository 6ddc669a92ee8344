/** Runs a program with this Node and nothing in its environment but what is given. */
import { spawn } from "node:child_process";
import { once } from "node:events";

export async function asyncNode(argv: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, argv, { env: { PATH: process.env["PATH"] ?? "", ...env } });
  const printed: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => printed.push(text));
  await once(child, "close");
  return { code: child.exitCode, output: printed.join("") };
}
