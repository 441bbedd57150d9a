import { useEffect } from "preact/hooks";
import { EventView } from "../components/eventView.js";
import { Fact, Facts } from "../components/facts.js";
import { AccountLink, WholeId } from "../components/id.js";
import { LoadedView } from "../components/loadedView.js";
import { Notice } from "../components/notice.js";
import { OperationView } from "../components/operationView.js";
import { PageTitle } from "../components/pageTitle.js";
import { ProofPanel } from "../components/proofPanel.js";
import { QrCode } from "../components/qrCode.js";
import { Section } from "../components/section.js";
import { Time } from "../components/time.js";
import {
  isPending,
  type LoadedTransaction,
  loadTransaction,
  type TransactionAnswer,
} from "../state/loadTransaction.js";
import { useLoad } from "../state/useLoad.js";
import { integer, shortId } from "../text/format.js";
import { links } from "../text/routes.js";
import { codeWords, PRIVATE_WORDS, statusWords } from "../text/words.js";

const POLL_MS = 1_000;

function Details({ transaction }: { readonly transaction: TransactionAnswer }) {
  const { txId, height, index, timeMs, code, receipt, transaction: content } = transaction;
  return (
    <Facts>
      <Fact name="Transaction id">
        <WholeId id={txId} label="the transaction id" />
      </Fact>
      {height !== undefined && index !== undefined && (
        <Fact name="Position" hint="Block, and place within it">
          <a href={links.block(height)}>block {integer(height)}</a>, index {integer(index)}
        </Fact>
      )}
      {timeMs !== undefined && (
        <Fact name="Time">
          <Time ms={timeMs} />
        </Fact>
      )}
      {code !== undefined && (
        <Fact name="Result code">
          {code} {codeWords(code).name}
        </Fact>
      )}
      {receipt !== undefined && (
        <Fact name="Cost" hint="About one microsecond of one core for each unit">
          {integer(Number(receipt.cost))} units
        </Fact>
      )}
      {content !== undefined && (
        <>
          <Fact name="Signed by">
            <span class="list">
              {content.parties.map((party, i) =>
                party === null ? (
                  <span key={i}>another party</span>
                ) : (
                  <AccountLink key={party} account={party} />
                ),
              )}
            </span>
          </Fact>
          <Fact name="Valid until">
            <Time ms={content.validUntilMs} />
          </Fact>
          {content.nonce !== undefined && (
            <Fact name="Nonce" hint="Of the first party, within a channel">
              {content.nonce} of channel {content.channel}
            </Fact>
          )}
          {content.attachmentSizeBytes > 0 && (
            <Fact name="Attachment">{integer(content.attachmentSizeBytes)} bytes</Fact>
          )}
        </>
      )}
    </Facts>
  );
}

function TransactionBody({ loaded }: { readonly loaded: LoadedTransaction }) {
  const { transaction, isWithheld } = loaded;
  const { txId, receipt, events, transaction: content } = transaction;
  return (
    <>
      <Notice words={statusWords(transaction)} />
      {content !== undefined && (
        <Section title="Operations" aside={integer(content.operations.length)}>
          <ol class="items">
            {content.operations.map((operation) => (
              <OperationView
                key={operation.index}
                operation={operation}
                parties={content.parties}
                isFailed={receipt?.failedOperation === operation.index}
              />
            ))}
          </ol>
        </Section>
      )}
      {isWithheld && <Notice words={PRIVATE_WORDS} />}
      {events !== undefined && receipt !== undefined && (
        <Section
          title="Events"
          aside={`${integer(events.length)} of ${integer(receipt.eventCount)}`}
        >
          {events.length === 0 ? (
            <p class="empty">Nothing changed.</p>
          ) : (
            <ol class="items">
              {events.map((event) => (
                <EventView key={event.cursor} event={event} />
              ))}
            </ol>
          )}
        </Section>
      )}
      <div class="side-by-side">
        <Section title="Details">
          <Details transaction={transaction} />
        </Section>
        <Section title="Id as QR code">
          <QrCode text={txId} label={`QR code of transaction id ${txId}`} />
        </Section>
      </div>
      {transaction.status === "final" && !isWithheld && (
        <Section title="Proof">
          <ProofPanel txId={txId} />
        </Section>
      )}
    </>
  );
}

/** A transaction: where it stands, what it did, and the proof of it. */
export function TransactionPage({ txId }: { readonly txId: string }) {
  const { loaded, reload } = useLoad(`tx ${txId}`, (signal) => loadTransaction(txId, signal));
  const mayChange = loaded.state === "ready" && isPending(loaded.value.transaction);
  useEffect(() => {
    if (!mayChange) return undefined;
    const timer = setInterval(reload, POLL_MS);
    return () => clearInterval(timer);
  }, [mayChange, reload]);
  const title = `Transaction ${shortId(txId)}`;
  return (
    <>
      <PageTitle title={title} />
      <LoadedView loaded={loaded} what="Transaction" reload={reload}>
        {(value) => <TransactionBody loaded={value} />}
      </LoadedView>
    </>
  );
}
