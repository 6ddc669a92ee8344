/** What the resources of one operation share: the connection, the machine's identity, facts, secrets, reloads. */
import { behind, render, script, secret, type Command, type Secret } from "../host/command.ts";
import { CommandFailed, UserError, type Host, type Login, type Result } from "../host/host.ts";
import { lockFile } from "../host/wire.ts";
import type { Arrival, Batch, Platform } from "../kind.ts";
import { ARRIVAL, parseArrival } from "./arrival.ts";
import { openChanges } from "./changes.ts";
import type { AnyKind } from "./erased.ts";
import { openLooks } from "./looks.ts";
import { memo } from "./memo.ts";
import { newTurns } from "./turns.ts";
import { openWave } from "./wave.ts";
import { openWork } from "./work.ts";

export interface Session {
  /** The identity of the machine: its /etc/machine-id. */
  machine(): Promise<string>;
  /** What the host is; found out together with {@link machine}. */
  platform(): Promise<Platform>;
  /** The same, without asking; undefined before anything was asked. */
  knownPlatform(): Platform | undefined;
  /** Refuses to go on when `recorded` is another machine than the connected one, unless the config accepts it. */
  sameMachine(recorded: string | undefined): Promise<void>;
  /** All facts of a kind, asked for once per operation. */
  facts(kind: AnyKind): Promise<unknown>;
  /** Fresh facts on some objects of a kind; see {@link Looks}. */
  inspect(kind: AnyKind, ids: readonly string[]): Promise<unknown>;
  /** Notes objects of a kind that will be inspected soon. */
  expect(kind: AnyKind, ids: readonly string[]): void;
  read(command: Command): Promise<Result>;
  /** Runs a changing command of an object of that kind, which must succeed. */
  change(command: Command, kind: AnyKind): Promise<void>;
  /** Does an object's own work, then a changing command once for all objects of the kind that change at the same time. */
  settle(command: Command, kind: AnyKind, work: () => Promise<void>): Promise<void>;
  /** Does an object's share of a joined work, together with those of the same kind that come to it at the same time. */
  batch(kind: AnyKind, work: Batch): Promise<void>;
  /** Runs a changing command over a connection made anew. Rejects with {@link NotConfirmed}. */
  confirm(command: Command): Promise<void>;
  /** Does something on the host while others may too, but none that reboots it. */
  beside<T>(work: () => Promise<T>): Promise<T>;
  /** Reboots the host when nobody works beside, and waits for it. */
  reboot(seconds: number): Promise<void>;
  secret(name: string): Secret | undefined;
  /** How we are logged in; undefined before the first command. */
  login(): Login | undefined;
  /** How we came; undefined before the first command, and where the host does not tell. */
  arrival(): Arrival | undefined;
  /** Resolves when no changing command runs on the host, such as one that a broken connection left behind. */
  stillness(): Promise<void>;
}

/** Nobody who comes anew gets through after a change, as far as we can tell. */
export class NotConfirmed extends UserError {
  override name = "NotConfirmed";
}

export interface SessionSettings {
  /** Connects; called once, when the host is first needed. */
  readonly connect: () => Promise<Host>;
  readonly secrets: Readonly<Record<string, string>>;
  /** The machine that the config accepts in place of the recorded one. */
  readonly acceptedMachine?: string | undefined;
  /** Files that are read with the look at the machine; see {@link Kind.answerFile}. */
  readonly answerFiles?: readonly string[];
}

/** What the lines of a file begin with in the answer. */
const FILE = "file ";

// Changing commands hold a shared lock on this file (host/wire.ts): what an earlier run began, and was killed in, is
// waited for. Longer than this it is left to fail where it is in the way.
const WAIT = `
[ ! -s ${lockFile} ] || { exec 9<${lockFile}; flock -w 100 9 || :; exec 9<&-; }
`;
const MACHINE = `${WAIT}
cat ${lockFile}
if command -v pveversion >/dev/null; then echo proxmox; else echo debian; fi
for file do [ ! -e "$file" ] || sed "s|^|${FILE}$file |" "$file"; done
${ARRIVAL}`;

/** Goes before a look that does not wait for the machine's identity. */
const STILL = script("still", `${WAIT}exec "$@"`);

export function openSession(settings: SessionSettings): Session {
  let connected: Host | undefined;
  const turns = newTurns();
  let arrived: Arrival | undefined;
  const host = once(async () => (connected = await settings.connect()));
  const { answerFiles = [] } = settings;
  const look: Command = { ...script("machine", MACHINE, answerFiles), label: "machine" };
  const identify = async () => (await host()).read(look);
  let asked: Platform | undefined;
  const machine = once(async () => {
    const { code, stdout, stderr } = await identify();
    const [id = "", said, ...more] = stdout.split("\n");
    const platform: Platform = said === "proxmox" ? "proxmox" : "debian";
    arrived = parseArrival(more.filter((line) => !line.startsWith(FILE)));
    if (code === 0 && /^[0-9a-f]{32}$/.test(id)) {
      asked = platform;
      const answer = (file: string): Result => {
        const begin = `${FILE}${file} `;
        const lines = more.filter((line) => line.startsWith(begin)).map((line) => line.slice(begin.length));
        return { code, stdout: lines.join("\n"), stderr };
      };
      return { id, platform, answer };
    }
    throw new UserError(
      `cannot tell which machine ${(await host()).name} is: /etc/machine-id holds no identity ${stderr.trim()}; ` +
        "make one with: systemd-machine-id-setup",
    );
  });
  /** Nothing is done before it is known which machine this is. */
  const known = async () => {
    await machine();
    return host();
  };
  const read = async (command: Command) => (await known()).read(command);
  /** The first looks go out beside the question which machine this is: nobody gets to see them before its answer. */
  const query = async (command: Command) => {
    if (asked !== undefined) return read(command);
    const [, answer] = await Promise.all([machine(), host().then(async (on) => on.read(behind(STILL, command)))]);
    return answer;
  };
  const changes = openChanges(known);
  /** Kinds that ask the same get the same answer. */
  const answers = new Map<string, Promise<Result>>();
  const ask = async (command: Command) => {
    const key = render(command.argv);
    const answer = answers.get(key) ?? query(command);
    answers.set(key, answer);
    return answer;
  };
  const allFacts = memo(async (kind: AnyKind) => {
    const { answerFile: file } = kind;
    const isRead = file !== undefined && answerFiles.includes(file);
    return kind.parse(isRead ? (await machine()).answer(file) : await ask(kind.query(undefined)));
  });
  const of = memo((kind: AnyKind) => {
    const wave = openWave();
    const brief = changes.brief(wave);
    const looks = openLooks(kind, { query, changes: changes.tally, wave, changed: brief.ended });
    return { wave, looks, brief, work: openWork(async (command) => changes.change(command), looks.ended) };
  });

  return {
    machine: async () => (await machine()).id,
    platform: async () => (await machine()).platform,
    knownPlatform: () => asked,
    async sameMachine(recorded) {
      const { id: here } = await machine();
      if (recorded === undefined || recorded === here || settings.acceptedMachine === here) return;
      throw new UserError(wrongMachine((await host()).name, recorded, here));
    },
    facts: allFacts,
    inspect: async (kind, ids) => of(kind).looks.inspect(ids),
    expect: (kind, ids) => {
      for (const id of ids) of(kind).wave.expect(id);
    },
    read,
    change: async (command, kind) => (command.brief === true ? of(kind).brief : changes).change(command),
    settle: async (command, kind, own) => of(kind).work.settle(command, own),
    batch: async (kind, share) => of(kind).work.batch(share),
    login: () => connected?.login(),
    beside: async (work) => turns.beside(work),
    reboot: async (seconds) => turns.alone(async () => changes.count(async () => (await known()).reboot(seconds))),
    arrival: () => arrived,
    confirm: async (command) => changes.count(async () => confirm(await host(), command)),
    secret: (name) => {
      const value = settings.secrets[name];
      return value === undefined ? undefined : secret(value);
    },
    async stillness() {
      await identify();
    },
  };
}

async function confirm(on: Host, command: Command): Promise<void> {
  try {
    const result = await on.changeAnew(command);
    if (result.code !== 0) throw new CommandFailed(on.name, command, result);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new NotConfirmed(`a new connection did not confirm the change: ${error.message}`, { cause: error });
  }
}

function wrongMachine(name: string, recorded: string, here: string): string {
  return (
    `${name} is another machine than the one this stack manages: the state remembers machine-id ${recorded}, ` +
    `connected is ${here}. Nothing was changed. If the stack is to manage the connected machine from now on, ` +
    `say so: pulumi config set machineId ${here}; then, for the first run: pulumi up --run-program`
  );
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return async () => (made ??= make());
}
