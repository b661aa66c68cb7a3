/** Proxy: the address of a backend, for languages that want its parts. Pure. */

export type AddressParts =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number; readonly isName: boolean }
  | { readonly kind: "pipe"; readonly path: string };

/** @param address `name:port`, `10.0.0.7:80`, `[::1]:80` or `unix:/path`, checked before */
export function addressParts(address: string): AddressParts {
  if (address.startsWith("unix:")) return { kind: "pipe", path: address.slice("unix:".length) };
  const end = address.lastIndexOf(":");
  const host = address.slice(0, end).replace(/^\[(.*)\]$/, "$1");
  const isName = !host.includes(":") && !/^\d+(?:\.\d+){3}$/.test(host);
  return { kind: "tcp", host, port: Number(address.slice(end + 1)), isName };
}
