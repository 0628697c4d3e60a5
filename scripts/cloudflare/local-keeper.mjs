// Keeps one local D1 open for questions: the runtime of the operator's wrangler (miniflare and workerd), without the
// second that each call of wrangler's command takes to start. A line of standard input is a JSON list of statements;
// the answer is a line of JSON, { results } or { error }, and then the line "done". When standard input closes - also
// because whoever asks was killed - the runtime is stopped, whatever it is doing. Plain JavaScript: it runs as a process of its own.
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

/** Stops the runtime, in the middle of a question too: whoever asked it is gone, or has heard of the failure. */
async function leave(code) {
  setTimeout(() => process.exit(code), 2_000).unref();
  await runtime.dispose();
  process.exit(code);
}

async function answer(line) {
  const response = await runtime.dispatchFetch("http://d1/", { method: "POST", body: line });
  process.stdout.write(`${await response.text()}\ndone\n`);
}

let before = Promise.resolve();
createInterface({ input: process.stdin })
  .on("line", (line) => {
    before = before
      .then(() => answer(line))
      .catch((error) => {
        process.stderr.write(`${error?.stack ?? error}\n`);
        return leave(1);
      });
  })
  .on("close", () => void leave(0));
