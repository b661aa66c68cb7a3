import { expect, test } from "vitest";
import { AddressBook } from "../../../src/adapter/addresses.js";

const server = (path = "/socket.io") => ({ path: () => path });

test("namespaces of the usual server have their own name as address", () => {
  const book = new AddressBook();
  const io = server();
  expect(book.take(io, "/")).toBe("/");
  expect(book.take(io, "/chat")).toBe("/chat");
});

test("the same servers in the same order have the same addresses in every worker", () => {
  const addresses = [new AddressBook(), new AddressBook()].map((book) =>
    [server(), server(), server("/admin")].map((io) => book.take(io, "/")),
  );
  expect(addresses[0]).toEqual(addresses[1]);
  expect(new Set(addresses[0]).size).toBe(3);
});

test("no namespace of one server has the address of another server's", () => {
  const book = new AddressBook();
  const usual = server();
  const second = server();
  const admin = server("/admin");
  book.take(usual, "/");
  const target = book.take(second, "/");
  const other = book.take(admin, "/");
  // With a parser of the app's own, a client may ask for a namespace of any name.
  expect(book.take(usual, target)).not.toBe(target);
  expect(book.take(usual, other)).not.toBe(other);
});

test("a server that is gone leaves its place to the next", () => {
  const book = new AddressBook();
  const first = server();
  const addresses = [book.take(first, "/"), book.take(first, "/chat")];
  for (const address of addresses) book.release(first, address);
  expect(book.take(server(), "/")).toBe("/");
  book.release({}, "/never taken");
});
