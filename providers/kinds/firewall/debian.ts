/** A ruleset on a plain Debian host: a table of nftables, and the file and the unit that bring it back. Pure. */
import type { Change, Plan } from "../../kind.ts";
import type { Result } from "../../host/host.ts";
import type { State } from "./changes.ts";
import {
  apply,
  confirm,
  enable,
  keep,
  restoreKept,
  restoreUnit,
  rollBack,
  start,
  UNIT_TEXT,
  writeUnit,
} from "./commands.ts";
import type { DebianFacts } from "./facts.ts";
import { odd } from "./live.ts";
import { render } from "./nft.ts";
import type { RulesetSpec } from "./spec.ts";

/** `probed`: how nft lists the table of `declared`. */
export function debianView(facts: DebianFacts, declared: RulesetSpec, probed: Result | undefined): State | undefined {
  const { table, file, unit } = facts;
  if (table === undefined && file === undefined && unit.file === undefined) return undefined;
  const live = odd(table, (probed?.stdout ?? "").replace(/\n$/, "").split("\n"), declared);
  const [wrongFile, wrongUnit] = [file === render(declared) ? undefined : wrong(file), unitWrong(unit)];
  return {
    ...declared,
    ...(Object.keys(live).length === 0 ? {} : { live }),
    ...(wrongFile === undefined ? {} : { file: wrongFile }),
    ...(wrongUnit === undefined ? {} : { unit: wrongUnit }),
  };
}

function wrong(text: string | undefined): string {
  return text === undefined ? "absent" : "changed";
}

function unitWrong({ file, enabled, active }: DebianFacts["unit"]): string | undefined {
  if (file !== UNIT_TEXT) return wrong(file);
  return enabled ? (active ? undefined : "inactive") : "disabled";
}

type Steps = Pick<Plan, "commands" | "settle" | "confirm" | "undo">;

export function debianSteps(facts: DebianFacts, want: RulesetSpec, changes: readonly Change[]): Steps {
  const text = render(want);
  const unit = facts.unit.file !== UNIT_TEXT;
  if (changes.every(({ prop }) => prop === "file" || prop === "unit")) return keepOnly(facts, text, changes);
  return {
    commands: [
      ...(unit ? [writeUnit()] : []),
      ...(unit || !facts.unit.enabled ? [enable] : []),
      apply(text, want.rollback),
    ],
    confirm: confirm(text, want.rollback),
    // The unit may stay: without a file it does nothing.
    undo: [rollBack],
  };
}

/** What is live is as declared: only the next boot would bring something else. */
function keepOnly({ file, unit }: DebianFacts, text: string, changes: readonly Change[]): Steps {
  const [writesFile, writesUnit] = [file !== text, unit.file !== UNIT_TEXT];
  return {
    commands: [...(writesFile ? [keep(text)] : []), ...(writesUnit ? [writeUnit()] : [])],
    ...(changes.some(({ prop }) => prop === "unit") ? { settle: start } : {}),
    undo: [...(writesFile ? [restoreKept(file)] : []), ...(writesUnit ? [restoreUnit(unit.file)] : [])],
  };
}
