/** Config: the names of the policies that choose the slot of a new session; `routing/policies.ts` says what each does. */

export const POLICY_NAMES = ["least-sessions", "round-robin", "ip-hash", "cookie"] as const;
export type PolicyName = (typeof POLICY_NAMES)[number];
