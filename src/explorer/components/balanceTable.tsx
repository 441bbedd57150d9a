import type { ResultOf } from "../../client/index.js";
import { amount } from "../text/format.js";

type Balance = ResultOf<"account.get">["balances"][number];

/** Limits and marks of a balance, as far as there are any. */
function notesOf(balance: Balance): string[] {
  const { scale, held, overdraft, balanceMax, transferMax, dayMax, frozen } = balance;
  const part = (words: string, units: string) =>
    units === "0" ? [] : [`${words} ${amount(units, scale)}`];
  return [
    ...(frozen ? ["frozen"] : []),
    ...part("held", held),
    ...part("overdraft to", overdraft),
    ...part("holds at most", balanceMax),
    ...part("one transfer at most", transferMax),
    ...part("a day at most", dayMax),
  ];
}

export function BalanceTable({ balances }: { readonly balances: readonly Balance[] }) {
  if (balances.length === 0) return <p class="empty">The account holds nothing yet.</p>;
  return (
    <table class="balances">
      <thead>
        <tr>
          <th scope="col">Asset</th>
          <th scope="col" class="number">
            Available
          </th>
          <th scope="col" class="number" title="Events that changed this balance so far">
            Changes
          </th>
        </tr>
      </thead>
      <tbody>
        {balances.map((balance) => (
          <tr key={balance.asset}>
            <th scope="row">{balance.code}</th>
            <td class="number">
              <span class="amount">{amount(balance.available, balance.scale)}</span>
              {notesOf(balance).map((note) => (
                <span key={note} class="note">
                  {note}
                </span>
              ))}
            </td>
            <td class="number">{balance.seq}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
