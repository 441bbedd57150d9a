import { useState } from "preact/hooks";
import { fetchProof, type Judgement, judgeProof, saveFile } from "../state/proof.js";
import { hello } from "../state/session.js";
import { useStore } from "../state/store.js";
import { failureWords, type Words } from "../text/words.js";
import { Notice } from "./notice.js";
import { VerdictView } from "./verdictView.js";

type State =
  | { readonly kind: "idle" }
  | { readonly kind: "busy" }
  | { readonly kind: "failed"; readonly words: Words }
  | {
      readonly kind: "judged";
      readonly judgement: Judgement;
      readonly sizeBytes: number;
      readonly tookMs: number;
    };

/** Fetches the proof file of a final transaction, verifies it here, and hands it out. */
export function ProofPanel({ txId }: { readonly txId: string }) {
  const [state, setState] = useState<State>({ kind: "idle" });
  const greeting = useStore(hello);
  const [typed, setTyped] = useState<string>();
  const genesis = typed ?? greeting?.genesisHash ?? "";

  const withProof = async (use: (file: Uint8Array) => State) => {
    setState({ kind: "busy" });
    try {
      setState(use(await fetchProof(txId)));
    } catch (error) {
      setState({ kind: "failed", words: failureWords(error, "Proof") });
    }
  };
  const verify = () =>
    withProof((file) => {
      const startedMs = performance.now();
      const judgement = judgeProof(file, txId, genesis);
      const tookMs = performance.now() - startedMs;
      return { kind: "judged", judgement, sizeBytes: file.length, tookMs };
    });
  const download = () =>
    withProof((file) => {
      saveFile(`${txId.slice(0, 16)}.proof`, file);
      return state.kind === "judged" ? state : { kind: "idle" };
    });

  return (
    <div class="proof">
      <p>
        A proof file shows anyone that this transaction is final, without trusting any node. It
        rests on the genesis hash: compare the one below with one from a source that you trust, or
        put yours in its place.
      </p>
      <label>
        Genesis hash that you trust
        <input
          class="id"
          value={genesis}
          maxLength={80}
          autoComplete="off"
          spellcheck={false}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
      </label>
      <p class="buttons">
        <button
          type="button"
          class="primary"
          disabled={state.kind === "busy"}
          onClick={() => void verify()}
        >
          Verify in this browser
        </button>
        <button type="button" disabled={state.kind === "busy"} onClick={() => void download()}>
          Download the proof file
        </button>
      </p>
      <div aria-live="polite">
        {state.kind === "busy" && <p class="loading">Fetching the proof…</p>}
        {state.kind === "failed" && <Notice words={state.words} />}
        {state.kind === "judged" && (
          <VerdictView
            judgement={state.judgement}
            sizeBytes={state.sizeBytes}
            tookMs={state.tookMs}
          />
        )}
      </div>
    </div>
  );
}
