/** Servers: all variants by name. */

import { holdfast } from "./holdfast.js";
import { nginx } from "./nginx.js";
import { nginxSid } from "./nginx-sid.js";
import { control, single } from "./plain.js";
import { pm2 } from "./pm2.js";
import { sticky } from "./sticky.js";
import type { Variant, VariantName } from "./variant.js";

export const VARIANTS: Readonly<Record<VariantName, Variant>> = {
  control,
  single,
  holdfast,
  sticky,
  nginx,
  "nginx-sid": nginxSid,
  pm2,
};
