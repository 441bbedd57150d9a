import { TIMER_KIND } from "../../declarations/assets.js";
import type { Hooks } from "../../ledger/context.js";
import { authorise, freeze, setLimits, unfreezeAsset, unfreezeBalance } from "./controls.js";
import { lockFlags, registerAsset, setFlags } from "./registration.js";
import { issue, redeem } from "./supply.js";

export const assetHandlers = [
  registerAsset,
  issue,
  redeem,
  lockFlags,
  setFlags,
  freeze,
  authorise,
  setLimits,
];

export const assetTimers: Hooks["timers"] = new Map([
  [TIMER_KIND.unfreezeAsset, unfreezeAsset],
  [TIMER_KIND.unfreezeBalance, unfreezeBalance],
]);
