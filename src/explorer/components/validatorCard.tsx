import type { Validator } from "../state/directory.js";
import { nodeStatus } from "../state/nodeStatus.js";
import type { Participation } from "../state/participation.js";
import { useStore } from "../state/store.js";
import { useNow } from "../state/ticker.js";
import { age, duration, integer } from "../text/format.js";
import { links } from "../text/routes.js";
import { Fact, Facts } from "./facts.js";
import { ShortId } from "./id.js";

interface ValidatorCardProps {
  readonly validator: Validator;
  readonly name: string;
  readonly isServing: boolean;
  readonly participation: Participation | undefined;
}

/** Which of the newest certificates carry its signature. */
function Signatures({
  index,
  participation: { certified },
}: {
  readonly index: number;
  readonly participation: Participation;
}) {
  const signed = certified.filter(({ voters }) => voters.has(index)).length;
  return (
    <>
      <span
        class="strip"
        role="img"
        aria-label={`In ${signed} of the last ${certified.length} certificates`}
      >
        {certified.map(({ header, voters }) => (
          <span
            key={header.height}
            class={`${voters.has(index) ? "signed" : "absent"}${header.proposer === index ? " proposed" : ""}`}
            title={`Block ${integer(header.height)}: ${voters.has(index) ? "signed" : "not among the signers"}${header.proposer === index ? ", proposed" : ""}`}
          />
        ))}
      </span>
      <span class="muted">
        {signed} of {certified.length}
      </span>
    </>
  );
}

function signedOffset(offsetMs: number): string {
  return `${offsetMs < 0 ? "−" : "+"}${duration(Math.abs(offsetMs))}`;
}

export function ValidatorCard({ validator, name, isServing, participation }: ValidatorCardProps) {
  const status = useStore(nodeStatus);
  const now = useNow();
  const { index, validatorId, consensusKey } = validator;
  const peer = status?.peers.find((item) => item.validator === index);
  const proposed = participation?.headers.find(({ proposer }) => proposer === index);
  const voted = participation?.certified.findLast(({ voters }) => voters.has(index));
  return (
    <article class="card validator" aria-label={`Validator ${name}`}>
      <header>
        <h2>
          {validator.organisationName} <span class="muted">{name}</span>
        </h2>
        <div class="aside">
          {isServing ? (
            <span class="tag">this node</span>
          ) : peer === undefined ? null : (
            <span class={`tag ${peer.isConnected ? "good" : "bad"}`}>
              {peer.isConnected ? "connected" : "not connected"}
            </span>
          )}
          {status?.leader === index && <span class="tag">leads view {integer(status.view)}</span>}
        </div>
      </header>
      <Facts>
        {participation !== undefined && (
          <Fact
            name="Newest certificates"
            hint="Oldest at the left. Marked below: blocks that it proposed"
          >
            <Signatures index={index} participation={participation} />
          </Fact>
        )}
        <Fact name="Last proposed">
          {proposed === undefined ? (
            "not among the newest blocks"
          ) : (
            <>
              <a href={links.block(proposed.height)}>block {integer(proposed.height)}</a>,{" "}
              {age(now - proposed.timeMs)}
            </>
          )}
        </Fact>
        <Fact name="Last signed">
          {voted === undefined ? (
            "not in the newest certificates"
          ) : (
            <>
              <a href={links.block(voted.header.height)}>block {integer(voted.header.height)}</a>,{" "}
              {age(now - voted.header.timeMs)}
            </>
          )}
        </Fact>
        {peer !== undefined && (
          <>
            <Fact name="Final height" hint="As it last told this node">
              {integer(peer.finalizedHeight)}
            </Fact>
            <Fact name="Clock" hint="Against the clock of the node that serves this page">
              {peer.clockOffsetMs === null ? "not measured yet" : signedOffset(peer.clockOffsetMs)}
            </Fact>
          </>
        )}
        <Fact name="Validator id">
          <ShortId id={validatorId} />
        </Fact>
        <Fact name="Consensus key">
          <ShortId id={consensusKey} />
        </Fact>
      </Facts>
    </article>
  );
}
