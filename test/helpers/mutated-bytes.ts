/** An arbitrary of bytes that are almost right. */

import fc from "fast-check";

type Edit = {
  readonly kind: "change" | "insert" | "remove" | "cut";
  readonly at: number;
  readonly byte: number;
};

const edit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom("change", "change", "insert", "remove", "cut"),
  at: fc.nat(),
  byte: fc.nat(255),
});

/** What `whole` makes, with one to four bytes changed, inserted or removed, or its end cut off. */
export function mutated(whole: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  return fc.tuple(whole, fc.array(edit, { minLength: 1, maxLength: 4 })).map(([bytes, edits]) => {
    const list = [...bytes];
    for (const { kind, at, byte } of edits) {
      const place = at % (list.length + 1);
      if (kind === "change") list[place] = byte;
      else if (kind === "insert") list.splice(place, 0, byte);
      else if (kind === "remove") list.splice(place, 1);
      else list.length = place;
    }
    return Buffer.from(list);
  });
}
