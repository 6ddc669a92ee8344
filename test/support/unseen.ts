/** That a secret is seen nowhere on a host while something is done with it. */
import assert from "node:assert/strict";
import { render } from "../../providers/host/command.ts";
import type { LabHost } from "./lab.ts";

const WATCH =
  "rm -f /root/enough /root/ended; nohup sh -c 'while [ ! -e /root/enough ]; " +
  "do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ; done >/root/seen; touch /root/ended' >/dev/null 2>&1 &";

/** Watches the arguments and environments of all processes meanwhile; then looks into the log and all that anybody may read. */
export async function unseen<T>(host: LabHost, secrets: readonly string[], act: () => Promise<T>): Promise<T> {
  await host.sh(WATCH);
  const done = await act();
  await host.sh("touch /root/enough; until [ -e /root/ended ]; do sleep 0.2; done");
  const words = secrets.flatMap((secret) => ["-e", secret]);
  const grep = render(["grep", "-F", "-c", ...words]);
  const files = render(["grep", "-F", "-l", ...words]);
  const found = await host.sh(
    `tr '\\0' '\\n' </root/seen >/root/lines; grep -q sshd /root/lines && ${grep} /root/lines || :; ` +
      `rm /root/seen /root/lines; journalctl --no-pager --boot | ${grep} || :; ` +
      `find /etc /var /run /tmp /home /srv -xdev -type f -perm -o=r -exec ${files} {} + || :`,
  );
  assert.equal(found, "0\n0\n", "in processes, in the log, in files");
  const told = JSON.stringify(done);
  assert.ok(
    secrets.every((secret) => !told.includes(JSON.stringify(secret).slice(1, -1))),
    told,
  );
  return done;
}
