import { useDirectory, validatorName } from "../state/directory.js";
import type { Judgement } from "../state/proof.js";
import { integer } from "../text/format.js";
import { Fact, Facts } from "./facts.js";
import { Notice } from "./notice.js";
import { Time } from "./time.js";

interface VerdictViewProps {
  readonly judgement: Judgement;
  readonly sizeBytes: number;
  /** How long the verification took here. */
  readonly tookMs: number;
}

/** What a proof file proves, and what that rests on. */
export function VerdictView({ judgement, sizeBytes, tookMs }: VerdictViewProps) {
  const directory = useDirectory();
  if (!judgement.valid) {
    const { reasonCode, reason } = judgement;
    const title = `Not valid: ${reason}`;
    const text = `Do not rely on what this node shows about the transaction. Reason code ${reasonCode}.`;
    return <Notice words={{ tone: "bad", title, text }} />;
  }
  const { statements, assumptions, signers, validatorCount, height, certifiedHeight, timeMs } =
    judgement.verdict;
  return (
    <div data-testid="verdict">
      <Notice
        words={{
          tone: "good",
          title: "Valid",
          text: `This browser checked ${integer(sizeBytes)} bytes in ${integer(tookMs)} ms, without trusting the node.`,
        }}
      />
      <h3>What it proves</h3>
      <ul>
        {statements.map((statement) => (
          <li key={statement}>{statement}</li>
        ))}
      </ul>
      <Facts>
        <Fact name="Block">
          {integer(height)}, <Time ms={timeMs} />
        </Fact>
        <Fact name="Signed by">
          {signers.map((index) => validatorName(directory, index)).join(", ")} (
          {integer(signers.length)} of {integer(validatorCount)}
          {certifiedHeight === height ? "" : `, for block ${integer(certifiedHeight)}`})
        </Fact>
      </Facts>
      <h3>What it assumes</h3>
      <ul>
        {assumptions.map((assumption) => (
          <li key={assumption}>{assumption}</li>
        ))}
      </ul>
    </div>
  );
}
