import { expect, test } from "vitest";
import { parseAdvertised, parseSiteListen } from "../../../src/config/site-address.js";

test.each([
  ["7600", { host: "::", port: 7600 }],
  ["10.0.0.7", { host: "10.0.0.7", port: 0 }],
  ["10.0.0.7:7600", { host: "10.0.0.7", port: 7600 }],
  ["fd00::7", { host: "fd00::7", port: 0 }],
  ["[fd00::7]:7600", { host: "fd00::7", port: 7600 }],
  ["0.0.0.0:0", { host: "0.0.0.0", port: 0 }],
  ["node7", undefined],
  ["10.0.0.7:70000", undefined],
  ["10.0.0.7:", undefined],
  ["[10.0.0.7]:7600", undefined],
  ["", undefined],
])("--site-listen %j is %j", (text, parsed) => expect(parseSiteListen(text)).toEqual(parsed));

test.each([
  ["10.0.0.7", { host: "10.0.0.7" }],
  ["10.0.0.7:7600", { host: "10.0.0.7", port: 7600 }],
  ["node7.internal", { host: "node7.internal" }],
  ["node7.internal:7600", { host: "node7.internal", port: 7600 }],
  ["[fd00::7]:7600", { host: "fd00::7", port: 7600 }],
  ["fd00::7", { host: "fd00::7" }],
  ["0.0.0.0", undefined],
  ["::", undefined],
  ["7600", undefined],
  ["10.0.0.7:0", undefined],
  ["10.0.0.300", undefined],
  ["two words", undefined],
])("--advertise %j is %j", (text, parsed) => expect(parseAdvertised(text)).toEqual(parsed));
