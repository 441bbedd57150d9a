import { useDirectory, validatorName } from "../state/directory.js";
import { hello } from "../state/session.js";
import { useStore } from "../state/store.js";
import { ShortId } from "./id.js";

/** Which network and which node the pages speak of. */
export function SiteFooter() {
  const greeting = useStore(hello);
  const directory = useDirectory();
  if (greeting === undefined) return null;
  const { networkName, genesisHash, softwareVersion, validator } = greeting;
  return (
    <footer class="site">
      <span>
        Network <strong>{networkName}</strong>
      </span>
      <span>
        Genesis <ShortId id={genesisHash} />
      </span>
      <span>
        Served by validator <strong>{validatorName(directory, validator.index)}</strong>
      </span>
      <span>Software {softwareVersion}</span>
    </footer>
  );
}
