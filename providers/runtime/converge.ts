/** Look, plan, change, look again: how an object is brought to, or ended from, any state it may be in. */
import { CommandFailed, ConnectionLost, UserError, type Result } from "../host/host.ts";
import { nothing, type Context, type Plan, type Reboot } from "../kind.ts";
import type { AnyKind } from "./erased.ts";
import { say } from "./say.ts";
import { NotConfirmed, type Session } from "./session.ts";
import type { Props } from "./values.ts";

/** How often a change is taken up again after the connection was lost. */
const ATTEMPTS = 3;

export interface Look {
  readonly facts: unknown;
  readonly live: Props | undefined;
  readonly context: Context<Props>;
}

/** A change that was begun and not finished: `live` is what is there now. */
export class HalfDone extends UserError {
  override name = "HalfDone";
  readonly look: Look;
  constructor(cause: UserError, look: Look) {
    super(cause.message, { cause });
    this.look = look;
  }
}

/** Looks at one object, in fresh facts or those given. */
export async function look(kind: AnyKind, session: Session, spec: Props, was?: Props, known?: unknown): Promise<Look> {
  const facts = known ?? (await session.inspect(kind, names(kind, spec, was)));
  const plain = contextOf(session, was);
  const probe = kind.probe?.(spec, plain);
  const context = probe === undefined ? plain : { ...plain, probed: await session.read(probe) };
  return { facts, live: kind.view(facts, spec, context), context };
}

export function contextOf(session: Session, was?: Props, probed?: Result): Context<Props> {
  const [login, arrival] = [session.login(), session.arrival()];
  const platform = session.knownPlatform();
  return {
    ...(was === undefined ? {} : { was }),
    ...(login === undefined ? {} : { login }),
    ...(arrival === undefined ? {} : { arrival }),
    ...(platform === undefined ? {} : { platform }),
    ...(probed === undefined ? {} : { probed }),
    secret(name) {
      const value = session.secret(name);
      if (value === undefined) throw new UserError(`the secret \`${name}\` is not in the stack's configuration`);
      return value;
    },
  };
}

/** Brings the object to what `want` declares and returns the last look, in which nothing is left to change. */
export async function converge(kind: AnyKind, session: Session, want: Props, was?: Props): Promise<Look> {
  const verb = was === undefined ? "create" : "update";
  return repeat(kind, session, want, was, verb, ({ live, context, facts }) => kind.plan(live, want, context, facts));
}

/** Ends the object. That it is not there is success. */
export async function end(kind: AnyKind, session: Session, spec: Props): Promise<void> {
  await repeat(kind, session, spec, spec, "delete", ({ live, context, facts }) =>
    live === undefined ? undefined : kind.destroy(live, context, facts),
  );
}

type Planner = (look: Look) => Plan | undefined;

async function repeat(
  kind: AnyKind,
  session: Session,
  want: Props,
  was: Props | undefined,
  verb: string,
  planner: Planner,
) {
  const object = `cannot ${verb} ${kind.type} ${kind.id(want)}`;
  let changed = false;
  // The plan that the connection was lost with: what it did counts only once it is settled, and is what to put back.
  let begun: Plan | undefined;
  for (let attempt = 1; ;) {
    const seen = await session.beside(async () => look(kind, session, want, was));
    const planned = planner(seen);
    if (planned?.says !== undefined) say(kind, want, planned.says);
    const plan = unsettled(planned, begun);
    if (plan === undefined) return seen;
    if (plan.refusals.length > 0) throw new UserError(`${object}: ${plan.refusals.join("; ")}`);
    if (changed) throw new HalfDone(new UserError(`${object}: ${notConverged(plan)}`), seen);
    try {
      await session.beside(async () => carryOut(kind, session, plan));
      changed = true;
      begun = undefined;
      if (plan.reboot !== undefined) await reboot(kind, session, want, plan.reboot);
    } catch (error) {
      // What is done is not put back because the host does not come back.
      begun ??= changed ? nothing : plan;
      if (error instanceof ConnectionLost && attempt < ATTEMPTS) {
        attempt += 1;
        await session.stillness();
        continue;
      }
      throw await failed(kind, session, want, was, object, await undone(kind, session, begun, error));
    }
  }
}

/** What is left to do, with what is left to settle; undefined when nothing is. */
function unsettled(plan: Plan | undefined, begun: Plan | undefined): Plan | undefined {
  if (plan !== undefined && plan.changes.length + plan.refusals.length > 0) return plan;
  return begun?.settle === undefined ? undefined : { ...nothing, settle: begun.settle };
}

function notConverged(plan: Plan): string {
  const left = plan.changes.map(({ prop, from, to }) => `${prop} is ${show(from)}, declared ${show(to)}`);
  return `every command succeeded, and still ${left.join("; ")}`;
}

function show(value: unknown): string {
  return value === undefined ? "absent" : JSON.stringify(value);
}

async function carryOut(kind: AnyKind, session: Session, plan: Plan): Promise<void> {
  const work = async () => {
    for (const command of plan.commands) await session.change(command, kind);
    if (plan.batch !== undefined) await session.batch(kind, plan.batch);
  };
  await (plan.settle === undefined ? work() : session.settle(plan.settle, kind, work));
  if (plan.confirm !== undefined) await session.confirm(plan.confirm);
}

async function reboot(kind: AnyKind, session: Session, want: Props, { why, seconds }: Reboot): Promise<void> {
  say(kind, want, `reboots the host, and waits up to ${String(seconds)} s for it to be back: ${why}`);
  await session.reboot(seconds);
}

/** Puts back what a plan that failed has done. What the failure is then: with what came of putting it back. */
async function undone(kind: AnyKind, session: Session, { undo = [] }: Plan, error: unknown): Promise<unknown> {
  if (!(error instanceof UserError)) return error;
  const confirmed = !(error instanceof NotConfirmed);
  const also = (text: string) => new UserError(`${error.message}\n${text}`, { cause: error });
  try {
    // What took too long, or was cut off, may still be at it.
    if (undo.length > 0 && confirmed && !(error instanceof CommandFailed)) await session.stillness();
    for (const command of undo) await session.change(command, kind);
    return confirmed ? error : also("The change was taken back.");
  } catch (failure) {
    const why = failure instanceof Error ? failure.message : String(failure);
    // What the commands left on the host does it where we cannot.
    return also(
      `${confirmed ? "And what was there before could not be put back" : "The host takes the change back by itself"}: ${why}`,
    );
  }
}

/** What is there after a failure, so that it can be recorded; the failure itself when nothing is. */
async function failed(
  kind: AnyKind,
  session: Session,
  want: Props,
  was: Props | undefined,
  object: string,
  error: unknown,
) {
  if (!(error instanceof UserError)) return error;
  const cause = new UserError(`${object}: ${error.message}`, { cause: error });
  try {
    const seen = await look(kind, session, want, was);
    return seen.live === undefined ? cause : new HalfDone(cause, seen);
  } catch (blind) {
    // The first failure is the one to tell; what is there stays as it was recorded, and the next run looks again.
    return new UserError(`${cause.message}\nand then: ${blind instanceof Error ? blind.message : String(blind)}`);
  }
}

/** Names that the object has, had, or is to have. */
export function names(kind: AnyKind, spec: Props, was?: Props): readonly string[] {
  const all = [kind.id(spec), kind.renamedFrom?.(spec), was === undefined ? undefined : kind.id(was)];
  return [...new Set(all.filter((name) => name !== undefined))];
}
