import { skippedViews } from "../components/blockTable.js";
import { BlockTransactions } from "../components/blockTransactions.js";
import { CertificateView } from "../components/certificateView.js";
import { Fact, Facts } from "../components/facts.js";
import { ShortId, WholeId } from "../components/id.js";
import { LoadedView } from "../components/loadedView.js";
import { Notice } from "../components/notice.js";
import { PageTitle } from "../components/pageTitle.js";
import { Section } from "../components/section.js";
import { Age, Time } from "../components/time.js";
import { chainFeed } from "../state/chainFeed.js";
import { useDirectory, validatorName } from "../state/directory.js";
import { type LoadedBlock, loadBlock } from "../state/loadBlock.js";
import { useStore } from "../state/store.js";
import { useLoad } from "../state/useLoad.js";
import { counted, integer, shortId } from "../text/format.js";
import { links } from "../text/routes.js";
import { PRIVATE_WORDS } from "../text/words.js";

const TOO_LARGE_WORDS = {
  tone: "quiet",
  title: "Too many to show at once",
  text: "The transactions of this block exceed one answer of the node. Each can be found by its id.",
} as const;

function Neighbours({ height }: { readonly height: number }) {
  const newest = useStore(chainFeed)[0]?.header.height;
  return (
    <nav class="neighbours" aria-label="Neighbouring blocks">
      {height > 1 ? <a href={links.block(height - 1)}>← Previous</a> : <span>First block</span>}
      {newest !== undefined && height >= newest ? (
        <span>Newest block</span>
      ) : (
        <a href={links.block(height + 1)}>Next →</a>
      )}
    </nav>
  );
}

function BlockBody({ loaded: { block, withheld } }: { readonly loaded: LoadedBlock }) {
  const directory = useDirectory();
  const { header, certificate, certificateHeight } = block;
  return (
    <>
      <Section title="Header" aside={<Age ms={header.timeMs} />}>
        <Facts>
          <Fact name="Block id">
            <WholeId id={header.blockId} label="the block id" />
          </Fact>
          <Fact name="Time">
            <Time ms={header.timeMs} />
          </Fact>
          <Fact name="Proposer">{validatorName(directory, header.proposer)}</Fact>
          <Fact name="Transactions">{integer(header.transactionCount)}</Fact>
          <Fact
            name="View"
            hint="Attempts to make a block; a skipped one had a late or silent leader"
          >
            {integer(header.view)}
            {skippedViews(header) > 0 && (
              <span class="tag warn">{counted(skippedViews(header), "view")} skipped before</span>
            )}
          </Fact>
          <Fact name="Epoch">{integer(header.epoch)}</Fact>
          <Fact name="Parent">
            {header.height > 1 ? (
              <ShortId id={header.parentId} href={links.block(header.height - 1)} />
            ) : (
              <ShortId id={header.parentId} />
            )}
          </Fact>
          <Fact name="Result" hint="Hash of state root, receipts and events of this block">
            <ShortId id={header.resultHash} />
          </Fact>
          <Fact name="Parent's result">
            <ShortId id={header.parentResult} />
          </Fact>
          <Fact name="History root" hint="RFC 9162 root over the ids of all earlier blocks">
            <ShortId id={header.historyRoot} />
          </Fact>
          <Fact name="Cut root" hint="Which batches of the validators' lanes the block takes">
            <ShortId id={header.cutRoot} />
          </Fact>
        </Facts>
      </Section>
      <Section title="Transactions" aside={integer(header.transactionCount)}>
        {withheld === undefined ? (
          <BlockTransactions block={block} />
        ) : (
          <Notice words={withheld === "TOO_LARGE" ? TOO_LARGE_WORDS : PRIVATE_WORDS} />
        )}
      </Section>
      <Section title="Certificate">
        {certificate === undefined ? (
          <p class="empty">This node keeps no certificate for this block yet.</p>
        ) : (
          <CertificateView
            height={header.height}
            certificateHeight={certificateHeight ?? header.height}
            certificate={certificate}
          />
        )}
      </Section>
    </>
  );
}

/** A final block, by height or id. */
export function BlockPage({ id }: { readonly id: string }) {
  const { loaded, reload } = useLoad(`block ${id}`, (signal) => loadBlock(id, signal));
  const height = loaded.state === "ready" ? loaded.value.block.header.height : Number(id);
  const isNumbered = Number.isSafeInteger(height);
  const title = `Block ${isNumbered ? integer(height) : shortId(id)}`;
  return (
    <>
      <div class="title-row">
        <PageTitle title={title} />
        {isNumbered && <Neighbours height={height} />}
      </div>
      <LoadedView loaded={loaded} what={title} reload={reload}>
        {(value) => <BlockBody loaded={value} />}
      </LoadedView>
    </>
  );
}
