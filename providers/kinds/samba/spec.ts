/** What a stack declares of Samba: members that several kinds have. */
import { z } from "zod";
import { badName, badValue, canonicalName, type Scope } from "./parameters.ts";

/** Parameters by Samba's names, each checked: its name, its place, its value. */
export function parameters(scope: Scope) {
  return z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]))
    .check(({ value, issues }) => {
      const names = Object.keys(value);
      for (const [i, name] of names.entries()) {
        const bad = badName(name, scope);
        const twin = names.slice(0, i).find((other) => canonicalName(other) === canonicalName(name));
        const message =
          bad !== undefined
            ? `${JSON.stringify(name)} ${bad}`
            : twin === undefined
              ? badValue(name, value[name] ?? "")
              : `is the same parameter as ${JSON.stringify(twin)}`;
        if (message !== undefined) issues.push({ code: "custom", message, path: [name], input: value });
      }
    })
    .default({});
}

const ACCOUNT = "must be a name or a number";
export const account = z.union([
  z.string(ACCOUNT).regex(/^(\d{1,10}|[A-Za-z_][\w.-]{0,31})$/, ACCOUNT),
  z.int(ACCOUNT).min(0, ACCOUNT).max(0xfffffffe, ACCOUNT),
]);
