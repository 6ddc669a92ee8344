import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import type { Plan } from "../providers/kind.ts";
import { kinds } from "../providers/registry.ts";
import { converge, end } from "../providers/runtime/converge.ts";
import type { AnyKind } from "../providers/runtime/erased.ts";
import { openSession, type Session } from "../providers/runtime/session.ts";
import type { Props } from "../providers/runtime/values.ts";
import type { DriftCase, DriftSuite } from "./support/drift.ts";
import { useLab, type LabHost } from "./support/lab.ts";

// What must hold for every kind there is, on a real host. A kind without its drift cases fails here. One that is at home
// on both platforms has cases for Proxmox VE beside them.
for (const kind of kinds) {
  const name = kind.type.replace(":", ".").toLowerCase();
  const [file, other] = ["", ".proxmox"].map((suffix) => new URL(`drift/${name}${suffix}.ts`, import.meta.url));
  describe(`on the lab host, ${kind.type}`, function () {
    // The longest rounds take a quarter of an hour on a busy machine without KVM.
    this.timeout(1_800_000);
    it("has drift cases", () => {
      assert.ok(file !== undefined && existsSync(file));
    });
    for (const [on, suiteFile] of [
      ["", file],
      [" on Proxmox VE", other],
    ] as const)
      if (suiteFile !== undefined && existsSync(suiteFile))
        describe(`with its cases${on}`, () => {
          const host = useLab(`laws-${name.replace(".", "-")}${on === "" ? "" : "-proxmox"}`);
          it("is applied, drifts, is healed, adopted and ended, and foreign objects stay", async () => {
            const { suite } = (await import(suiteFile.href)) as { suite: DriftSuite<Props> };
            await obeys(kind, suite, host());
          });
        });
  });
}

async function obeys(kind: AnyKind, suite: DriftSuite<Props>, host: LabHost): Promise<void> {
  const open = () => openSession({ connect: async () => Promise.resolve(host), secrets: suite.secrets ?? {} });
  const session = open();
  await host.sh(lines([...suite.prepare, ...suite.foreign]));
  const foreign = await host.sh(suite.foreignState);
  // What happens to one object happens in turn, in as many rounds; different objects take part at the same time.
  const objects = [...Map.groupBy(suite.cases, ({ spec }) => (suite.apart ? kind.id(parse(kind, spec)) : "")).values()];
  const rounds = Array.from({ length: Math.max(...objects.map(({ length }) => length)) }, (_, i) =>
    objects.flatMap((cases) => cases.slice(i, i + 1)),
  );
  let before: ReadonlySet<Props> = new Set();
  for (const cases of rounds) {
    await applied(
      kind,
      cases.filter(({ spec }) => !before.has(spec)),
      host,
      session,
    );
    // What a session has seen holds for a moment: what is changed by hand meanwhile is for another one to see.
    await drifts(kind, cases, host, open());
    before = new Set(cases.map(({ spec }) => spec));
  }
  const adopting = open();
  const last = objects.flatMap((cases) => cases.slice(-1)).map(({ spec }) => parse(kind, spec));
  await quiet(host, "adoption of what is there as declared", async () =>
    together(last, async (spec) => converge(kind, adopting, spec)),
  );
  const all = [
    ...new Map(suite.cases.map(({ spec }) => parse(kind, spec)).map((spec) => [kind.id(spec), spec])).values(),
  ];
  const endAll = async () => {
    if (suite.apart) await together(all, async (spec) => end(kind, session, spec));
    else for (const spec of all.toReversed()) await end(kind, session, spec);
  };
  await endAll();
  await quiet(host, "ending what is gone", endAll);
  assert.equal(await host.sh(suite.foreignState), foreign, "foreign objects stay as they are");
}

type Cases = readonly DriftCase<Props>[];

async function applied(kind: AnyKind, cases: Cases, host: LabHost, session: Session): Promise<void> {
  await together(cases, async ({ spec }) => converge(kind, session, parse(kind, spec)));
  await quiet(host, "a second run", async () =>
    together(cases, async ({ spec }) => converge(kind, session, parse(kind, spec), parse(kind, spec))),
  );
}

async function drifts(kind: AnyKind, cases: Cases, host: LabHost, session: Session): Promise<void> {
  await host.sh(lines(cases.map(({ byHand }) => byHand)));
  const { previews, spied } = watching(kind);
  await together(cases, async (one) => heals(spied, one, session, previews));
}

/** What was changed by hand differs in exactly that, and is healed with as few commands; then nothing differs. */
async function heals(kind: AnyKind, one: DriftCase<Props>, session: Session, previews: Previews): Promise<void> {
  const want = parse(kind, one.spec);
  const { commands, counted } = counting(session);
  await converge(kind, counted, want, want);
  const [first, ...later] = previews.get(kind.id(want)) ?? [];
  const what = `${one.prop} changed by: ${one.byHand}`;
  assert.deepEqual(first?.toSorted(), [...(one.differs ?? [one.prop])].toSorted(), what);
  assert.equal(commands.length, one.commands ?? 1, `${what}; healed by: ${commands.join(" and ")}`);
  assert.deepEqual(later, [[]], `${what}: quiet after it was healed`);
}

/** Each for itself: what one line sets or changes to is no matter for the next. */
function lines(some: readonly string[]): string {
  return some.map((line) => `(${line}\n)`).join("\n");
}

/** All at the same time, to the end; tells every failure. */
async function together<T>(some: readonly T[], act: (one: T) => Promise<unknown>): Promise<void> {
  const ends = await Promise.allSettled(some.map(act));
  const failures = ends.flatMap((one) => (one.status === "rejected" ? [one.reason as Error] : []));
  if (failures.length > 1) throw new AggregateError(failures, failures.map(({ message }) => message).join("\n"));
  for (const failure of failures) throw failure;
}

async function quiet(host: LabHost, what: string, act: () => Promise<unknown>): Promise<void> {
  host.changes();
  await act();
  assert.deepEqual(host.changes(), [], `${what} sends no changing command`);
}

/** The session, and what it was asked to change. */
function counting(session: Session): { commands: readonly string[]; counted: Session } {
  const commands: string[] = [];
  const log = async (label: string, act: () => Promise<void>) => {
    commands.push(label);
    return act();
  };
  return {
    commands,
    counted: {
      ...session,
      change: async (command, kind) => log(command.label, async () => session.change(command, kind)),
      settle: async (command, kind, work) => log(command.label, async () => session.settle(command, kind, work)),
      confirm: async (command) => log(command.label, async () => session.confirm(command)),
      batch: async (kind, work) => log(`a batch of ${kind.type}`, async () => session.batch(kind, work)),
    },
  };
}

/** What a preview would list at each look, by object: the plan without facts, as after a refresh. */
type Previews = ReadonlyMap<string, readonly (readonly string[])[]>;

function watching(kind: AnyKind): { previews: Previews; spied: AnyKind } {
  const previews = new Map<string, string[][]>();
  const plan: AnyKind["plan"] = (live, want, context, facts): Plan => {
    const id = kind.id(want);
    const props = kind.plan(live, want, context).changes.map(({ prop }) => prop);
    previews.set(id, [...(previews.get(id) ?? []), props]);
    return kind.plan(live, want, context, facts);
  };
  return { previews, spied: { ...kind, plan } };
}

function parse(kind: AnyKind, spec: Props): Props {
  return kind.spec.parse(spec);
}
