import { z } from "zod";
import { script, type Command } from "../../host/command.ts";
import { removeFile, restoreFile, writeFile } from "../../host/file.ts";
import { defineKind, nothing, type Change, type Plan } from "../../kind.ts";
import { parse, query, type Facts } from "./module.facts.ts";
import { canonical } from "./modprobe.ts";

const NAME = "must be a kernel module's name, such as vfio_pci";

export const KernelModuleSpec = z
  .strictObject({
    /** The module; `-` and `_` are one. */
    name: z
      .string()
      .max(56, NAME)
      .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, NAME)
      .transform(canonical),
    /** True: it is loaded, now and at every boot. False: neither. Default: left as it is. */
    loaded: z.boolean("must be true or false").optional(),
    /** Its options, for when it is loaded next time: a loaded module keeps those that it has. Default: left alone. */
    options: z
      .record(
        z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, "must be a module option's name"),
        z.union([
          z.string().regex(/^[^\s"'\\#\u0000-\u001f\u007f]*$/, "must have no blanks, quotes, backslashes or #"),
          z.number(),
        ]),
      )
      .optional(),
    /** Whether it is kept from being loaded for a device. Default: left as it is. */
    blacklist: z.boolean("must be true or false").optional(),
  })
  .check(({ value, issues }) => {
    const { loaded, options, blacklist } = value;
    if (loaded === true && blacklist === true)
      issues.push({ code: "custom", message: "excludes blacklist", path: ["loaded"], input: loaded });
    if (loaded === undefined && options === undefined && blacklist === undefined)
      issues.push({ code: "custom", message: "say at least one of loaded, options and blacklist", input: value });
  });
export type KernelModuleSpec = z.infer<typeof KernelModuleSpec>;

/** A spec, and what of the host is not as it says. */
interface State extends KernelModuleSpec {
  /** Whether it is loaded at boot, where that is not as `loaded` says. */
  readonly boot?: boolean;
}

/**
 * A kernel module: whether it is loaded, its options, and whether it is blacklisted, by drop-ins in
 * /etc/modules-load.d and /etc/modprobe.d. An initramfs is not made anew. When it is no longer declared the drop-ins
 * go, and the module stays as it is until the next boot.
 */
export const kernelModule = defineKind<State, Facts>({
  type: "system:KernelModule",
  holdsData: false,
  spec: KernelModuleSpec,
  id: ({ name }) => name,
  byName: true,
  query,
  parse,

  view(facts, spec, { was }) {
    const { name } = spec;
    const own = [loadFile(name), optionFile(name)].some((path) => facts.files.has(path));
    const is = facts.options.get(name) ?? {};
    const loaded = facts.loaded.has(name);
    const boot = facts.atBoot.has(name);
    const extra = Object.fromEntries(ownOptions(facts, name).map((key) => [key, ""]));
    const declared = new Map(Object.entries({ ...extra, ...was?.options, ...spec.options }));
    const options = Object.entries(is)
      .filter(([key]) => declared.has(key))
      .map(([key, value]) => [key, String(declared.get(key)) === value ? (declared.get(key) ?? value) : value]);
    const state: State = {
      name,
      ...(spec.loaded === undefined && was?.loaded === undefined ? {} : { loaded }),
      ...(spec.loaded === undefined || boot === spec.loaded ? {} : { boot }),
      ...(spec.options === undefined && was?.options === undefined
        ? {}
        : { options: Object.fromEntries(options) as NonNullable<State["options"]> }),
      ...(spec.blacklist === undefined && was?.blacklist === undefined
        ? {}
        : { blacklist: facts.blacklisted.has(name) }),
    };
    return own || differences(state, spec).length === 0 || was !== undefined ? state : undefined;
  },

  plan(live, want, _context, facts) {
    const changes = differences(live, want);
    if (facts === undefined) return { ...nothing, changes };
    const refusals = refused(facts, want);
    return changes.length === 0 ? { ...nothing, refusals } : { changes, refusals, ...steps(facts, want) };
  },

  destroy({ name }, _context, { files }) {
    const own = [loadFile(name), optionFile(name)].filter((path) => files.has(path));
    if (own.length === 0) return { ...nothing, says: LEFT };
    return { ...nothing, changes: [{ prop: "name", from: name, to: undefined }], commands: own.map(removeFile) };
  },
});

/** Also said once our drop-ins are gone. */
const LEFT = "no drop-in of ours is on the host, and the module itself stays as it is";

function loadFile(name: string): string {
  return `/etc/modules-load.d/phoenix-${name}.conf`;
}

/** The names of the options in our drop-in. */
function ownOptions({ files }: Facts, name: string): string[] {
  return [...(files.get(optionFile(name)) ?? "").matchAll(/ ([\w.-]+)=/g)].flatMap(([, key]) => key ?? []);
}

/** Sorts after every usual name: of options that are set twice, modprobe(8) takes the last. */
function optionFile(name: string): string {
  return `/etc/modprobe.d/zz-phoenix-${name}.conf`;
}

function differences(live: State | undefined, want: KernelModuleSpec): Change[] {
  if (live === undefined) return [{ prop: "name", from: undefined, to: want.name }];
  const { loaded, options = {}, blacklist } = want;
  const names = [...new Set([...Object.keys(options), ...Object.keys(live.options ?? {})])];
  return [
    ...(loaded === undefined || live.loaded === loaded ? [] : [{ prop: "loaded.now", from: live.loaded, to: loaded }]),
    ...(loaded === undefined || (live.boot ?? live.loaded) === loaded || live.boot === undefined
      ? []
      : [{ prop: "loaded.boot", from: live.boot, to: loaded }]),
    ...names.flatMap((name): Change[] => {
      const [from, to] = [live.options?.[name], options[name]];
      if (String(from) === String(to)) return [];
      return [{ prop: `options.${name}`, from, to, note: "counts when the module is loaded next time" }];
    }),
    ...(blacklist === undefined || live.blacklist === blacklist
      ? []
      : [{ prop: "blacklist", from: live.blacklist, to: blacklist }]),
  ];
}

function refused(facts: Facts, { name, loaded, blacklist }: KernelModuleSpec): string[] {
  const missing = loaded === true && !facts.known.has(name) && !facts.loaded.has(name);
  const builtin = loaded === false && facts.known.get(name) === "builtin";
  const foreign = (set: ReadonlySet<string>, path: string) => set.has(name) && !facts.files.has(path);
  return [
    ...(missing ? [`the running kernel has no module ${name}; declare the package that brings it`] : []),
    ...(builtin ? [`${name} is built into the kernel: it cannot be left out`] : []),
    ...(loaded === false && foreign(facts.atBoot, loadFile(name))
      ? [`a file of /etc/modules-load.d names ${name}: remove it there`]
      : []),
    ...(blacklist === false && foreign(facts.blacklisted, optionFile(name))
      ? [`a file of /etc/modprobe.d blacklists ${name}: remove it there`]
      : []),
  ];
}

function steps(facts: Facts, want: KernelModuleSpec): Pick<Plan, "commands" | "undo"> {
  const { name, loaded, options = {}, blacklist } = want;
  const set = Object.entries(options).map(([key, value]) => ` ${key}=${String(value)}`);
  const lines = [
    ...(set.length === 0 ? [] : [`options ${name}${set.join("")}`]),
    ...(blacklist === true ? [`blacklist ${name}`] : []),
  ];
  const bootless = loaded === true && !facts.atBoot.has(name);
  const files: [string, string | undefined][] = [
    [optionFile(name), settled(facts, want) ? facts.files.get(optionFile(name)) : textOf(lines)],
    [loadFile(name), loaded === true ? (bootless ? textOf([name]) : facts.files.get(loadFile(name))) : undefined],
  ];
  const changed = files.filter(([path, text]) => facts.files.get(path) !== text);
  const turn = loaded !== undefined && facts.loaded.has(name) !== loaded;
  return {
    commands: [
      ...changed.map(([path, text]) => (text === undefined ? removeFile(path) : writeFile(path, text, MODE))),
      ...(turn ? [load(name, loaded)] : []),
    ],
    undo: changed.map(([path]) => restoreFile(path, facts.files.get(path), MODE)),
  };
}

/** Whether options and blacklist are as declared already, by our file or by others. */
function settled(facts: Facts, { name, options = {}, blacklist }: KernelModuleSpec): boolean {
  const is = facts.options.get(name) ?? {};
  const extra = ownOptions(facts, name).some((key) => options[key] === undefined);
  return (
    !extra &&
    Object.entries(options).every(([key, value]) => is[key] === String(value)) &&
    (blacklist === undefined || facts.blacklisted.has(name) === blacklist)
  );
}

const MODE = { mode: "644" };

function textOf(lines: readonly string[]): string | undefined {
  if (lines.length === 0) return undefined;
  return ["# Managed by phoenix-hypervisor: what is changed here by hand is changed back.", ...lines, ""].join("\n");
}

function load(name: string, loaded: boolean): Command {
  return script("load-module", loaded ? 'modprobe -- "$1"' : 'modprobe -r -- "$1"', [name]);
}
