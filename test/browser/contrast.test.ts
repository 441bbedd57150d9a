// Goal: text can be read in both colour schemes. Method: read the tokens, compute the contrast of
// each pair of text and ground that the style sheets use (WCAG 2.2, 1.4.3).
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { repositoryPath } from "../support/data.js";

const css = readFileSync(repositoryPath("src", "explorer", "styles", "tokens.css"), "utf8");
const [light = "", dark = ""] = css.split("@media");

function tokensOf(part: string): Map<string, string> {
  return new Map([...part.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map((m) => [m[1]!, m[2]!]));
}

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

const PAIRS = [
  ["ink", "ground"],
  ["ink", "surface"],
  ["ink", "sunken"],
  ["ink", "accent-soft"],
  ["muted", "ground"],
  ["muted", "surface"],
  ["muted", "sunken"],
  ["accent", "ground"],
  ["accent", "surface"],
  ["on-accent", "accent"],
  ["good", "surface"],
  ["warn", "surface"],
  ["bad", "surface"],
  ["good", "good-soft"],
  ["warn", "warn-soft"],
  ["bad", "bad-soft"],
  ["ink", "good-soft"],
  ["ink", "warn-soft"],
  ["ink", "bad-soft"],
] as const;

describe.each([
  ["light", tokensOf(light)],
  ["dark", tokensOf(dark)],
] as const)("%s", (_, tokens) => {
  test.each(PAIRS)("%s on %s", (text, ground) => {
    const [a, b] = [tokens.get(text), tokens.get(ground)];
    expect(a === undefined || b === undefined ? 0 : contrast(a, b)).toBeGreaterThanOrEqual(4.5);
  });
});
