import { codeWords, type Tone } from "../text/words.js";

interface OutcomeProps {
  readonly outcome: "applied" | "failed" | "void";
  readonly code: number;
}

const TONES: Readonly<Record<OutcomeProps["outcome"], Tone>> = {
  applied: "good",
  failed: "bad",
  void: "warn",
};

/** How a transaction ended, with its reason on hover. */
export function Outcome({ outcome, code }: OutcomeProps) {
  const { name, text } = codeWords(code);
  return (
    <span class={`tag ${TONES[outcome]}`} title={text}>
      {outcome === "applied" ? "applied" : `${outcome}: ${name}`}
    </span>
  );
}
