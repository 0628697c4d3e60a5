import type { FindingSection } from "../../engine/findings.ts";
import type { Sides } from "./sides.ts";
export const findSource = async (sides: Sides): Promise<FindingSection[]> => {
  void sides;
  return [];
};
