export { bytesFromText, bytesToText } from "./base64.js";
export {
  API_VERSION,
  isMethodName,
  METHOD_NAMES,
  METHODS,
  type MethodName,
  type ParamsOf,
  type ResultOf,
} from "./contract.js";
export {
  compareCursors,
  cursorFromText,
  cursorToText,
  endOfBlock,
  endOfTransaction,
  GENESIS_CURSOR,
} from "./cursor.js";
export {
  ApiError,
  CLOSE_CODES,
  ERRORS,
  type ErrorData,
  type ErrorName,
  isErrorName,
  type Retry,
} from "./errors.js";
export {
  accountsOfEvent,
  type EventAccounts,
  eventToJson,
  keyPolicyToJson,
  operationToJson,
} from "./json.js";
export { LOGIN_NONCE_SIZE_BYTES, loginSignBytes } from "./login.js";
export {
  type AccountItem,
  type BlockItem,
  NOTIFICATIONS,
  type NotificationName,
  type NotificationParams,
  type Topic,
  type TopicItems,
  type TransactionItem,
} from "./notifications.js";
export { openRpcDocument } from "./openRpc.js";
export { referencePage } from "./reference.js";
export { checkNotification, checkParams, checkResult } from "./validate.js";
