/**
 * A look at an LMDB file before LMDB maps it: lmdb-js 3.5 ends the process with a signal when the
 * file is none of LMDB's, and an operator needs a sentence instead. Layout: `MDB_meta` of mdb.c,
 * one at the start of each of the first two pages, little-endian, after a page header of 24 bytes.
 */

import { closeSync, fstatSync, openSync, readSync } from "node:fs";

export const LMDB_PAGE_SIZE_BYTES = 4096;

const PAGE_HEADER_SIZE_BYTES = 24;
const MAGIC = 0xbeef_c0de;
const DATA_VERSION = 2;
/** Offsets within a meta record. */
const AT = { version: 4, pageSize: 24, freeRoot: 64, mainRoot: 112, txnId: 128 } as const;
const NO_ROOT = 0xffff_ffff_ffff_ffffn;

interface Meta {
  readonly txnId: bigint;
  readonly roots: readonly bigint[];
}

function metaOf(page: DataView): Meta | string {
  const at = PAGE_HEADER_SIZE_BYTES;
  if (page.getUint32(at, true) !== MAGIC) return "it is no LMDB file";
  if (page.getUint16(at + AT.version, true) !== DATA_VERSION) return "its LMDB version is unknown";
  if (page.getUint32(at + AT.pageSize, true) !== LMDB_PAGE_SIZE_BYTES)
    return "its page size differs";
  const u64 = (offset: number): bigint => page.getBigUint64(at + offset, true);
  return { txnId: u64(AT.txnId), roots: [u64(AT.freeRoot), u64(AT.mainRoot)] };
}

/** Why LMDB would not open this file, or undefined. An empty or missing file is a new one. */
export function whyNotLmdb(path: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const { size } = fstatSync(descriptor);
    if (size === 0) return undefined;
    const pages = new Uint8Array(2 * LMDB_PAGE_SIZE_BYTES);
    if (readSync(descriptor, pages, 0, pages.length, 0) < pages.length) return "it is cut short";
    const metas = [0, 1].map((page) =>
      metaOf(new DataView(pages.buffer, page * LMDB_PAGE_SIZE_BYTES, LMDB_PAGE_SIZE_BYTES)),
    );
    let newest: Meta | undefined;
    for (const meta of metas) {
      if (typeof meta === "string") return meta;
      if (newest === undefined || meta.txnId > newest.txnId) newest = meta;
    }
    // The file may end before its last page, if that one is free; not before a root.
    const pageCount = BigInt(Math.floor(size / LMDB_PAGE_SIZE_BYTES));
    const isWhole = newest?.roots.every((root) => root === NO_ROOT || root < pageCount);
    return isWhole ? undefined : "it is cut short";
  } finally {
    closeSync(descriptor);
  }
}
