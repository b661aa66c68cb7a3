import { describe, expect, it } from "vitest";
import { Conversation } from "../../../bench/load/conversation.js";

function begin(): { conversation: Conversation; sent: string[] } {
  const sent: string[] = [];
  return { conversation: new Conversation((packet) => sent.push(packet)), sent };
}

describe("conversation of the load client", () => {
  it("reads the session id from the handshake", async () => {
    const { conversation } = begin();
    conversation.receive('0{"sid":"abc","upgrades":[]}');
    expect((await conversation.handshake).sid).toBe("abc");
  });

  it("connects to the main namespace", async () => {
    const { conversation, sent } = begin();
    const connected = conversation.connect();
    conversation.receive('40{"sid":"def"}');
    await connected;
    expect(sent).toEqual(["40"]);
  });

  it("takes the acknowledgement with its own id as the answer to an echo", async () => {
    const { conversation, sent } = begin();
    const first = conversation.echo("one");
    const second = conversation.echo("two");
    expect(sent).toEqual(['420["echo","one"]', '421["echo","two"]']);
    conversation.receive('431["two"]');
    conversation.receive('430["one"]');
    await Promise.all([first, second]);
  });

  it("counts another text as a wrong answer", async () => {
    const { conversation } = begin();
    const echo = conversation.echo("one");
    conversation.receive('430["eno"]');
    await expect(echo).rejects.toThrow("wrong answer");
  });

  it("answers a ping", () => {
    const { conversation, sent } = begin();
    conversation.receive("2");
    expect(sent).toEqual(["3"]);
  });

  it.each(["1", "41", '42["news"]', '437["late"]', "40", "44{}", ""])(
    "fails on the unexpected packet %j",
    (packet) => {
      const { conversation } = begin();
      conversation.receive(packet);
      expect(conversation.failure).toBeDefined();
    },
  );

  it("hands events to whoever wants them, and acknowledges them by their number", () => {
    const events: string[] = [];
    const sent: string[] = [];
    const conversation = new Conversation((packet) => sent.push(packet), {
      event: (packet) => events.push(packet),
    });
    conversation.receive('427["news",1]');
    conversation.answer(7, "got it");
    expect(events).toEqual(['427["news",1]']);
    expect(sent).toEqual(['437["got it"]']);
    expect(conversation.failure).toBeUndefined();
  });

  it("lets a noop pass", () => {
    const { conversation } = begin();
    conversation.receive("6");
    expect(conversation.failure).toBeUndefined();
  });

  it("rejects what waits, and what is asked later, when the transport breaks", async () => {
    const { conversation, sent } = begin();
    const echo = conversation.echo("one");
    conversation.fail(new Error("cut"));
    await expect(echo).rejects.toThrow("cut");
    await expect(conversation.echo("two")).rejects.toThrow("cut");
    expect(sent).toHaveLength(1);
  });

  it("sends by the new transport after an upgrade", () => {
    const { conversation, sent } = begin();
    const upgraded: string[] = [];
    conversation.switchTo((packet) => upgraded.push(packet));
    conversation.end();
    expect([sent, upgraded]).toEqual([[], ["41"]]);
  });
});
