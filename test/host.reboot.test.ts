import assert from "node:assert/strict";
import { WrongHostKey } from "../providers/host/errors.ts";
import { ConnectionLost, UserError } from "../providers/host/host.ts";
import { rebootHost, type Way } from "../providers/host/reboot.ts";

const MACHINE = "0123456789abcdef0123456789abcdef";
const before = `${MACHINE}\nboot-1\n`;
const after = `${MACHINE}\nboot-2\n`;

type Said = string | Error;

/** A host that says `said` to those who come anew, the last again and again; `reboot` is what the order ends with. */
function wayTo(said: readonly Said[], reboot: Said = ""): Way & { readonly log: string[] } {
  const log: string[] = [];
  const answer = async (what: Said) =>
    what instanceof Error ? Promise.reject(what) : Promise.resolve({ code: 0, stdout: what, stderr: "" });
  let visits = 0;
  return {
    log,
    name: "root@host:22",
    read: async ({ label }) => {
      log.push(`read ${label}`);
      return answer(before);
    },
    change: async ({ label }) => {
      log.push(`change ${label}`);
      return reboot === "refused" ? { code: 1, stdout: "", stderr: "no" } : answer(reboot);
    },
    readAnew: async ({ label }) => {
      log.push(`anew ${label}`);
      return answer(said[Math.min(visits++, said.length - 1)] ?? "");
    },
    forget: () => log.push("forget"),
  };
}

const gone = new UserError("cannot connect to root@host:22: no answer");

describe("a reboot of the host", () => {
  const anew = (times: number) => Array.from({ length: times }, () => "anew which-boot");
  const good: [what: string, said: Said[], reboot?: Said][] = [
    ["waits until the host has another boot", [before, gone, gone, after]],
    ["goes on when the order's answer was lost", [gone, after], new ConnectionLost("it broke")],
    ["bears a login that is refused while the host comes up", [new UserError("cannot log in to host"), after]],
  ];
  for (const [what, said, reboot] of good)
    it(what, async () => {
      const way = wayTo(said, reboot);
      await rebootHost(way, 60, 0);
      assert.deepEqual(way.log, [
        "read which-boot",
        "change reboot",
        ...anew(said.length),
        "forget",
        "read boot-ended",
      ]);
    });

  const bad: [what: string, said: Said[], reboot: Said, error: RegExp][] = [
    ["the order is refused", [after], "refused", /command failed on root@host:22 with exit code 1: reboot\nno/],
    ["it does not go down", [before], "", /did not come back within 0.01 s after its reboot: it has not gone down\n/],
    ["it does not come back", [gone], "", /did not come back within 0.01 s after its reboot: cannot connect/],
    ["another machine answers", [after.replaceAll("0", "f")], "", /another machine answers after the reboot/],
    ["another host key is shown", [new WrongHostKey("REFUSED TO CONNECT")], "", /REFUSED TO CONNECT$/],
  ];
  for (const [what, said, reboot, error] of bad)
    it(`fails when ${what}`, async () => {
      const way = wayTo(said, reboot);
      await assert.rejects(rebootHost(way, 0.01, 1), error);
      assert.ok(!way.log.includes("forget"));
    });
});
