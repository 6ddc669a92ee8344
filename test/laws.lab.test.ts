import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { kinds } from "../providers/registry.ts";
import { converge, end, look } from "../providers/runtime/converge.ts";
import type { AnyKind } from "../providers/runtime/erased.ts";
import { openSession, type Session } from "../providers/runtime/session.ts";
import type { Props } from "../providers/runtime/values.ts";
import type { DriftCase, DriftSuite } from "./support/drift.ts";
import { useLab, type LabHost } from "./support/lab.ts";

// What must hold for every kind there is, on a real host. A kind without its drift cases fails here.
for (const kind of kinds) {
  const file = new URL(`drift/${kind.type.replace(":", ".").toLowerCase()}.ts`, import.meta.url);
  describe(`on the lab host, ${kind.type}`, function () {
    this.timeout(900_000);
    it("has drift cases", () => {
      assert.ok(existsSync(file));
    });
    const host = useLab(`laws-${kind.type.replace(":", "-").toLowerCase()}`);
    it("is applied, drifts, is healed, adopted and ended, and foreign objects stay", async () => {
      const { suite } = (await import(file.href)) as { suite: DriftSuite<Props> };
      await obeys(kind, suite, host());
    });
  });
}

async function obeys(kind: AnyKind, suite: DriftSuite<Props>, host: LabHost): Promise<void> {
  const session = () => openSession({ connect: async () => Promise.resolve(host), secrets: suite.secrets ?? {} });
  for (const line of [...suite.prepare, ...suite.foreign]) await host.sh(line);
  const foreign = await host.sh(suite.foreignState);
  // One after the other where there can be one object only, else all of them in each phase.
  const rounds = suite.apart ? [suite.cases] : suite.cases.map((one) => [one]);
  for (const cases of rounds) await round(kind, cases, host, session());
  const adopting = session();
  if (suite.apart) {
    for (const { spec } of suite.cases) await converge(kind, session(), parse(kind, spec));
    host.changes();
    for (const { spec } of suite.cases) await converge(kind, adopting, parse(kind, spec));
    assert.deepEqual(host.changes(), [], "adoption of what is there as declared sends no changing command");
  }
  for (const { spec } of suite.cases.toReversed()) await end(kind, session(), parse(kind, spec));
  for (const { spec } of suite.cases) await end(kind, session(), parse(kind, spec));
  assert.equal(await host.sh(suite.foreignState), foreign, "foreign objects stay as they are");
}

async function round(
  kind: AnyKind,
  cases: readonly DriftCase<Props>[],
  host: LabHost,
  session: Session,
): Promise<void> {
  await Promise.all(cases.map(async ({ spec }) => converge(kind, session, parse(kind, spec))));
  host.changes();
  for (const { spec } of cases) await converge(kind, session, parse(kind, spec), parse(kind, spec));
  assert.deepEqual(host.changes(), [], "a second run sends no changing command");
  for (const { byHand } of cases) await host.sh(byHand);
  for (const one of cases) await heals(kind, one, host, session);
}

async function heals(kind: AnyKind, one: DriftCase<Props>, host: LabHost, session: Session): Promise<void> {
  const want = parse(kind, one.spec);
  const what = `${one.prop} changed by: ${one.byHand}`;
  assert.deepEqual(
    (await differences(kind, session, want)).toSorted(),
    [...(one.differs ?? [one.prop])].toSorted(),
    what,
  );
  host.changes();
  await converge(kind, session, want, want);
  const commands = host.changes();
  assert.equal(commands.length, one.commands ?? 1, `${what}; healed by: ${commands.join(" and ")}`);
  assert.deepEqual(await differences(kind, session, want), [], `${what}: quiet after it was healed`);
}

/** What a preview would list: the plan for what a refresh would record. */
async function differences(kind: AnyKind, session: Session, want: Props): Promise<readonly string[]> {
  const seen = await look(kind, session, want, want);
  return kind.plan(seen.live, want, seen.context).changes.map(({ prop }) => prop);
}

function parse(kind: AnyKind, spec: Props): Props {
  return kind.spec.parse(spec);
}
