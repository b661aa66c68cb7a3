/**
 * Bridge: entry of the process that joins this host's fleet with those of other hosts. The primary starts it and tells it when to end;
 * when the primary dies, it ends by itself, after the workers.
 */

import {
  BRIDGE_SETTINGS,
  type BridgeSettings,
  type BridgeToPrimary,
  type PrimaryToBridge,
} from "../protocol/bridge-messages.js";
import { type ChannelEnd, onChannelMessage, sendOnChannel } from "../protocol/process-channel.js";
import { Bridge } from "./bridge.js";

const text = process.env[BRIDGE_SETTINGS];
delete process.env[BRIDGE_SETTINGS];
if (text === undefined || process.send === undefined) {
  process.stderr.write("This program is started by holdfast start --redis, and by nobody else.\n");
  process.exit(2);
}

// A Ctrl-C, systemd and others signal every process at once: the primary alone says when this one ends.
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => {});

const bridge = new Bridge(JSON.parse(text) as BridgeSettings, tell);
onChannelMessage<PrimaryToBridge>(process as ChannelEnd, (message) => {
  if (message.type === "leave") void bridge.leave().then(() => process.exit(0));
  else bridge.setLoad(message);
});
process.once("disconnect", () => void bridge.outliveWorkers().then(() => process.exit(0)));

const refusal = await bridge.join();
if (refusal !== undefined) tell({ type: "refused", ...refusal }, () => process.exit(2));

function tell(message: BridgeToPrimary, told?: () => void): void {
  sendOnChannel(process as ChannelEnd, message, undefined, told);
}
