import { z } from "zod";
import { defineKind, nothing, type Change, type Context } from "../../kind.ts";
import { ownership, ownershipChanges } from "../directory.ts";
import { configure } from "./commands.ts";
import { parse, query, type Facts } from "./facts.ts";
import { canonicalName, type Parameters } from "./parameters.ts";
import { parameterChanges, seen } from "./settings.ts";
import { render, sectionName, shareFile, SMB_CONF } from "./smb-conf.ts";
import { account, parameters } from "./spec.ts";

/** Sections that are made into shares of each user or printer: they need no path. */
const MANY = ["homes", "printers"];

export const ShareSpec = z
  .strictObject({
    /** Name under which clients see it, and of its section: at most 80 characters. The same in any case. */
    name: z.string().check(({ value, issues }) => {
      const message = badShare(value);
      if (message !== undefined) issues.push({ code: "custom", message, input: value });
    }),
    /**
     * The shared directory, absolute. It must exist; it and what is in it are never created, emptied or removed.
     * Samba's variables (`%U`) can be part of it. Only `homes` and `printers` can do without.
     */
    path: z
      .string()
      .check(({ value, issues }) => {
        const message = badPath(value);
        if (message !== undefined) issues.push({ code: "custom", message, input: value });
      })
      .optional(),
    /**
     * All other parameters by Samba's own names and in its own notations (smb.conf(5)): `comment`, `valid users`,
     * `read only`, `guest ok`, `browseable`, `create mask`, `vfs objects`, `fruit:metadata` and so on. A list can be
     * one text or a list of texts. What is not declared is Samba's default, or that of [global].
     */
    parameters: parameters("share"),
    /** Owner of the directory itself, name or number. Default: left alone. */
    owner: account.optional(),
    /** Group of the directory itself, name or number. Default: left alone. */
    group: account.optional(),
    /** Mode of the directory itself, octal: `"0775"`. Default: left alone. */
    mode: z
      .string()
      .regex(/^[0-7]{3,4}$/, 'must be octal, in quotes, such as "0775"')
      .optional(),
  })
  .check(({ value, issues }) => {
    for (const [key, message] of breaches(value)) issues.push({ code: "custom", message, path: [key], input: value });
  });
export type ShareSpec = z.infer<typeof ShareSpec>;

/** A spec, and what of the host is not as it needs it; left out where it is. */
interface State extends Omit<ShareSpec, "parameters"> {
  readonly parameters: Parameters;
  /** What keeps our file for the share from counting. */
  readonly file?: string;
}

/** A share of Samba: one file in /etc/samba, included by smb.conf. */
export const share = defineKind<State, Facts>({
  type: "samba:Share",
  holdsData: false,
  spec: ShareSpec,
  id: ({ name }) => sectionName(name),
  query,
  parse,
  view,

  plan(live, want, context, facts) {
    const changes = differences(live, want);
    if (facts === undefined || changes.length === 0) return { ...nothing, changes };
    const { name, path, owner, group, mode } = want;
    const root = path === undefined || path.includes("%") ? undefined : { path, owner, group, mode };
    const content = render(name, { ...(path === undefined ? {} : { path }), ...want.parameters });
    return {
      changes,
      refusals: refusals(facts, live, want, context),
      commands: [],
      batch: configure({ file: shareFile(name), content, section: name, ...(root === undefined ? {} : { root }) }),
    };
  },

  destroy: ({ name }, _context, facts) => ({
    changes: [{ prop: "name", from: name, to: undefined }],
    refusals: elsewhere(facts, name),
    commands: [],
    batch: configure({ file: shareFile(name), section: name }),
  }),
});

function view(facts: Facts, spec: State): State | undefined {
  const id = sectionName(spec.name);
  const file = shareFile(spec.name);
  const section = facts.effective.get(id);
  const ours = facts.parsed.get(file);
  if (section === undefined) {
    if (ours === undefined) return undefined;
    return { ...spec, file: facts.broken ?? `${SMB_CONF} does not include ${file}` };
  }
  const shared = facts.effective.get("global")?.parameters;
  const path = section.parameters.get("path");
  const exists = path === undefined || path.includes("%") || facts.directories.get(path)?.type === "directory";
  const stray = ours?.entries.find((entry) => entry.section !== id);
  return {
    name: section.name,
    ...(path !== undefined && exists ? { path } : {}),
    parameters: seen(spec.parameters, (name) => section.parameters.get(name) ?? shared?.get(name), others(facts, id)),
    ...ownership(facts.directories.get(path ?? ""), spec),
    ...(stray === undefined
      ? {}
      : { file: `${file} line ${String(stray.line)} sets ${stray.name} of ${stray.section}` }),
  };
}

/** What comes with `printing` and is set nowhere. */
const DERIVED = /^(print|lpq|lprm|lppause|lpresume|queuepause|queueresume) command$/;

/** All that is not as in [global]. */
function others(facts: Facts, id: string): Map<string, string> {
  const all = [...(facts.effective.get(id)?.parameters ?? [])];
  const set = (name: string) => !DERIVED.test(name) || sources(facts, id, name).length > 0;
  // What includes and copies bring in is shown as parameters of its own.
  return new Map(all.filter(([name]) => !["path", "include", "copy"].includes(name) && set(name)));
}

/** Where smb.conf and our files set a parameter of a section. */
function sources(facts: Facts, id: string, name: string): string[] {
  return [...facts.parsed].flatMap(([path, { entries }]) =>
    entries.flatMap((entry) =>
      entry.section === id && entry.name === name ? [`${path} line ${String(entry.line)}`] : [],
    ),
  );
}

function differences(live: State | undefined, want: State): Change[] {
  if (live === undefined) return [{ prop: "name", from: undefined, to: want.name }];
  const plain = (["name", "path"] as const).flatMap((prop): Change[] =>
    live[prop] === want[prop] ? [] : [{ prop, from: live[prop], to: want[prop] }],
  );
  return [
    ...plain,
    ...parameterChanges(live.parameters, want.parameters),
    ...ownershipChanges(live, want),
    ...(live.file === undefined ? [] : [{ prop: "file", from: live.file, to: undefined }]),
  ];
}

function refusals(facts: Facts, live: State | undefined, want: State, context: Context<State>): string[] {
  const id = sectionName(want.name);
  const found = live === undefined ? [] : [...others(facts, id).keys()];
  const declared = new Set(Object.keys(want.parameters).map(canonicalName));
  const extra = found.filter((name) => !declared.has(name));
  const foreign = extra.filter((name) => sources(facts, id, name).length === 0);
  // Made by hand before it was declared: what protects it may not vanish unseen, for there was no preview of it.
  const before = context.was === undefined && !facts.files.has(shareFile(want.name)) ? extra : [];
  return [
    ...(before.length === 0
      ? []
      : [
          `it is there already with ${before.map((name) => shown(facts, id, name)).join(", ")}, which is not declared: ` +
            "declare that too, or remove it there",
        ]),
    ...(before.length > 0 || foreign.length === 0 ? [] : [outside(foreign.join(", "))]),
    ...unmounted(facts, want.path),
  ];
}

function shown(facts: Facts, id: string, name: string): string {
  const value = facts.effective.get(id)?.parameters.get(name) ?? "";
  const [source] = sources(facts, id, name);
  return `${name} = ${value}${source === undefined ? "" : ` (${source})`}`;
}

function outside(what: string): string {
  return `${what} is set for it outside of ${SMB_CONF}, by a file that it includes or by the registry: remove it there`;
}

/** A share that neither smb.conf nor our file makes is not ours to end. */
function elsewhere(facts: Facts, name: string): string[] {
  const here = [...facts.parsed.values()].some(({ sections }) => sections.has(sectionName(name)));
  return here || facts.broken !== undefined ? [] : [outside("the share")];
}

/** Beneath a dataset that is not mounted clients would write into another file system. */
function unmounted({ datasets }: Facts, path: string | undefined): string[] {
  const here = datasets.filter(({ mountpoint, canmount }) => mountpoint === path && canmount === "on");
  const absent = here.some(({ mounted }) => mounted) ? undefined : here[0];
  if (absent === undefined) return [];
  return [`dataset ${absent.name} is not mounted at ${absent.mountpoint}: zfs mount ${absent.name}`];
}

function badShare(name: string): string | undefined {
  if (sectionName(name) === "global") return "must not be global: that is samba:Server";
  if (name === "" || name.length > 80) return "must have 1 to 80 characters";
  if (name !== name.trim() || / {2}/.test(name)) return "must have no blanks at its ends, nor two in a row";
  // INVALID_SHARENAME_CHARS in source3/include/smb_macros.h; a bracket would end the section's line.
  if (/[%<>*?|/\\+=;:",[\]\u0000-\u001f\u007f]/.test(name)) return 'must have none of % < > * ? | / \\ + = ; : " , [ ]';
  return undefined;
}

function badPath(path: string): string | undefined {
  const parts = path.split("/").slice(1);
  if (!path.startsWith("/")) return "must be absolute, such as /tank/media";
  if (path !== "/" && parts.some((part) => part === "" || part === "." || part === ".."))
    return "must have no empty, `.` or `..` part";
  if (/[\u0000-\u001f\u007f]|\\$| {2}| $/.test(path))
    return "must have no control characters, no two blanks in a row, and no blank or backslash at its end";
  return Buffer.byteLength(path) > 1000 ? "must have at most 1000 bytes" : undefined;
}

function breaches({ name, path, owner, group, mode }: ShareSpec): [string, string][] {
  if (path === undefined && !MANY.includes(sectionName(name))) return [["path", "must be declared"]];
  const shared = path !== undefined && !path.includes("%");
  return (["owner", "group", "mode"] as const).flatMap((key): [string, string][] =>
    shared || { owner, group, mode }[key] === undefined
      ? []
      : [[key, "must not be declared: there is no one directory"]],
  );
}
