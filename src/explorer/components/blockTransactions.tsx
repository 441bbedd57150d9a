import type { BlockAnswer } from "../state/loadBlock.js";
import { decodeTransaction, transferOf } from "../text/decode.js";
import { counted, integer } from "../text/format.js";
import { links } from "../text/routes.js";
import { ShortId } from "./id.js";
import { MoreRows } from "./moreRows.js";
import { Outcome } from "./outcome.js";
import { TransferLine } from "./transferLine.js";

interface SummaryProps {
  readonly bytes: string | undefined;
}

/** What a transaction asks for, as far as one line says it. */
function Summary({ bytes }: SummaryProps) {
  const decoded = bytes === undefined ? undefined : decodeTransaction(bytes);
  const first = decoded?.operations[0];
  if (decoded === undefined || first === undefined) return null;
  const transfer = transferOf(first, decoded.parties);
  const others = decoded.operations.length - 1;
  return (
    <div>
      {transfer === undefined ? first.name : <TransferLine transfer={transfer} />}
      {others > 0 && <span class="muted"> and {counted(others, "further operation")}</span>}
    </div>
  );
}

/** The transactions of a block with how each ended. Index 0 is the timer phase. */
export function BlockTransactions({ block }: { readonly block: BlockAnswer }) {
  const receipts = (block.receipts ?? []).filter(
    ({ position, eventCount }) => position.index > 0 || eventCount > 0,
  );
  if (receipts.length === 0) return <p class="empty">This block has no transactions.</p>;
  return (
    <MoreRows items={receipts}>
      {(shown) => (
        <table class="transactions">
          <thead>
            <tr>
              <th scope="col" class="number">
                Index
              </th>
              <th scope="col">Transaction</th>
              <th scope="col">Outcome</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ txId, position: { index }, outcome, code, eventCount }) => (
              <tr key={index}>
                <td class="number">{integer(index)}</td>
                {index === 0 ? (
                  <td>Timers fired, with {counted(eventCount, "event")}</td>
                ) : (
                  <td>
                    <Summary bytes={block.transactions?.[index - 1]?.bytes} />
                    <ShortId id={txId} href={links.transaction(txId)} />
                  </td>
                )}
                <td>
                  <Outcome outcome={outcome} code={code} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </MoreRows>
  );
}
