// Goal: what the SDK builds is what the ledger reads, whoever signs in whatever order. Method: build
// offline, read with the strict reader, verify.
import { describe, expect, test } from "vitest";
import { equalBytes } from "../../../src/base/bytes.js";
import {
  accountFrom,
  accountIdOf,
  addWitnesses,
  amountText,
  draft,
  mergeWitnesses,
  minorUnits,
  newSecretKey,
  operation,
  readDraft,
  seal,
  signDraft,
  signerFrom,
  transactionIdOf,
  walletFrom,
} from "../../../src/client/index.js";
import { socketAddress } from "../../../src/client/webSocket.js";
import { transactionSignBytes } from "../../../src/crypto/digests.js";
import { nobleBatchVerifier } from "../../../src/crypto/noble/index.js";
import { readTransaction } from "../../../src/types/transaction.js";
import { genesis, genesisHash, idOf, seedOf, signerOf, textOf } from "../../support/fakeNetwork.js";

const made = draft({
  genesisHash,
  parties: [idOf("alice"), idOf("pair")],
  operations: [operation("account.close", { by: 1, account: idOf("pair") })],
  channel: 2,
  nonce: 7n,
  validUntilMs: 1_000,
});

describe("the builder", () => {
  test("a sealed transaction reads back, and its witnesses are good", () => {
    const signed = [
      signDraft(made, idOf("pair"), signerOf("pair-1")),
      signDraft(made, idOf("alice"), signerOf("alice")),
    ];
    const bytes = seal(made, signed, Uint8Array.of(9));
    const read = readTransaction(bytes);
    if (!read.ok) throw new Error(read.message);
    expect(read.value.bodyBytes).toEqual(made.bodyBytes);
    expect(read.value.parties).toEqual(made.body.parties);
    expect(read.value.attachment).toEqual(Uint8Array.of(9));
    expect(read.value.witnesses.map(({ party }) => party)).toEqual([0, 1]);
    const message = transactionSignBytes(transactionIdOf(genesisHash, bytes));
    const jobs = read.value.witnesses.map((witness) => ({ ...witness, message }));
    expect(nobleBatchVerifier.verify(jobs)).toEqual([true, true]);
  });

  test("a draft travels as its body; another network's is refused", () => {
    const received = readDraft(genesisHash, made.bodyBytes);
    expect(equalBytes(received.txId, made.txId)).toBe(true);
    expect(() => readDraft(new Uint8Array(32), made.bodyBytes)).toThrow(/another network/);
  });

  test("signatures that come later change neither the body nor the order", () => {
    const first = signDraft(made, idOf("alice"), signerOf("alice"));
    const second = signDraft(made, idOf("pair"), signerOf("pair-2"));
    const third = signDraft(made, idOf("pair"), signerOf("pair-1"));
    const atOnce = seal(made, [third, first, second]);
    expect(addWitnesses(seal(made, [second]), [third, first, second])).toEqual(atOnce);
    expect(mergeWitnesses([first], [first, second])).toHaveLength(2);
  });

  test("what cannot be made is refused in words", () => {
    expect(() => seal(made, [])).toThrow(/Nobody has signed/);
    expect(() => signDraft(made, idOf("bob"), signerOf("bob"))).toThrow(/does not name/);
    expect(() => draft({ ...made.body, genesisHash, parties: [] })).toThrow(/at least one/);
    expect(() => addWitnesses(Uint8Array.of(1), [])).toThrow();
    expect(() => signerFrom("abcd")).toThrow(/32 bytes/);
    expect(() => accountFrom("fa1nothing")).toThrow(/no account id/);
    expect(() => socketAddress("http://")).toThrow(/no URL/);
  });
});

describe("keys and amounts", () => {
  test("an account's id follows from its organisation, policy and salt", () => {
    const { keyPolicy, salt } = genesis.organisations[1]!.accounts[1]!;
    expect(accountIdOf(genesisHash, 1, keyPolicy, salt)).toEqual(idOf("bob"));
    expect(accountFrom(textOf("bob"))).toEqual(idOf("bob"));
    const wallet = walletFrom(textOf("bob"), seedOf("bob"));
    expect(wallet.signers[0]?.publicKey).toEqual(signerOf("bob").publicKey);
    expect(newSecretKey()).not.toEqual(newSecretKey());
  });

  test("amounts are exact", () => {
    expect(minorUnits("12.5", 2)).toBe(1250n);
    expect(minorUnits(7n, 2)).toBe(7n);
    expect(amountText(-1250n, 2)).toBe("-12.50");
    expect(amountText("5", 0)).toBe("5");
    for (const text of ["", "1.234", "-1", "1e3", " 1"]) {
      expect(() => minorUnits(text, 2)).toThrow(/no amount/);
    }
  });

  test("a node's address has many forms", () => {
    expect(socketAddress("http://127.0.0.1:8080")).toEqual({
      url: "ws://127.0.0.1:8080/ws",
      host: "127.0.0.1:8080",
    });
    expect(socketAddress("localhost:1").url).toBe("ws://localhost:1/ws");
    expect(socketAddress("https://Ledger.Example/ws")).toEqual({
      url: "wss://ledger.example/ws",
      host: "ledger.example",
    });
  });
});
