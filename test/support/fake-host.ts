import type { Command } from "../../providers/host/command.ts";
import type { Host, Result } from "../../providers/host/host.ts";

export interface FakeHost extends Host {
  /** `read LABEL` and `change LABEL`, in the order they were run. */
  readonly log: string[];
}

type Answer = string | Partial<Result> | Error;

/** A host that answers as `answer` says and keeps a log. An Error is thrown, a text is what is printed. */
export function fakeHost(answer: (command: Command, effect: "read" | "change") => Answer | Promise<Answer>): FakeHost {
  const log: string[] = [];
  const run = (effect: "read" | "change") => async (command: Command) => {
    log.push(`${effect} ${command.label}`);
    const said = await answer(command, effect);
    if (said instanceof Error) throw said;
    return { code: 0, stdout: "", stderr: "", ...(typeof said === "string" ? { stdout: said } : said) };
  };
  return {
    name: "root@fake:22",
    log,
    read: run("read"),
    change: run("change"),
    changeAll: (commands) => commands.map(run("change")),
    changeAnew: run("change"),
    reboot: async (seconds) => {
      log.push(`reboot within ${String(seconds)} s`);
      return Promise.resolve();
    },
    login: () => ({ user: "root" }),
    close: async () => Promise.resolve(),
  };
}
