import { NodeFileSystem } from "../../src/storage/nodeFileSystem.js";
import { temporaryHome } from "../support/homes.js";
import { SimulatedDisk } from "../support/simulatedFileSystem.js";
import { untilDone, VirtualTime } from "../support/virtualTime.js";
import { fileSystemContract } from "./fileSystem.contract.js";

fileSystemContract("NodeFileSystem", () => ({
  fileSystem: new NodeFileSystem(),
  directory: temporaryHome(),
  settle: untilDone,
}));

fileSystemContract("SimulatedDisk", () => {
  const time = new VirtualTime();
  const fileSystem = new SimulatedDisk({ schedule: time.schedule }).fileSystem();
  fileSystem.createDirectory("/home");
  return { fileSystem, directory: "/home", settle: async (isDone) => time.runUntil(isDone) };
});
