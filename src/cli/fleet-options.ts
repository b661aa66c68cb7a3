/** CLI: what every command that asks a running fleet is told. */

export type FleetOptions = { readonly name?: string; readonly json?: boolean };
