/** Rules on a plain Debian host: a table of nftables, and the file and the unit that bring it back. Pure. */
import type { Command } from "../../host/command.ts";
import type { Change, Plan } from "../../kind.ts";
import type { Found } from "./changes.ts";
import {
  apply,
  confirm,
  enable,
  keep,
  restoreAgain,
  restoreKept,
  restoreUnit,
  rollBack,
  start,
  writeAgain,
  writeUnit,
} from "./commands.ts";
import type { DebianFacts } from "./facts.ts";
import { odd } from "./live.ts";
import { render, type Table } from "./nft.ts";
import { AGAIN_FILE, AGAIN_TEXT, type Place } from "./places.ts";

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

function unitWrong({ file, again, enabled, active }: DebianFacts["unit"], { unitText }: Place): string | undefined {
  if (file !== unitText) return changed(file);
  if (again !== AGAIN_TEXT) return `${AGAIN_FILE} is ${changed(again)}`;
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
  const units = unitFiles(facts, place);
  if (isLive) return keepOnly(facts, place, text, changes);
  return {
    commands: [
      ...units.map(({ write }) => write),
      ...(units.length > 0 || !facts.unit.enabled ? [enable(place)] : []),
      apply(place, text, rollback),
    ],
    confirm: confirm(place, text, rollback),
    // The unit may stay: without a file it does nothing.
    undo: [rollBack(place)],
  };
}

function unitFiles({ unit }: DebianFacts, place: Place): { write: Command; undo: Command }[] {
  return [
    ...(unit.file === place.unitText ? [] : [{ write: writeUnit(place), undo: restoreUnit(place, unit.file) }]),
    ...(unit.again === AGAIN_TEXT ? [] : [{ write: writeAgain(), undo: restoreAgain(unit.again) }]),
  ];
}

function keepOnly(facts: DebianFacts, place: Place, text: string, changes: readonly Change[]): Steps {
  const { file } = facts;
  const writesFile = file !== text;
  const units = unitFiles(facts, place);
  return {
    commands: [...(writesFile ? [keep(place, text)] : []), ...units.map(({ write }) => write)],
    ...(changes.some(({ prop }) => prop === "unit") ? { settle: start(place) } : {}),
    undo: [...(writesFile ? [restoreKept(place, file)] : []), ...units.map((one) => one.undo)],
  };
}
