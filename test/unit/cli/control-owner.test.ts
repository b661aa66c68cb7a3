import { describe, expect, it } from "vitest";
import { checkOwner } from "../../../src/cli/control-owner.js";

const owners = (folder: number | undefined, socket: number | undefined) => (path: string) =>
  path.endsWith("primary.sock") ? socket : folder;

describe("a control socket", () => {
  it("of this user may be asked, and so may one that is not there", () => {
    checkOwner("/run/shop", { own: 1000 }, owners(1000, 1000));
    checkOwner("/run/shop", { own: 1000 }, owners(undefined, undefined));
  });

  it.each([
    ["socket", owners(1000, 1001)],
    ["folder", owners(1001, undefined)],
  ])(
    "is not asked where its %s belongs to another user, with a sentence that says whose it is",
    (_what, ownerOf) => {
      expect(() => checkOwner("/run/shop", { own: 1000 }, ownerOf)).toThrow(
        expect.objectContaining({
          code: "ERR_CONTROL_OWNER",
          message:
            "The control socket /run/shop/primary.sock belongs to user 1001, and this command runs as user 1000. Run it as that user, for example with sudo -u '#1001'.",
        }),
      );
    },
  );

  it("may be asked by root whoever has it, but root's environment goes to root's own alone", () => {
    checkOwner("/run/shop", { own: 0 }, owners(1001, 1001));
    expect(() => checkOwner("/run/shop", { own: 0, isPrivate: true }, owners(1001, 1001))).toThrow(
      /user 1001/,
    );
    checkOwner("/run/shop", { own: 0, isPrivate: true }, owners(0, 0));
  });
});
