import { useState } from "preact/hooks";
import { call } from "../state/session.js";
import { useLoad } from "../state/useLoad.js";
import { failureWords, type Words } from "../text/words.js";
import { HistoryEntry, type HistoryItem } from "./historyEntry.js";
import { LoadedView } from "./loadedView.js";
import { Notice } from "./notice.js";

const PAGE = 25;

interface AccountHistoryProps {
  readonly account: string;
  /** Changes when there is something new at the head. */
  readonly version: number;
}

interface Older {
  readonly items: readonly HistoryItem[];
  readonly next: string | null;
}

/** Transactions that concern an account, newest first, a page at a time. */
export function AccountHistory({ account, version }: AccountHistoryProps) {
  const [older, setOlder] = useState<Older>();
  const [failure, setFailure] = useState<Words>();
  const { loaded, reload } = useLoad(`history ${account} ${version}`, (signal) =>
    call("account.history", { account, limit: PAGE }, { signal }),
  );
  const [newest, setNewest] = useState(loaded);
  // The last page stays while a newer one is on its way.
  if (loaded.state !== "loading" && loaded !== newest) setNewest(loaded);

  const loadOlder = async (cursor: string) => {
    try {
      const page = await call("account.history", { account, limit: PAGE, cursor });
      setFailure(undefined);
      setOlder((before) => ({ items: [...(before?.items ?? []), ...page.items], next: page.next }));
    } catch (error) {
      setFailure(failureWords(error, "History"));
    }
  };

  return (
    <LoadedView loaded={newest} what="History" reload={reload}>
      {(page) => {
        const seen = new Set(page.items.map(({ txId }) => txId));
        const items = [
          ...page.items,
          ...(older?.items ?? []).filter(({ txId }) => !seen.has(txId)),
        ];
        const next = older === undefined ? page.next : older.next;
        if (items.length === 0) return <p class="empty">No transaction concerns it yet.</p>;
        return (
          <>
            <ol class="items">
              {items.map((item) => (
                <HistoryEntry key={item.cursor} item={item} account={account} />
              ))}
            </ol>
            {failure !== undefined && <Notice words={failure} />}
            {next !== null && (
              <button type="button" class="more" onClick={() => void loadOlder(next)}>
                Load older
              </button>
            )}
          </>
        );
      }}
    </LoadedView>
  );
}
