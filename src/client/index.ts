/** The SDK of Fondaco, for Node and browsers: see README.md. */

export type {
  AccountItem,
  BlockItem,
  ErrorName,
  MethodName,
  ParamsOf,
  ResultOf,
  Retry,
  Topic,
  TransactionItem,
} from "../api/index.js";
export { ApiError, bytesFromText, bytesToText } from "../api/index.js";
export { amountText, minorUnits } from "./amounts.js";
export {
  type ConnectOptions,
  connect,
  FondacoClient,
  type SubmitOptions,
  type SubmitResult,
} from "./client.js";
export type { CallOptions, Hello } from "./connection.js";
export { ClientError, type ClientErrorCode } from "./errors.js";
export {
  accountFrom,
  accountIdOf,
  accountToText,
  newSecretKey,
  randomBytes,
  signerFrom,
  type Wallet,
  walletFrom,
} from "./keys.js";
export { NonceChannel, randomChannel, type TakenNonce } from "./nonces.js";
export type { PaymentRequest, PaymentResult } from "./payments.js";
export { type SubscribeOptions, Subscription } from "./subscription.js";
export {
  addWitnesses,
  type Draft,
  type DraftRequest,
  draft,
  mergeWitnesses,
  operation,
  readDraft,
  seal,
  signDraft,
  transactionIdOf,
} from "./transactionBuilder.js";
export { verifyProof } from "./verifyProof.js";
export type { WebSocketConstructor, WebSocketLike } from "./webSocket.js";
