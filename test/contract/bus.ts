/** Contract: what every carrier of messages between workers keeps. Run by one small test file for each carrier. */

import { describe } from "vitest";
import type { OpenCarrier } from "./bus/carrier.js";
import { churnTests } from "./bus/churn.js";
import { deliveryTests } from "./bus/delivery.js";
import { handlerTests } from "./bus/handlers.js";
import { hungPeerTests } from "./bus/hung-peers.js";
import { largestMessageTests } from "./bus/largest-message.js";
import { presenceTests } from "./bus/presence.js";
import { reconnectionTests } from "./bus/reconnection.js";
import { useRig } from "./bus/rig.js";
import { slowPeerTests } from "./bus/slow-peers.js";

export type ContractOptions = {
  /** How many random histories of joins, ends and faults are tried; each takes as long as a broken link needs to heal. */
  readonly histories: number;
};

/** @param open a new carrier without workers, for each test */
export function busContract(name: string, open: OpenCarrier, { histories }: ContractOptions): void {
  describe(`${name} keeps the contract of a bus:`, () => {
    const rig = useRig(open);
    describe("delivery:", () => deliveryTests(rig));
    describe("who is there:", () => presenceTests(rig));
    describe("slow peers:", () => slowPeerTests(rig));
    describe("hung peers:", () => hungPeerTests(rig));
    describe("links that break:", () => reconnectionTests(rig));
    describe("handlers:", () => handlerTests(rig));
    describe("churn:", () => churnTests(rig, histories));
    describe("the largest message:", () => largestMessageTests(rig));
  });
}
