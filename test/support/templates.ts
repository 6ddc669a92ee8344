/** Archives that are sent from here or downloaded: what is in them is no matter. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const about = (path: string) => {
  const file = fileURLToPath(new URL(`../../${path}`, import.meta.url));
  const content = readFileSync(file);
  return { file, content, bytes: content.length, sha256: createHash("sha256").update(content).digest("hex") };
};

/** One that is larger than what SSH sends without waiting for the host. */
export const LARGE = about("node_modules/typescript/lib/typescript.js");

/** One that fits in a shell line. */
export const SMALL = about("LICENSE");

/** A shell line that has the lab host serve {@link SMALL} to itself: http://127.0.0.1:8000/NAME. */
export function webServer(folder: string, name: string): string {
  return [
    `mkdir -p ${folder}; echo ${SMALL.content.toString("base64")} | base64 -d >${folder}/${name}`,
    `busybox httpd -p 127.0.0.1:8000 -h ${folder}`,
  ].join("\n");
}

/** What {@link mmdebstrap} does to build an archive. */
export const BUILDS = 'for last; do case $last in */*.tar) tar cf "$last" "$0" ;; esac; done';

/**
 * A shell line for an mmdebstrap(1) that mounts something, and then does as told: the real one, and packages for it, are
 * not on the lab host.
 */
export function mmdebstrap(does: string): string {
  const lines = ["#!/bin/sh", 'mkdir "$TMPDIR/chroot"; mount -t tmpfs none "$TMPDIR/chroot"', does];
  const text = Buffer.from(`${lines.join("\n")}\n`).toString("base64");
  return `echo ${text} | base64 -d >/usr/local/bin/mmdebstrap; chmod 755 /usr/local/bin/mmdebstrap`;
}
