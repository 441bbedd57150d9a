import { BlockTable } from "../components/blockTable.js";
import { Metric } from "../components/metric.js";
import { PageTitle } from "../components/pageTitle.js";
import { RateChart } from "../components/rateChart.js";
import { Section } from "../components/section.js";
import { Age } from "../components/time.js";
import { Warnings } from "../components/warnings.js";
import { chainFeed } from "../state/chainFeed.js";
import { nodeStatus } from "../state/nodeStatus.js";
import { hello } from "../state/session.js";
import { useStore } from "../state/store.js";
import { useNow } from "../state/ticker.js";
import { finalityDelays, mean, percentile, transactionsBySecond } from "../text/figures.js";
import { counted, duration, integer, rate } from "../text/format.js";
import { links } from "../text/routes.js";

const SHOWN = 20;
const SECONDS = 60;
/** The rate is the mean of this many whole seconds. */
const RATE_SECONDS = 10;

/** What the chain does just now. */
export function LivePage() {
  const blocks = useStore(chainFeed);
  const status = useStore(nodeStatus);
  const greeting = useStore(hello);
  const now = useNow();
  const bySecond = transactionsBySecond(blocks, now, SECONDS);
  const current = mean(bySecond.slice(-RATE_SECONDS));
  const peak = Math.max(...bySecond);
  const delays = finalityDelays(blocks);
  const newest = blocks[0]?.header;
  const connected =
    status === undefined ? undefined : status.peers.filter((peer) => peer.isConnected).length + 1;
  const median = percentile(delays, 0.5);
  return (
    <>
      <PageTitle title="Live">{greeting?.networkName ?? "Live"}</PageTitle>
      <Warnings />
      <dl class="metrics">
        <Metric
          name="Head"
          value={
            newest === undefined ? (
              "–"
            ) : (
              <a href={links.block(newest.height)}>{integer(newest.height)}</a>
            )
          }
          detail={newest === undefined ? "no block yet" : <Age ms={newest.timeMs} />}
        />
        <Metric
          name="Transactions"
          value={`${rate(current)}/s`}
          detail={`peak of the last minute ${integer(peak)}/s`}
          hint={`Mean of the last ${RATE_SECONDS} whole seconds, by block time`}
        />
        <Metric
          name="Finality"
          value={median === undefined ? "–" : duration(median)}
          detail={
            median === undefined
              ? "measured with the next block"
              : `99 of 100 within ${duration(percentile(delays, 0.99) as number)}`
          }
          hint="From a block's time until this page saw it final, by the node's clock"
        />
        <Metric
          name="Validators connected"
          value={
            connected === undefined ? "–" : `${connected} of ${(status?.peers.length ?? 0) + 1}`
          }
          detail={
            status === undefined
              ? "asking the node"
              : `${counted(status.load.pendingTransactions, "transaction")} pending`
          }
          hint="This validator and those that it is connected to"
        />
      </dl>
      <Section title="Transactions per second" aside="last 60 s">
        <RateChart
          values={bySecond}
          label={`Transactions per second over the last minute: now ${rate(current)}, at most ${integer(peak)}.`}
        />
      </Section>
      <Section title="Latest blocks" aside={`newest ${SHOWN}`}>
        {blocks.length === 0 ? (
          <p class="empty">There is no final block yet. The first payment makes one.</p>
        ) : (
          <BlockTable blocks={blocks.slice(0, SHOWN)} />
        )}
      </Section>
    </>
  );
}
