import { definePolicy, none } from "../policy.ts";
import type { Resource } from "../stack.ts";

export const plaintextSecret = definePolicy({
  name: "no-plaintext-secret",
  rule: "No secret stands in a property as plain text.",
  level: "mandatory",
  reason:
    "properties are shown in previews and kept in the state, in its backups and in the repository, for all to read.",
  remedy:
    "make it a secret of the stack (pulumi config set --secret --path secrets.NAME) and name it where it is needed; change the one that was shown.",
  settings: none,
  find: (stack) =>
    stack.resources.flatMap((resource) =>
      texts(resource).flatMap(([path, text]) => {
        const what = secretIn(text);
        return what === undefined ? [] : [{ on: resource, subject: resource.name, message: `${path} holds ${what}` }];
      }),
    ),
});

/** What is a secret wherever it stands; the value itself is never shown. */
const PATTERNS: readonly (readonly [what: string, pattern: RegExp])[] = [
  ["a private key", /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/],
  ["the hash of a password", /(?:^|[\s:'"=])\$(?:1|2[aby]|5|6|7|y|gy|argon2id?)\$[^\s:]{8,}/],
  ["a token of Hugging Face", /\bhf_[A-Za-z0-9]{30,}/],
  ["a token of GitHub", /\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,})/],
  ["a token of GitLab", /\bglpat-[\w-]{20,}/],
  ["an access key of AWS", /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/],
  ["an API key", /\bsk-[A-Za-z0-9_-]{32,}/],
  ["a token of Proxmox VE", /PVEAPIToken=\S+!\S+=[\da-f-]{36}/],
  ["a password in an address", /\b[a-z][a-z\d+.-]*:\/\/[^\s/:@]+:[^\s/:@$]{3,}@/i],
  [
    "a password",
    /(?:^|[\s;,{])["']?[\w.-]*(?:password|passwd|passphrase|secret|api[_-]?key|auth[_-]?token)["']?\s*[=:]\s*(?!["']?(?:[<$%{*/]|\s|$))["']?[^\s"',;]{6,}/im,
  ],
];

function secretIn(text: string): string | undefined {
  return PATTERNS.find(([, pattern]) => pattern.test(text))?.[0];
}

/** Every text in a resource's properties, with its path. */
function texts({ props }: Resource): [path: string, text: string][] {
  return walk(props, "");
}

function walk(value: object, path: string): [string, string][] {
  return Object.keys(value).flatMap((key): [string, string][] => {
    if (key === "__provider") return [];
    const at = path === "" ? key : `${path}.${key}`;
    const inner = known(value, key);
    if (typeof inner === "string") return [[at, inner]];
    return typeof inner === "object" && inner !== null ? walk(inner, at) : [];
  });
}

/** A value that is not known yet is no text in the configuration. */
function known(value: object, key: string): unknown {
  try {
    return (value as Readonly<Record<string, unknown>>)[key];
  } catch {
    return undefined;
  }
}
