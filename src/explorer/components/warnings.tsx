import { nodeStatus } from "../state/nodeStatus.js";
import { useStore } from "../state/store.js";

/** What the operator of this node should heed. */
export function Warnings() {
  const status = useStore(nodeStatus);
  if (status === undefined || status.warnings.length === 0) return null;
  return (
    <div class="notice warn" role="status" data-testid="warnings">
      <span class="mark" aria-hidden="true">
        !
      </span>
      <div>
        <strong>This node warns</strong>
        <ul>
          {status.warnings.map(({ code, message }) => (
            <li key={`${code} ${message}`}>
              {message} <span class="id">{code}</span>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
