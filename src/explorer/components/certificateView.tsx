import type { ResultOf } from "../../client/index.js";
import { useDirectory, validatorName } from "../state/directory.js";
import { integer } from "../text/format.js";
import { links } from "../text/routes.js";

interface CertificateViewProps {
  readonly height: number;
  readonly certificateHeight: number;
  readonly certificate: NonNullable<ResultOf<"chain.block">["certificate"]>;
}

/** Who signed that a block is final. */
export function CertificateView({ height, certificateHeight, certificate }: CertificateViewProps) {
  const directory = useDirectory();
  const signed = new Set(certificate.voters);
  return (
    <>
      <p>
        {integer(signed.size)} of {integer(directory.validators.length)} validators signed
        {certificateHeight === height ? (
          " this block and its result."
        ) : (
          <>
            {" "}
            <a href={links.block(certificateHeight)}>block {integer(certificateHeight)}</a>, which
            makes this one final too.
          </>
        )}
      </p>
      <ul class="signers">
        {directory.validators.map(({ index }) => (
          <li key={index} class={signed.has(index) ? "tag good" : "tag"}>
            <span aria-hidden="true">{signed.has(index) ? "✓ " : "– "}</span>
            {validatorName(directory, index)}
            <span class="hidden">{signed.has(index) ? " signed" : " is not part of it"}</span>
          </li>
        ))}
      </ul>
      <p class="muted">
        A certificate holds exactly {integer(directory.quorum)} signatures, those that came first.
        Not being among them is no fault.
      </p>
    </>
  );
}
