import { birthOf, freeNode, giveBody, takeBody } from "./arena";
import { BODY_BYTES } from "./layout";

/*
 * Lists of nodes that a version no longer has and the version before it did. They tell what becomes free when
 * that version goes, without a count of owners in each node, which every update would have to change
 * in all the nodes beside its paths.
 *
 * A list is a chain of blocks as large as bodies of nodes, so that each uses the room of the other: next block (u32), end of
 * the entries (u32, an address), entries (references). Empty is 0.
 */

const ENTRIES: u32 = 8;
/** First block of the list that the update under way writes, and where its next entry goes. */
let current: u32 = 0;
let at: u32 = 0;

/** Notes that the new version does not have the node; sets `full` when there is no room for the note. */
export function addReplaced(ref: u32): void {
  if ((at & (BODY_BYTES - 1)) == 0) {
    const block = takeBody();
    if (block == 0) return;
    if (current != 0) store<u32>(current, at, 4);
    store<u32>(block, current);
    current = block;
    at = block + ENTRIES;
  }
  store<u32>(at, ref);
  at += 4;
}

/** The list that was written since the last call; the caller owns it. */
export function takeReplaced(): u32 {
  const list = current;
  if (list != 0) store<u32>(list, at, 4);
  current = 0;
  at = 0;
  return list;
}

/** Gives the blocks of a list back, not the nodes in it. */
export function dropList(list: u32): void {
  while (list != 0) {
    const after = load<u32>(list);
    giveBody(list);
    list = after;
  }
}

/**
 * Frees the nodes in `list` that were made after version `birth`, and appends the others to `older`, which
 * needs no memory. Gives the list of both.
 */
export function freeReplaced(list: u32, birth: u64, older: u32): u32 {
  let kept = older;
  while (list != 0) {
    const block = list;
    list = load<u32>(block);
    const entriesEnd = load<u32>(block, 4);
    let to = block + ENTRIES;
    for (let from = to; from < entriesEnd; from += 4) {
      const ref = load<u32>(from);
      if (birth == 0 || birthOf(ref) > birth) freeNode(ref);
      else {
        store<u32>(to, ref);
        to += 4;
      }
    }
    if (to == block + ENTRIES) giveBody(block);
    else {
      store<u32>(block, to, 4);
      store<u32>(block, kept);
      kept = block;
    }
  }
  return kept;
}
