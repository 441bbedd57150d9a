import { LmdbRowStore } from "../../src/storage/lmdbRowStore.js";
import { temporaryHome } from "../support/homes.js";
import { MemoryRowDisk } from "../support/memoryRowStore.js";
import { untilDone, VirtualTime } from "../support/virtualTime.js";
import { rowStoreContract } from "./rowStore.contract.js";

rowStoreContract("LmdbRowStore", () => {
  const directory = temporaryHome();
  const store = LmdbRowStore.open(directory);
  return {
    store,
    settle: untilDone,
    reopen: async () => {
      await new Promise<void>((closed) => store.close(closed));
      return LmdbRowStore.open(directory);
    },
  };
});

rowStoreContract("MemoryRowDisk", () => {
  const time = new VirtualTime();
  const disk = new MemoryRowDisk(time.schedule);
  return {
    store: disk.open(),
    settle: async (isDone) => time.runUntil(isDone),
    reopen: async () => {
      disk.powerCut(() => 0);
      return disk.open();
    },
  };
});
