import { freeNode, giveRoom, nodeAt, takeRoom } from "./arena";
import { BIRTH, INNER_BYTES } from "./layout";

/*
 * Lists of nodes that a version no longer has and the version before it did. They tell what becomes free when
 * that version goes, without a count of owners in each node, which every update would have to change
 * in all the nodes beside its paths.
 *
 * A list is a chain of blocks as large as inner nodes, so that each uses the room of the other: next block (u32), number of
 * entries (u32), entries (references). Empty is 0.
 */

const BLOCK_ENTRIES: u32 = INNER_BYTES / 4 - 2;
/** First block of the list that the update under way writes. */
let current: u32 = 0;

function addBlock(): bool {
  const block = takeRoom();
  if (block == 0) return false;
  store<u32>(block, current);
  store<u32>(block, 0, 4);
  current = block;
  return true;
}

/** Notes that the new version does not have the node; sets `full` when there is no room for the note. */
export function addReplaced(ref: u32): void {
  let block = current;
  if (block == 0 || load<u32>(block, 4) == BLOCK_ENTRIES) {
    if (!addBlock()) return;
    block = current;
  }
  const entries = load<u32>(block, 4);
  store<u32>(block + (entries << 2), ref, 8);
  store<u32>(block, entries + 1, 4);
}

/** The list that was written since the last call; the caller owns it. */
export function takeReplaced(): u32 {
  const list = current;
  current = 0;
  return list;
}

/** Gives the blocks of a list back, not the nodes in it. */
export function dropList(list: u32): void {
  while (list != 0) {
    const after = load<u32>(list);
    giveRoom(list);
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
    const entries = load<u32>(block, 4);
    let left: u32 = 0;
    for (let i: u32 = 0; i < entries; i++) {
      const ref = load<u32>(block + (i << 2), 8);
      if (birth == 0 || load<u64>(nodeAt(ref), BIRTH) > birth) freeNode(ref);
      else store<u32>(block + (left++ << 2), ref, 8);
    }
    if (left == 0) giveRoom(block);
    else {
      store<u32>(block, left, 4);
      store<u32>(block, kept);
      kept = block;
    }
  }
  return kept;
}
