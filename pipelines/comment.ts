/**
 * `npm run comment -- FILE`: puts the file's text on the change request that this runs for, in place of the comment that
 * an earlier run has put there. On GitHub: GITHUB_TOKEN, GITHUB_REPOSITORY, CHANGE_REQUEST (its number). On GitLab:
 * GITLAB_TOKEN (may write notes) and what GitLab sets by itself. Elsewhere it prints the text.
 */
import { readFileSync } from "node:fs";

const { env } = process;
const text = readFileSync(process.argv[2] ?? "", "utf8");
const [mark = ""] = text.split("\n");

interface Forge {
  /** Where the comments of the change request are. */
  readonly list: string;
  /** Where one of them is. */
  one(id: number): string;
  readonly edit: "PATCH" | "PUT";
  readonly headers: Readonly<Record<string, string>>;
}

function forge(): Forge | undefined {
  const { GITHUB_TOKEN: hub, GITLAB_TOKEN: lab, CHANGE_REQUEST: number = env["CI_MERGE_REQUEST_IID"] } = env;
  if (number === undefined || number === "") return undefined;
  if (hub !== undefined) {
    const issues = `${env["GITHUB_API_URL"] ?? "https://api.github.com"}/repos/${env["GITHUB_REPOSITORY"] ?? ""}/issues`;
    const headers = { authorization: `Bearer ${hub}`, accept: "application/vnd.github+json" };
    return {
      list: `${issues}/${number}/comments`,
      one: (id) => `${issues}/comments/${String(id)}`,
      edit: "PATCH",
      headers,
    };
  }
  if (lab === undefined) return undefined;
  const list = `${env["CI_API_V4_URL"] ?? ""}/projects/${env["CI_PROJECT_ID"] ?? ""}/merge_requests/${number}/notes`;
  return { list, one: (id) => `${list}/${String(id)}`, edit: "PUT", headers: { "private-token": lab } };
}

async function call(method: string, url: string, headers: Readonly<Record<string, string>>, body?: object) {
  const json = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await fetch(url, { method, headers: { ...headers, "content-type": "application/json" }, ...json });
  if (!response.ok) throw new Error(`${method} ${url}: ${String(response.status)} ${await response.text()}`);
  return response.json();
}

const to = forge();
if (to === undefined) console.log(text);
else {
  const earlier = (await call("GET", `${to.list}?per_page=100`, to.headers)) as { id: number; body: string }[];
  const mine = earlier.find(({ body }) => body.startsWith(mark));
  if (mine === undefined) await call("POST", to.list, to.headers, { body: text });
  else await call(to.edit, to.one(mine.id), to.headers, { body: text });
}
