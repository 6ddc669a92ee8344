/** Rules on a plain Debian host: a table of nftables, and the file and the unit that bring it back. Pure. */
import type { Change, Plan } from "../../kind.ts";
import type { Found } from "./changes.ts";
import { apply, confirm, enable, keep, restoreKept, restoreUnit, rollBack, start, writeUnit } from "./commands.ts";
import type { DebianFacts } from "./facts.ts";
import { odd } from "./live.ts";
import { render, type Table } from "./nft.ts";
import type { Place } from "./places.ts";

/** What is not as declared. `listing`: how nft lists the table as it is to be. Undefined: nothing is there. */
export function debianView(
  { table: live, file, unit }: DebianFacts,
  place: Place,
  table: Table,
  listing: readonly string[],
): Found | undefined {
  if (live === undefined && file === undefined && unit.file === undefined) return undefined;
  const wrong = odd(live, listing, table);
  const [wrongFile, wrongUnit] = [file === render(table) ? undefined : changed(file), unitWrong(unit, place)];
  return {
    ...(Object.keys(wrong).length === 0 ? {} : { live: wrong }),
    ...(wrongFile === undefined ? {} : { file: wrongFile }),
    ...(wrongUnit === undefined ? {} : { unit: wrongUnit }),
  };
}

function changed(text: string | undefined): string {
  return text === undefined ? "absent" : "changed";
}

function unitWrong({ file, enabled, active }: DebianFacts["unit"], { unitText }: Place): string | undefined {
  if (file !== unitText) return changed(file);
  return enabled ? (active ? undefined : "inactive") : "disabled";
}

type Steps = Pick<Plan, "commands" | "settle" | "confirm" | "undo">;

interface DebianChange {
  readonly changes: readonly Change[];
  readonly rollback: number;
  /** True where the rules that are live are as declared: only the next boot would bring something else. */
  readonly isLive: boolean;
}

export function debianSteps(
  facts: DebianFacts,
  place: Place,
  text: string,
  { changes, rollback, isLive }: DebianChange,
): Steps {
  const unit = facts.unit.file !== place.unitText;
  if (isLive) return keepOnly(facts, place, text, changes);
  return {
    commands: [
      ...(unit ? [writeUnit(place)] : []),
      ...(unit || !facts.unit.enabled ? [enable(place)] : []),
      apply(place, text, rollback),
    ],
    confirm: confirm(place, text, rollback),
    // The unit may stay: without a file it does nothing.
    undo: [rollBack(place)],
  };
}

function keepOnly({ file, unit }: DebianFacts, place: Place, text: string, changes: readonly Change[]): Steps {
  const [writesFile, writesUnit] = [file !== text, unit.file !== place.unitText];
  return {
    commands: [...(writesFile ? [keep(place, text)] : []), ...(writesUnit ? [writeUnit(place)] : [])],
    ...(changes.some(({ prop }) => prop === "unit") ? { settle: start(place) } : {}),
    undo: [...(writesFile ? [restoreKept(place, file)] : []), ...(writesUnit ? [restoreUnit(place, unit.file)] : [])],
  };
}
