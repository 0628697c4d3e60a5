// Keeps one local D1 open for questions: the runtime of the operator's wrangler (miniflare and workerd), without the
// second that each call of wrangler's command takes to start. A line of standard input is a JSON list of statements;
// the answer is a line of JSON, { results } or { error }, and then the line "done". When standard input closes - also
// because whoever asks was killed - the runtime is stopped. Plain JavaScript: it runs as a process of its own.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [, , miniflare = "", folder = "", id = ""] = process.argv;

/** One batch is one transaction, as wrangler executes a file. */
const script = `export default {
  async fetch(request, { DATABASE }) {
    const statements = await request.json();
    try {
      const answers = await DATABASE.batch(statements.map((sql) => DATABASE.prepare(sql)));
      return Response.json({ results: answers.map(({ results }) => results ?? []) });
    } catch (error) {
      return Response.json({ error: String((error.cause ?? error).message) });
    }
  },
};`;

const { Miniflare } = await import(pathToFileURL(miniflare).href);
const runtime = new Miniflare({
  modules: true,
  script,
  d1Persist: folder,
  d1Databases: { DATABASE: id },
});
try {
  for await (const line of createInterface({ input: process.stdin })) {
    const answer = await runtime.dispatchFetch("http://d1/", { method: "POST", body: line });
    process.stdout.write(`${await answer.text()}\ndone\n`);
  }
} finally {
  await runtime.dispose();
}
