/**
 * What ~/.ssh/config says of one host. The ssh-config package parses and matches; here are the parts it leaves out:
 * Include, the %-tokens, and the types of the values.
 * StrictHostKeyChecking is not looked at, on purpose: a host key is always verified, and no file can switch that off.
 */
import { readdirSync, readFileSync } from "node:fs";
import { homedir, hostname, userInfo } from "node:os";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import SSHConfig, { glob } from "ssh-config";
import { UserError } from "./host.ts";

/** The settings of one host, in ssh_config(5)'s words. */
export interface HostEntry {
  readonly hostName: string;
  readonly port?: number;
  readonly user?: string;
  /** Paths, tokens expanded. Undefined: none are named, so the default ones count. */
  readonly identityFiles?: readonly string[];
  readonly identitiesOnly: boolean;
  /** Path of the agent's socket; false for `none`. */
  readonly identityAgent?: string | false;
  readonly knownHostsFiles?: readonly string[];
  readonly hostKeyAlias?: string;
  /** As written: `user@jump:port,…`. Absent for `none`. */
  readonly proxyJump?: string;
  readonly proxyCommand?: string;
  /** Seconds. */
  readonly connectTimeout?: number;
}

/** `file`: the ssh config file. Undefined: ~/.ssh/config, which may be absent. */
export function lookUp(file: string | undefined, host: string, user?: string): HostEntry {
  const config = read(file ?? join(homedir(), ".ssh", "config"), file === undefined, host, 0);
  const values = compute(config, host, user);
  const one = (name: string) => [values[name]].flat()[0];
  const tokens = { n: host, h: host, p: one("port") ?? "22", r: user ?? one("user") ?? userInfo().username };
  const hostName = expand(one("hostname") ?? host, tokens);
  const path = (text: string) => expandPath(text, { ...tokens, h: hostName });
  const jump = one("proxyjump");
  const command = [values["proxycommand"]].flat().join(" ");
  const timeout = Number(one("connecttimeout"));
  return defined({
    hostName,
    port: one("port") === undefined ? undefined : portNumber(one("port") ?? "", host),
    user: one("user"),
    identityFiles: list(values["identityfile"])?.filter(isSet).map(path),
    identitiesOnly: one("identitiesonly")?.toLowerCase() === "yes",
    identityAgent: agentSocket(one("identityagent"), path),
    knownHostsFiles: list(values["userknownhostsfile"])?.filter(isSet).map(path),
    hostKeyAlias: one("hostkeyalias"),
    proxyJump: jump !== undefined && isSet(jump) ? jump : undefined,
    // The first of ProxyJump and ProxyCommand wins in OpenSSH; as we cannot run a command, a ProxyJump wins always.
    proxyCommand: jump === undefined && isSet(command) ? command : undefined,
    connectTimeout: timeout > 0 ? timeout : undefined,
  });
}

type Values = Record<string, string | string[] | undefined>;

function compute(config: SSHConfig, host: string, user?: string): Values {
  // Match exec would run a command of the file: what we look up stays a look.
  const options = { ignoreCase: true, matchExec: false };
  return config.compute(user === undefined ? { Host: host } : { Host: host, User: user }, options);
}

/** The parsed file, with what it includes put in place. */
function read(file: string, mayBeAbsent: boolean, host: string, depth: number): SSHConfig {
  if (depth > 16) throw new UserError(`cannot read ssh config ${file}: its Include lines go round in a circle`);
  const config = parse(file, mayBeAbsent);
  const whole = new SSHConfig();
  for (const line of config) {
    if (line.type === SSHConfig.DIRECTIVE && "config" in line) whole.push(...openSection(line, host, depth));
    else whole.push(...(included(line, host, depth) ?? [line]));
  }
  return whole;
}

function parse(file: string, mayBeAbsent: boolean): SSHConfig {
  try {
    return SSHConfig.parse(readFileSync(resolve(expandPath(file)), "utf8"));
  } catch (error) {
    if (mayBeAbsent && (error as NodeJS.ErrnoException).code === "ENOENT") return new SSHConfig();
    throw new UserError(`cannot read ssh config ${file}: ${(error as Error).message}`, { cause: error });
  }
}

type Line = SSHConfig[number];
type Section = Extract<Line, { config: SSHConfig }>;

/** A Host or Match section that includes files is cut in pieces, for the files may hold sections of their own. */
function openSection(section: Section, host: string, depth: number): Line[] {
  const pieces: Line[] = [];
  let rest = new SSHConfig();
  const cut = () => pieces.push({ ...section, config: rest });
  for (const line of section.config) {
    const lines = included(line, host, depth);
    if (lines === undefined) {
      rest.push(line);
      continue;
    }
    cut();
    if (applies(section, host)) pieces.push(...lines);
    rest = new SSHConfig();
  }
  cut();
  return pieces;
}

function applies(section: Section, host: string): boolean {
  const alone = new SSHConfig();
  alone.push({ ...section, config: SSHConfig.parse("Tag here") });
  return compute(alone, host)["tag"] !== undefined;
}

/** The lines of the files that an Include line names; undefined where the line is none. */
function included(line: Line, host: string, depth: number): Line[] | undefined {
  if (line.type !== SSHConfig.DIRECTIVE || !/^include$/i.test(line.param)) return undefined;
  const patterns = typeof line.value === "string" ? [line.value] : line.value.map(({ val }) => val);
  return patterns.flatMap(filesLike).flatMap((file) => [...read(file, true, host, depth + 1)]);
}

/** Wildcards count in the last part of the path only. Relative paths start at ~/.ssh, as in ssh_config(5). */
function filesLike(pattern: string): string[] {
  const whole = expandPath(pattern);
  const path = isAbsolute(whole) ? whole : join(homedir(), ".ssh", whole);
  if (!/[*?]/.test(basename(path))) return [path];
  const folder = dirname(path);
  return filesIn(folder)
    .filter((name) => glob(basename(path), name))
    .sort()
    .map((name) => join(folder, name));
}

function filesIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new UserError(`cannot read ssh config files of ${folder}: ${(error as Error).message}`, { cause: error });
  }
}

function portNumber(text: string, host: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new UserError(`cannot use the ssh config for ${host}: Port ${text} is no port number`);
}

function agentSocket(value: string | undefined, path: (text: string) => string): string | false | undefined {
  if (value === undefined || value === "SSH_AUTH_SOCK") return undefined;
  if (value === "none") return false;
  return value.startsWith("$") ? process.env[value.replace(/[${}]/g, "")] : path(value);
}

function expandPath(path: string, tokens: Record<string, string> = {}): string {
  return expand(path.replace(/^~(?=\/|$)/, homedir()), tokens);
}

function expand(text: string, tokens: Record<string, string>): string {
  const all: Record<string, string> = { "%": "%", d: homedir(), u: userInfo().username, l: hostname(), ...tokens };
  return text.replace(/%(.)/g, (token, letter: string) => all[letter] ?? token);
}

function list(value: string | string[] | undefined): string[] | undefined {
  return value === undefined ? undefined : [value].flat();
}

function isSet(value: string): boolean {
  return value !== "" && value.toLowerCase() !== "none";
}

/** Leaves out what is undefined. */
function defined<T extends object>(all: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as T;
}
