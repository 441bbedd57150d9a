import { useEffect } from "preact/hooks";
import type { ResultOf } from "../../client/index.js";
import { AccountHistory } from "../components/accountHistory.js";
import { AssetName } from "../components/amount.js";
import { BalanceTable } from "../components/balanceTable.js";
import { Fact, Facts } from "../components/facts.js";
import { WholeId } from "../components/id.js";
import { KeyPolicyView } from "../components/keyPolicyView.js";
import { LoadedView } from "../components/loadedView.js";
import { PageTitle } from "../components/pageTitle.js";
import { Section } from "../components/section.js";
import { organisationName, useDirectory } from "../state/directory.js";
import { useAccountVersion } from "../state/followAccount.js";
import { call } from "../state/session.js";
import { useLoad } from "../state/useLoad.js";
import { counted, integer, shortId } from "../text/format.js";

interface AccountAnswer {
  readonly account: ResultOf<"account.get">;
  readonly nonces: ResultOf<"account.nonce">;
}

async function loadAccount(account: string, signal: AbortSignal): Promise<AccountAnswer> {
  const [found, nonces] = await Promise.all([
    call("account.get", { account }, { signal }),
    call("account.nonce", { account }, { signal }),
  ]);
  return { account: found, nonces };
}

function About({ answer: { account, nonces } }: { readonly answer: AccountAnswer }) {
  const directory = useDirectory();
  return (
    <Facts>
      <Fact name="Account id">
        <WholeId id={account.account} label="the account id" />
      </Fact>
      <Fact name="Organisation">{organisationName(directory, account.organisation)}</Fact>
      <Fact name="Status">
        <span class={`tag ${account.status === "active" ? "good" : "bad"}`}>{account.status}</span>
      </Fact>
      <Fact name="Roles">{account.roles.length === 0 ? "none" : account.roles.join(", ")}</Fact>
      <Fact name="Keys">
        <KeyPolicyView policy={account.keyPolicy} />
      </Fact>
      <Fact name="Takes payments" hint="What the account accepts">
        {account.assets.length === 0
          ? "in any asset"
          : account.assets.map((asset) => (
              <span key={asset} class="tag">
                <AssetName asset={asset} />
              </span>
            ))}
        {account.referenceRequired && ", with a reference only"}
        {account.amountMin !== "0" && `, of at least ${account.amountMin} minor units`}
      </Fact>
      <Fact name="Nonce channels" hint="Sequences in which the account signs transactions">
        {counted(nonces.channels, "channel")} in use
        {nonces.isOpen && `; highest nonce of channel 0 is ${integer(Number(nonces.highest))}`}
      </Fact>
    </Facts>
  );
}

/** An account: what it holds, what happened to it, who signs for it. */
export function AccountPage({ account }: { readonly account: string }) {
  const version = useAccountVersion(account);
  const { loaded, reload } = useLoad(`account ${account}`, (signal) =>
    loadAccount(account, signal),
  );
  useEffect(() => {
    if (version > 0) reload();
  }, [version, reload]);
  return (
    <>
      <PageTitle title={`Account ${shortId(account)}`} />
      <LoadedView loaded={loaded} what="Account" reload={reload}>
        {(answer) => (
          <>
            <Section title="Balances">
              <BalanceTable balances={answer.account.balances} />
            </Section>
            <Section title="History" aside="newest first">
              <AccountHistory account={account} version={version} />
            </Section>
            <Section title="About this account">
              <About answer={answer} />
            </Section>
          </>
        )}
      </LoadedView>
    </>
  );
}
