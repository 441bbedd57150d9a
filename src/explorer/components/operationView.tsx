import { operationByCode } from "../../declarations/operations.js";
import { type OperationJson, transferOf } from "../text/decode.js";
import { FieldList } from "./fieldList.js";
import { TransferLine } from "./transferLine.js";

interface OperationViewProps {
  readonly operation: OperationJson;
  readonly parties: readonly (string | null)[];
  readonly isFailed: boolean;
}

const SAID_BY_TRANSFER_LINE = ["by", "to", "asset", "amount"];

/** One operation: what it asks for, and with whom. */
export function OperationView({ operation, parties, isFailed }: OperationViewProps) {
  const { code, name, fields } = operation;
  const declared = operationByCode(code);
  const transfer = transferOf(operation, parties);
  // Purpose code 0 says nothing.
  const omit = transfer === undefined ? [] : SAID_BY_TRANSFER_LINE;
  const silent = fields.code === 0 ? [...omit, "code"] : omit;
  return (
    <li class="item">
      <p class="headline">
        {transfer === undefined ? (
          <strong>{declared?.text ?? `Operation ${code}`}</strong>
        ) : (
          <TransferLine transfer={transfer} />
        )}
        <span class="tag">{name}</span>
        {isFailed && <span class="tag bad">failed here</span>}
      </p>
      {declared !== undefined && (
        <FieldList
          declared={declared.body.fields}
          fields={fields}
          parties={parties}
          omit={silent}
        />
      )}
    </li>
  );
}
