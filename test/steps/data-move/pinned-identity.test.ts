import { describe, expect, it } from "vitest";
import type { Param, ParamReading, Settings } from "../../../scripts/engine/param.ts";
import type { Endpoint } from "../../../scripts/postgres/endpoint.ts";
import { sourceUrl, targetUrl } from "../../../scripts/steps/data-move/params.ts";
import { listTargetNames, pinIdentity } from "../../../scripts/steps/data-move/pinned-identity.ts";

const place = { variable: "URL", file: ".env" };
const wrong = "wrong";

function read(param: Param<Endpoint>, text: string | undefined): ParamReading {
  if (text === undefined)
    return { param, place, from: "missing", value: undefined, error: undefined };
  if (text === wrong)
    return { param, place, from: "file", value: undefined, error: "it is not a URL" };
  return { param, place, from: "file", value: param.parse(text), error: undefined };
}

const settings = (urls: { readonly source?: string; readonly target?: string }): Settings => ({
  environment: "dev",
  readings: new Map([
    ["source", read(sourceUrl, urls.source)],
    ["target", read(targetUrl, urls.target)],
  ]),
  files: [],
});

const v1 = "postgresql://reader:canary-one@v1.example:5432/shop_v1";
const v2 = "postgresql://owner:canary-two@v2.example:6000/shop_v2";
const v2AsV1 = "postgresql://owner:canary-two@v2.example:6000/shop_v1";

describe("what may be typed after --confirm", () => {
  it("is the target's database, with or without its host", () => {
    expect(listTargetNames(settings({ source: v1, target: v2 }))).toEqual([
      "shop_v2",
      "shop_v2@v2.example",
    ]);
  });

  it("needs the host where v1's database is called the same: the bare name would not tell them apart", () => {
    expect(listTargetNames(settings({ source: v1, target: v2AsV1 }))).toEqual([
      "shop_v1@v2.example",
    ]);
  });

  it.each([
    ["missing", {}],
    ["wrong", { source: v1, target: wrong }],
  ])("is nothing when the target is %s", (_, urls) => {
    expect(listTargetNames(settings(urls))).toEqual([]);
  });

  it("does not wait for v1: what is wrong there is the first step's to say", () => {
    for (const source of [{}, { source: wrong }])
      expect(listTargetNames(settings({ ...source, target: v2 }))).toEqual([
        "shop_v2",
        "shop_v2@v2.example",
      ]);
  });
});

describe("the identity that a run is pinned to", () => {
  it("names both databases, without passwords", () => {
    expect(pinIdentity(settings({ source: v1, target: v2 }))).toEqual({
      source: "reader@v1.example:5432/shop_v1",
      target: "owner@v2.example:6000/shop_v2",
    });
  });

  it("says what is not set, or cannot be used", () => {
    expect(pinIdentity(settings({ target: wrong }))).toEqual({
      source: "not set",
      target: "not set",
    });
  });
});
