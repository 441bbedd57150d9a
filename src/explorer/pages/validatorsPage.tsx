import { useEffect } from "preact/hooks";
import { PageTitle } from "../components/pageTitle.js";
import { ValidatorCard } from "../components/validatorCard.js";
import { Warnings } from "../components/warnings.js";
import { chainFeed } from "../state/chainFeed.js";
import { useDirectory, validatorName } from "../state/directory.js";
import { loadParticipation } from "../state/participation.js";
import { useStore } from "../state/store.js";
import { useLoad } from "../state/useLoad.js";
import { integer } from "../text/format.js";

const REFRESH_MS = 3_000;

/** The validators, who they belong to, and how they take part. */
export function ValidatorsPage() {
  const directory = useDirectory();
  const { validators, quorum, info } = directory;
  const { loaded, reload } = useLoad("participation", loadParticipation);
  useEffect(() => {
    let seen = chainFeed.value[0]?.header.height;
    const timer = setInterval(() => {
      const newest = chainFeed.value[0]?.header.height;
      if (newest !== seen) reload();
      seen = newest;
    }, REFRESH_MS);
    return () => clearInterval(timer);
  }, [reload]);
  const blocks = useStore(chainFeed);
  return (
    <>
      <PageTitle title="Validators" />
      <Warnings />
      {validators.length > 0 && (
        <p>
          {integer(quorum)} of {integer(validators.length)} validators make a block final; the
          network keeps going with {integer(validators.length - quorum)} of them down.
          {blocks.length === 0 && " There is no block yet."}
        </p>
      )}
      <div class="cards">
        {validators.map((validator) => (
          <ValidatorCard
            key={validator.index}
            validator={validator}
            name={validatorName(directory, validator.index)}
            isServing={info?.validator.index === validator.index}
            participation={loaded.state === "ready" ? loaded.value : undefined}
          />
        ))}
      </div>
      <p class="muted">
        A certificate holds exactly {integer(quorum)} signatures, those that came first. Not being
        among them is no fault. Marked below are the blocks that a validator proposed.
      </p>
    </>
  );
}
