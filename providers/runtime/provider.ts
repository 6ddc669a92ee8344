/** Pulumi's dynamic provider protocol, written once for every kind. The only file that speaks it. */
import { UserError } from "../host/host.ts";
import { contextOf, converge, end, HalfDone, look, names, type Look } from "./converge.ts";
import type { AnyKind } from "./erased.ts";
import { explain } from "./explain.ts";
import { say } from "./say.ts";
import type { Session } from "./session.ts";
import { defined, hasUnknown, omit, type Props } from "./values.ts";

/** The shape of @pulumi/pulumi's dynamic.ResourceProvider, plus `configure`'s request. */
export interface Provider {
  configure(request: { config: { get(key: string): string | undefined } }): Promise<void>;
  check(olds: Props, news: Props): Promise<{ inputs?: Props; failures: { property: string; reason: string }[] }>;
  diff(
    id: string,
    olds: Props,
    news: Props,
  ): Promise<{ changes: boolean; replaces?: string[]; deleteBeforeReplace?: boolean }>;
  create(inputs: Props): Promise<{ id: string; outs: Props }>;
  read(id: string, props: Props): Promise<{ id: string; props?: Props; inputs?: Props }>;
  update(id: string, olds: Props, news: Props): Promise<{ outs: Props }>;
  delete(id: string, props: Props): Promise<void>;
}

/** A provider whose session is opened by `configure`; every call waits for that. */
export function providerOf(
  kind: AnyKind,
  open: (config: { get(key: string): string | undefined }) => Session,
): Provider {
  const { promise: session, resolve, reject } = Promise.withResolvers<Session>();
  // A failed configuration is told by the calls that need it; on its own it must not end the process.
  session.catch(() => undefined);
  const extra = ["__provider", "machine", ...(kind.outputNames ?? [])];
  const spec = (props: Props) => omit(props, extra);

  return {
    async configure({ config }) {
      try {
        resolve(open(config));
      } catch (error) {
        reject(error);
      }
      return Promise.resolve();
    },
    check: async (olds, news) =>
      told(kind, spec(news), "check", async () => check(kind, await session, Object.keys(olds).length === 0, news)),
    diff: async (_id, olds, news) =>
      told(kind, spec(news), "preview", async () => diff(kind, await session, spec(olds), spec(news))),
    create: async (inputs) =>
      recorded(kind, await session, inputs, async (on) =>
        told(kind, spec(inputs), "create", async () => {
          const seen = await converge(kind, on, spec(inputs));
          return { id: kind.id(spec(inputs)), outs: await record(kind, on, seen) };
        }),
      ),
    read: async (_id, props) =>
      told(kind, spec(props), "read", async () => read(kind, await session, spec(props), machineOf(props))),
    update: async (_id, olds, news) =>
      recorded(kind, await session, news, async (on) =>
        told(kind, spec(news), "update", async () => {
          await on.sameMachine(machineOf(olds));
          return { outs: await record(kind, on, await converge(kind, on, spec(news), spec(olds))) };
        }),
      ),
    delete: async (_id, props) =>
      told(kind, spec(props), "delete", async () => {
        const on = await session;
        await on.sameMachine(machineOf(props));
        await end(kind, on, spec(props));
      }),
  };
}

async function check(kind: AnyKind, session: Session, isNew: boolean, news: Props) {
  const declared = omit(news, ["__provider", "machine", ...(kind.outputNames ?? [])]);
  const parsed = kind.spec.safeParse(declared);
  if (!parsed.success) {
    const failures = explain(parsed.error, declared, kind.spec);
    // What remains are complaints about values that are not known yet: they are checked when they are.
    return failures.length > 0 ? { failures } : { inputs: declared, failures };
  }
  // The one question to the host that a check may have.
  const unfit = kind.unfit?.(parsed.data, await session.platform()) ?? [];
  // What is new is going to be made, unless this is a preview.
  if (isNew) session.expect(kind, names(kind, parsed.data));
  const missing = (kind.secrets?.(parsed.data) ?? []).filter((name) => session.secret(name) === undefined);
  const wrong = [...unfit, ...missing.map(missingSecret)];
  // The engine asks for no other preview of what is to be made.
  const refused = isNew && wrong.length === 0 ? kind.plan(undefined, parsed.data, contextOf(session)).refusals : [];
  return {
    inputs: defined(parsed.data),
    failures: [...wrong, ...refused].map((reason) => ({ property: "", reason })),
  };
}

function missingSecret(name: string): string {
  return `the secret \`${name}\` is not in the stack's configuration; set it: pulumi config set --secret --path secrets.${name}`;
}

function diff(kind: AnyKind, session: Session, was: Props, want: Props) {
  if (hasUnknown(want)) return { changes: true };
  if (renamed(kind, was, want)) {
    if (!kind.holdsData) return { changes: true, replaces: ["id"], deleteBeforeReplace: true };
    throw new UserError(
      `it was ${kind.id(was)} and is declared as ${kind.id(want)} now. Nothing that holds data is replaced: ` +
        `declare renamedFrom: ${JSON.stringify(kind.id(was))} to rename it in place where the kind can, ` +
        "or give the new object a resource name of its own",
    );
  }
  const plan = kind.plan(was, want, contextOf(session, was));
  if (plan.refusals.length > 0) throw new UserError(plan.refusals.join("; "));
  if (plan.changes.length > 0) session.expect(kind, names(kind, want, was));
  for (const { prop, note } of plan.changes) if (note !== undefined) say(kind, want, `${prop}: ${note}`);
  return { changes: plan.changes.length > 0 };
}

function renamed(kind: AnyKind, was: Props, want: Props): boolean {
  return kind.id(was) !== kind.id(want) && kind.renamedFrom?.(want) !== kind.id(was);
}

async function read(kind: AnyKind, session: Session, spec: Props, machine: string | undefined) {
  // Asked for beside the machine's identity, for a round trip less; used only once that is the right one.
  const facts = kind.byName === true ? session.inspect(kind, [kind.id(spec)]) : session.facts(kind);
  facts.catch(() => undefined);
  await session.sameMachine(machine);
  const seen = await look(kind, session, spec, spec, await facts);
  if (seen.live === undefined) return { id: "" };
  for (const warning of kind.warnings?.(seen.facts, kind.id(spec), spec) ?? []) say(kind, spec, warning);
  return { id: kind.id(spec), props: await record(kind, session, seen), inputs: defined(seen.live) };
}

/** What the state remembers of an object: what is there in the words of the spec, its outputs, and the machine. */
async function record(kind: AnyKind, session: Session, { live, facts }: Look): Promise<Record<string, unknown>> {
  const there = live ?? {};
  return defined({ ...there, ...kind.outputs?.(facts, kind.id(there)), machine: await session.machine() });
}

/** The machine that the state remembers. */
function machineOf(props: Props): string | undefined {
  return typeof props["machine"] === "string" ? props["machine"] : undefined;
}

/** Half-done work goes into the state, so that the next run takes it up. */
async function recorded<T>(
  kind: AnyKind,
  session: Session,
  inputs: Props,
  act: (session: Session) => Promise<T>,
): Promise<T> {
  try {
    return await act(session);
  } catch (error) {
    if (!(error instanceof HalfDone)) throw error;
    const properties = { ...(await record(kind, session, error.look)), __provider: inputs["__provider"] };
    throw Object.assign(error, { id: kind.id(error.look.live ?? inputs), properties, reasons: [error.message] });
  }
}

/** The engine refreshes and deletes with the configuration that its state remembers, until told to run the program. */
const REMEMBERED =
  "This went by the configuration of the last run. If that has changed since, add --run-program to the command.";

/** Errors that are the user's to solve carry no stack: the engine prints it beside the message. */
async function told<T>(kind: AnyKind, spec: Props, verb: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    // Half-done work says so itself, and has to be recorded.
    if (!(error instanceof UserError) || error instanceof HalfDone) throw error;
    const object = hasUnknown(spec) ? kind.type : `${kind.type} ${kind.id(spec)}`;
    const cause = error.message.startsWith("cannot ") ? error.message : `cannot ${verb} ${object}: ${error.message}`;
    const remembered = (verb === "read" || verb === "delete") && cause.startsWith("cannot connect");
    const whole = remembered ? `${cause}\n${REMEMBERED}` : cause;
    throw Object.assign(new UserError(whole), { stack: "", toString: () => whole });
  }
}
