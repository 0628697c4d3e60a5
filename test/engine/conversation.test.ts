import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { Conversation } from "../../scripts/engine/conversation.ts";

const never = new Promise<never>(() => undefined);
const part = (answer: string) => ({ input: [{ text: `say ${answer}\n` }], answer });

/** A program that answers each line `say x` with `x`. */
function makeEcho(): { stdin: PassThrough; stdout: PassThrough; heard: string[] } {
  const [stdin, stdout, heard] = [new PassThrough(), new PassThrough(), [] as string[]];
  stdin.setEncoding("utf8").on("data", (text: string) => {
    heard.push(text);
    stdout.write(text.replace("say ", ""));
  });
  return { stdin, stdout, heard };
}

test("a part is sent only after the one before was answered", async () => {
  const { stdin, stdout, heard } = makeEcho();
  const answered: string[] = [];
  const conversation = new Conversation(stdin, stdout, {
    onAnswer: ({ answer }) => answered.push(answer),
  });
  await conversation.hold([part("one"), part("two")], never);
  expect(heard).toEqual(["say one\n", "say two\n"]);
  expect(answered).toEqual(["one", "two"]);
});

test("what onLine throws stops the talk before the next part", async () => {
  const { stdin, stdout, heard } = makeEcho();
  const conversation = new Conversation(stdin, stdout, {
    onLine: () => {
      throw new Error("not what it was");
    },
  });
  const parts = [{ input: [{ text: "say a line\nsay one\n" }], answer: "one" }, part("commit")];
  await expect(conversation.hold(parts, never)).rejects.toThrow("not what it was");
  expect(heard.join("")).not.toContain("commit");
});
